#include "vipherd/api/server.hpp"

#include <gmock/gmock.h>

#include <list>
#include <stdexcept>

#include "client.hpp"
#include "unit/temporary_directory.hpp"

namespace vipherd::api {
namespace {

using namespace std::chrono_literals;
using test::Client;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

const IpAddress kLoopback = IpAddress::parse("127.0.0.1").value();

/// Deadlines that no test waits for unless it means to.
Limits patient() {
  Limits limits;
  limits.read_deadline = 30s;
  limits.write_deadline = 30s;
  return limits;
}

enum class Transport { tcp, unix_socket };

/// What holds over TCP holds over a UNIX socket.
class ServerTest : public testing::TestWithParam<Transport> {
 protected:
  void start(Limits limits = patient()) {
    server_.emplace(
        loop_.io,
        [this](const Request& request, const Reply& reply) {
          requests_.push_back(std::string(request.method) + " " + std::string(request.path));
          queries_.push_back(std::string(request.query));
          bodies_.push_back(std::string(request.body));
          if (later_) {
            replies_.push_back(reply);
          } else {
            reply(answer_(request));
          }
        },
        limits);
    if (GetParam() == Transport::tcp) {
      ASSERT_TRUE(server_->listen(kLoopback, 0));
      where_.port = server_->port();
    } else {
      where_.path = folder_.path("control.sock");
      ASSERT_TRUE(server_->listen(where_.path));
    }
  }
  /// Sends and waits until the server has closed the connection.
  std::string exchange(const std::string& request) {
    Client client(where_);
    client.send(request);
    EXPECT_TRUE(loop_.until([&] { return client.closed(); })) << client.received();
    return client.received();
  }

  const vipherd::test::TemporaryDirectory folder_;
  test::Loop loop_;
  test::Where where_;
  std::vector<std::string> requests_;
  std::vector<std::string> queries_;
  std::vector<std::string> bodies_;
  std::function<Response(const Request&)> answer_ = [](const Request&) {
    return Response{200, "application/json", "{\"a\":1}\n"};
  };
  bool later_ = false;  ///< the answers are given by the test
  std::vector<Reply> replies_;
  std::optional<Server> server_;
};

TEST_P(ServerTest, TellsABrowserWhatAPageMayDo) {
  answer_ = [](const Request&) {
    Response page{200, "text/html; charset=utf-8", "<p>"};
    page.security_policy = "default-src 'none'";
    return page;
  };
  start();
  for (const char* method : {"GET", "HEAD"}) {
    const std::string answer = exchange(
        std::string(method) + " / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    for (const char* line :
         {"Content-Type: text/html; charset=utf-8\r\n", "Content-Length: 3\r\n",
          "Content-Security-Policy: default-src 'none'\r\n", "X-Content-Type-Options: nosniff\r\n",
          "Referrer-Policy: no-referrer\r\n"}) {
      EXPECT_THAT(answer, HasSubstr(line)) << method;
    }
    EXPECT_THAT(answer, EndsWith(method == std::string("GET") ? "\r\n\r\n<p>" : "\r\n\r\n"));
  }
}

/// An answer that goes on: pieces that the test gives, and how often the server has asked for one.
struct Pieces {
  std::vector<std::string> waiting{};
  int asked = 0;
  std::shared_ptr<Stream> stream = std::make_shared<Stream>();

  Pieces() {
    stream->next = [this] {
      ++asked;
      if (waiting.empty()) return std::string();
      std::string piece = waiting.front();
      waiting.erase(waiting.begin());
      return piece;
    };
  }
  Response answer() {
    Response response{200, "text/event-stream", ""};
    response.stream = stream;
    return response;
  }
};

TEST_P(ServerTest, SendsAnAnswerThatGoesOnPieceByPiece) {
  Pieces pieces;
  pieces.waiting = {"one\n", "two\n"};
  answer_ = [&](const Request&) { return pieces.answer(); };
  start();
  Client client(where_);
  client.send("GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return client.count("two\n") == 1; }));
  EXPECT_THAT(client.received(), testing::AllOf(HasSubstr("Content-Type: text/event-stream\r\n"),
                                                EndsWith("\r\n\r\none\ntwo\n")));
  EXPECT_THAT(client.received(), testing::Not(HasSubstr("Content-Length")));
  ASSERT_TRUE(loop_.until([&] { return pieces.asked == 3; })) << "for one more, in vain";
  pieces.stream->wake();
  EXPECT_EQ(pieces.asked, 4);
  pieces.waiting = {"three\n"};
  pieces.stream->wake();
  ASSERT_TRUE(loop_.until([&] { return client.count("three\n") == 1; }));
  EXPECT_FALSE(client.closed());
}

TEST_P(ServerTest, AsksForNoMoreThanASlowClientTakes) {
  Pieces pieces;
  pieces.waiting.assign(1000, std::string(std::size_t{1} << 16, 'x'));
  answer_ = [&](const Request&) { return pieces.answer(); };
  start();
  Client client(where_);
  client.send("GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return pieces.asked > 0; }));
  for (int turn = 0; turn < 50; ++turn) {
    loop_.io.restart();
    loop_.io.run_for(1ms);
    pieces.stream->wake();
  }
  EXPECT_GT(pieces.waiting.size(), 500u) << "it reads nothing, and 32 MiB fit no socket";
}

TEST_P(ServerTest, ForgetsAStreamWithItsClient) {
  auto pieces = std::make_unique<Pieces>();
  answer_ = [&](const Request&) { return pieces->answer(); };
  start();
  std::optional<Client> client(where_);
  client->send("GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return pieces->asked > 0; }));
  const std::weak_ptr<Stream> stream = std::exchange(pieces->stream, nullptr);
  EXPECT_FALSE(stream.expired());
  client.reset();
  EXPECT_TRUE(loop_.until([&] { return stream.expired(); }));
}

TEST_P(ServerTest, EndsAStreamWithItself) {
  Pieces pieces;
  pieces.waiting = {"one\n"};
  answer_ = [&](const Request&) { return pieces.answer(); };
  start();
  Client client(where_);
  client.send("GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return pieces.asked == 2; }));
  server_->close();
  pieces.stream->wake();
  EXPECT_EQ(pieces.asked, 2);
  EXPECT_TRUE(loop_.until([&] { return client.closed(); }));
}

TEST_P(ServerTest, SaysNothingOfAStreamToAHead) {
  Pieces pieces;
  pieces.waiting = {"one\n"};
  answer_ = [&](const Request&) { return pieces.answer(); };
  start();
  EXPECT_THAT(exchange("HEAD / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"),
              EndsWith("\r\n\r\n"));
  EXPECT_EQ(pieces.asked, 0);
}

TEST_P(ServerTest, TellsWhoAsksOverASocketAlone) {
  std::optional<std::uint32_t> user;
  std::string login;
  answer_ = [&](const Request& request) {
    user = request.user;
    login = request.login;
    return Response{};
  };
  start();
  exchange(
      "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nVipherd-Login: alice\r\n"
      "Connection: close\r\n\r\n");
  EXPECT_EQ(user, GetParam() == Transport::tcp ? std::nullopt : std::optional(::getuid()));
  EXPECT_EQ(login, "alice");
}

TEST_P(ServerTest, AnswersARequest) {
  start();
  EXPECT_EQ(exchange("GET /health?x=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
            "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
            "Connection: close\r\nContent-Length: 8\r\n\r\n{\"a\":1}\n");
  EXPECT_THAT(requests_, testing::ElementsAre("GET /health"));
}

TEST_P(ServerTest, PassesOnTheStatusOfTheHandler) {
  answer_ = [](const Request&) { return Response{503, "text/plain", "no"}; };
  start();
  const std::string answer = exchange("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.0 503 Service Unavailable\r\nContent-Type: text/plain"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nno"));
}

TEST_P(ServerTest, KeepsTheConnectionForAnotherRequest) {
  start();
  Client client(where_);
  client.send("GET /1 HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return client.count("{\"a\":1}") == 1; }));
  client.send("GET /2 HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return client.count("{\"a\":1}") == 2; }));
  EXPECT_FALSE(client.closed());
  EXPECT_THAT(requests_, testing::ElementsAre("GET /1", "GET /2"));
}

TEST_P(ServerTest, AnswersRequestsSentInOneGoInTheirOrder) {
  answer_ = [](const Request& request) {
    return Response{200, "text/plain", "<" + std::string(request.path) + ">"};
  };
  start();
  const std::string answer = exchange(
      "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_LT(answer.find("</1>"), answer.find("</2>"));
  EXPECT_LT(answer.find("</2>"), answer.find("</3>"));
  EXPECT_THAT(answer, EndsWith("</3>"));
}

TEST_P(ServerTest, SendsNoBodyForHead) {
  start();
  const std::string answer = exchange("HEAD /health HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 8\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
  EXPECT_THAT(requests_, testing::ElementsAre("HEAD /health"));
}

TEST_P(ServerTest, PassesOnTheQuery) {
  start();
  exchange("GET /a?service=web&x=? HTTP/1.0\r\n\r\n");
  exchange("GET /a? HTTP/1.0\r\n\r\n");
  EXPECT_THAT(requests_, testing::ElementsAre("GET /a", "GET /a"));
  EXPECT_THAT(queries_, testing::ElementsAre("service=web&x=?", ""));
}

TEST_P(ServerTest, RefusesOtherMethodsAndGoesOn) {
  start();
  const std::string answer = exchange(
      "DELETE / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /next HTTP/1.1\r\nConnection: "
      "close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
  EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD"));
  EXPECT_THAT(requests_, testing::ElementsAre("GET /next"));
}

TEST_P(ServerTest, LetsOnlyTheUnixSocketChangeSomething) {
  start();
  const std::string answer =
      exchange("POST /a HTTP/1.1\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
  if (GetParam() == Transport::tcp) {
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
    EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD\r\n"));
    EXPECT_THAT(requests_, testing::IsEmpty());
  } else {
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(requests_, testing::ElementsAre("POST /a"));
    EXPECT_THAT(bodies_, testing::ElementsAre("abc"));
  }
}

TEST_P(ServerTest, AnswersGarbageOnceAndCloses) {
  start();
  EXPECT_THAT(exchange("\x16\x03\x01\x02 garbage\r\n\r\n"),
              StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(exchange("GET / HTTP/9.9\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(exchange("GET http://x/ HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nA: b\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_TRUE(requests_.empty());
}

TEST_P(ServerTest, LimitsTheHeader) {
  start();
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nA: " + std::string(9000, 'a')),
              StartsWith("HTTP/1.1 431 "));
  std::string many = "GET / HTTP/1.1\r\n";
  while (many.size() < 20000) many += "X: y\r\n";
  EXPECT_THAT(exchange(many), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(exchange("GET /" + std::string(9000, 'a')), StartsWith("HTTP/1.1 4"));
  EXPECT_TRUE(requests_.empty());
}

TEST_P(ServerTest, LimitsTheBody) {
  start();
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nContent-Length: 1025\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n800\r\n" +
                       std::string(0x800, 'b')),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_TRUE(requests_.empty());
}

TEST_P(ServerTest, SaysNothingToAClientThatLeaves) {
  start();
  Client client(where_);
  client.end_of_requests();
  ASSERT_TRUE(loop_.until([&] { return client.closed(); }));
  EXPECT_EQ(client.received(), "");
}

TEST_P(ServerTest, DropsAClientThatTakesTooLongToAsk) {
  Limits limits = patient();
  limits.read_deadline = 50ms;
  start(limits);
  Client silent(where_);
  Client slow(where_);
  // An byte a millisecond: progress on the wire does not extend the deadline.
  const auto begin = std::chrono::steady_clock::now();
  const std::string request = "GET / HTTP/1.1\r\nA: " + std::string(8000, 'a');
  std::size_t sent = 0;
  ASSERT_TRUE(loop_.until([&] {
    const auto elapsed = (std::chrono::steady_clock::now() - begin) / 1ms;
    if (sent < static_cast<std::size_t>(elapsed)) slow.send(request.substr(sent++, 1));
    return silent.closed() && slow.closed();
  }));
  EXPECT_GT(sent, 1u);
  EXPECT_EQ(silent.received(), "");
  EXPECT_EQ(slow.received(), "");
  EXPECT_TRUE(requests_.empty());
}

TEST_P(ServerTest, DropsAnIdleClientAfterItsAnswer) {
  Limits limits = patient();
  limits.read_deadline = 50ms;
  start(limits);
  Client client(where_);
  client.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return client.closed(); }));
  EXPECT_EQ(client.count("{\"a\":1}"), 1);
}

TEST_P(ServerTest, DropsAClientThatDoesNotReadItsAnswer) {
  constexpr std::size_t kMoreThanSocketsHold = std::size_t{64} << 20;
  answer_ = [](const Request&) {
    return Response{200, "text/plain", std::string(kMoreThanSocketsHold, 'x')};
  };
  Limits limits = patient();
  limits.write_deadline = 50ms;
  start(limits);
  Client stuck(where_);
  stuck.send("GET /large HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return requests_.size() == 1; }));

  // Meanwhile others are served.
  answer_ = [](const Request&) { return Response{200, "text/plain", "small"}; };
  EXPECT_THAT(exchange("GET / HTTP/1.0\r\n\r\n"), EndsWith("small"));

  // Only when the server has given up may the client look, or it would be reading.
  const auto given_up = std::chrono::steady_clock::now() + 100ms;
  ASSERT_TRUE(loop_.until([&] { return std::chrono::steady_clock::now() > given_up; }));
  ASSERT_TRUE(loop_.until([&] { return stuck.closed(); }));
  EXPECT_LT(stuck.received().size(), kMoreThanSocketsHold);
}

TEST_P(ServerTest, MakesRoomByClosingTheOneThatWaitsLongest) {
  Limits limits = patient();
  limits.connections = 3;
  start(limits);
  std::list<Client> clients;
  for (int i = 0; i < 3; ++i) {
    Client& client = clients.emplace_back(where_);
    client.send("GET / HTTP/1.1\r\n\r\n");
    ASSERT_TRUE(loop_.until([&] { return client.count("{\"a\":1}") == 1; }));
  }
  // The first one asks again: now the second one has been waiting longest.
  clients.front().send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return clients.front().count("{\"a\":1}") == 2; }));

  Client& newest = clients.emplace_back(where_);
  newest.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return newest.count("{\"a\":1}") == 1; }));
  auto client = clients.begin();
  EXPECT_FALSE(client->closed());
  EXPECT_TRUE((++client)->closed());
  EXPECT_FALSE((++client)->closed());
}

TEST_P(ServerTest, ServesAMonitorWhileSilentClientsFillTheTable) {
  start();
  std::list<Client> silent;
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(silent.emplace_back(where_).connected());
    loop_.io.restart();
    loop_.io.poll();
  }
  EXPECT_THAT(exchange("GET / HTTP/1.0\r\n\r\n"), EndsWith("{\"a\":1}\n"));
  EXPECT_TRUE(silent.front().closed());
}

TEST_P(ServerTest, SurvivesAHandlerThatThrows) {
  answer_ = [](const Request&) -> Response { throw std::runtime_error("secret"); };
  start();
  const std::string answer = exchange("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.0 500 "));
  EXPECT_THAT(answer, testing::Not(HasSubstr("secret")));
}

TEST_P(ServerTest, TakesAnAnswerThatIsGivenLater) {
  later_ = true;
  start();
  Client client(where_);
  client.send("GET /slow HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return replies_.size() == 1; }));
  later_ = false;
  EXPECT_THAT(exchange("GET / HTTP/1.0\r\n\r\n"), EndsWith("{\"a\":1}\n")) << "others do not wait";
  replies_[0]({200, "text/plain", "at last"});
  replies_[0]({200, "text/plain", "and again"});
  ASSERT_TRUE(loop_.until([&] { return client.count("at last") == 1; }));
  client.send("GET / HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return client.closed(); }));
  EXPECT_THAT(client.received(), EndsWith("{\"a\":1}\n"));
  EXPECT_EQ(client.count("and again"), 0u);
}

TEST_P(ServerTest, AnAnswerToAClientThatIsGoneFindsNobody) {
  later_ = true;
  start();
  Client client(where_);
  client.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return replies_.size() == 1; }));
  server_.reset();
  ASSERT_TRUE(loop_.until([&] { return client.closed(); }));
  replies_[0]({200, "text/plain", "too late"});
  EXPECT_EQ(client.received(), "");
}

TEST_P(ServerTest, CloseEndsEveryConnectionAndTheListening) {
  start();
  Client idle(where_);
  Client asking(where_);
  asking.send("GET / HTTP/1.1\r\n");
  Client served(where_);
  served.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return served.count("{\"a\":1}") == 1; }));
  server_->close();
  server_->close();
  ASSERT_TRUE(loop_.until([&] { return idle.closed() && asking.closed() && served.closed(); }));
  EXPECT_FALSE(Client(where_).connected());
}

TEST_P(ServerTest, MayBeClosedByItsHandler) {
  answer_ = [this](const Request&) {
    server_->close();
    return Response{200, "text/plain", "too late"};
  };
  start();
  EXPECT_EQ(exchange("GET / HTTP/1.1\r\n\r\n"), "");
  EXPECT_EQ(requests_.size(), 1u);
}

TEST_P(ServerTest, MayBeDestroyedWithConnectionsOpen) {
  start();
  Client idle(where_);
  Client served(where_);
  served.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return served.count("{\"a\":1}") == 1; }));
  server_.reset();
  ASSERT_TRUE(loop_.until([&] { return idle.closed() && served.closed(); }));
}

TEST_P(ServerTest, LeavesNothingBehindForALoopThatNeverTurnsAgain) {
  start();
  Client served(where_);
  served.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return served.count("{\"a\":1}") == 1; }));
  server_.reset();  // and then the loop is destroyed with the fixture
}

INSTANTIATE_TEST_SUITE_P(Over, ServerTest, testing::Values(Transport::tcp, Transport::unix_socket),
                         [](const auto& info) {
                           return info.param == Transport::tcp ? "Tcp" : "UnixSocket";
                         });

void nothing(const Request&, const Reply& reply) { reply({}); }

TEST(TcpServer, SaysThatAnAddressIsTaken) {
  test::Loop loop;
  Server server(loop.io, nothing);
  ASSERT_TRUE(server.listen(kLoopback, 0));
  Server second(loop.io, nothing);
  const auto result = second.listen(kLoopback, server.port());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().what, "cannot listen on 127.0.0.1:" + std::to_string(server.port()) +
                                     ": Address already in use");
}

TEST(TcpServer, ListensAgainAtOnceWhereAConnectionIsInTimeWait) {
  test::Loop loop;
  std::optional<Server> server(std::in_place, loop.io, nothing);
  ASSERT_TRUE(server->listen(kLoopback, 0));
  const std::uint16_t port = server->port();
  Client client({.port = port});
  client.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(loop.until([&] { return client.count("200 OK") == 1; }));
  server.reset();
  ASSERT_TRUE(loop.until([&] { return client.closed(); }));
  Server second(loop.io, nothing);
  EXPECT_TRUE(second.listen(kLoopback, port));
}

TEST_P(ServerTest, AnswersUnderAForeignNameOnlyWhereNobodyElseCanAsk) {
  start();
  const std::string foreign = "Host: evil.example\r\nConnection: close\r\n\r\n";
  const std::string answer = exchange("GET /v1/status HTTP/1.1\r\n" + foreign);
  const std::string two =
      exchange("GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  if (GetParam() == Transport::unix_socket) {
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    return;
  }
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 421 "));
  EXPECT_THAT(answer,
              HasSubstr("{\"error\":\"asked under a name that is not this endpoint's: use an "
                        "address, or list the name in api.hosts\"}"));
  EXPECT_THAT(two, StartsWith("HTTP/1.1 421 "));
  EXPECT_TRUE(requests_.empty());
  server_->answer_to({"evil.example"});
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\n" + foreign), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_P(ServerTest, AnswersARequestWithoutAHost) {
  start();
  EXPECT_THAT(exchange("GET / HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.0 200 OK\r\n"));
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(TcpServer, ListensOnIpv6) {
  test::Loop loop;
  Server server(loop.io, nothing);
  ASSERT_TRUE(server.listen(IpAddress::parse("::1").value(), 0));
  Client client({.port = server.port(), .v6 = true});
  client.send("GET / HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(loop.until([&] { return client.closed(); }));
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.0 200 OK\r\n"));
}

TEST(UnixServer, SaysWhyItCannotListen) {
  const vipherd::test::TemporaryDirectory folder;
  test::Loop loop;
  const std::string path = folder.write("file", "no socket");
  const auto result = Server(loop.io, nothing).listen(path);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().what,
            "cannot listen on " + path + ": there is something that is no socket");
}

}  // namespace
}  // namespace vipherd::api
