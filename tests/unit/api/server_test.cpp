#include "vipherd/api/server.hpp"

#include <gmock/gmock.h>

#include <list>
#include <stdexcept>

#include "client.hpp"

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

class ServerTest : public testing::Test {
 protected:
  void start(Limits limits = patient()) {
    server_.emplace(
        loop_.io,
        [this](const Request& request) {
          requests_.push_back(std::string(request.method) + " " + std::string(request.path));
          return answer_(request);
        },
        limits);
    ASSERT_TRUE(server_->listen(kLoopback, 0));
  }
  std::uint16_t port() const { return server_->port(); }
  /// Sends and waits until the server has closed the connection.
  std::string exchange(const std::string& request) {
    Client client(port());
    client.send(request);
    EXPECT_TRUE(loop_.until([&] { return client.closed(); })) << client.received();
    return client.received();
  }

  test::Loop loop_;
  std::vector<std::string> requests_;
  std::function<Response(const Request&)> answer_ = [](const Request&) {
    return Response{200, "application/json", "{\"a\":1}\n"};
  };
  std::optional<Server> server_;
};

TEST_F(ServerTest, AnswersARequest) {
  start();
  EXPECT_EQ(exchange("GET /health?x=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
            "Connection: close\r\nContent-Length: 8\r\n\r\n{\"a\":1}\n");
  EXPECT_THAT(requests_, testing::ElementsAre("GET /health"));
}

TEST_F(ServerTest, PassesOnTheStatusOfTheHandler) {
  answer_ = [](const Request&) { return Response{503, "text/plain", "no"}; };
  start();
  const std::string answer = exchange("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.0 503 Service Unavailable\r\nContent-Type: text/plain"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nno"));
}

TEST_F(ServerTest, KeepsTheConnectionForAnotherRequest) {
  start();
  Client client(port());
  client.send("GET /1 HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return client.count("{\"a\":1}") == 1; }));
  client.send("GET /2 HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return client.count("{\"a\":1}") == 2; }));
  EXPECT_FALSE(client.closed());
  EXPECT_THAT(requests_, testing::ElementsAre("GET /1", "GET /2"));
}

TEST_F(ServerTest, AnswersRequestsSentInOneGoInTheirOrder) {
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

TEST_F(ServerTest, SendsNoBodyForHead) {
  start();
  const std::string answer = exchange("HEAD /health HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 8\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
  EXPECT_THAT(requests_, testing::ElementsAre("HEAD /health"));
}

TEST_F(ServerTest, RefusesOtherMethodsAndGoesOn) {
  start();
  const std::string answer = exchange(
      "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /next HTTP/1.1\r\nConnection: "
      "close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
  EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_THAT(requests_, testing::ElementsAre("GET /next"));
}

TEST_F(ServerTest, AnswersGarbageOnceAndCloses) {
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

TEST_F(ServerTest, LimitsTheHeader) {
  start();
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nA: " + std::string(9000, 'a')),
              StartsWith("HTTP/1.1 431 "));
  std::string many = "GET / HTTP/1.1\r\n";
  while (many.size() < 20000) many += "X: y\r\n";
  EXPECT_THAT(exchange(many), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(exchange("GET /" + std::string(9000, 'a')), StartsWith("HTTP/1.1 4"));
  EXPECT_TRUE(requests_.empty());
}

TEST_F(ServerTest, LimitsTheBody) {
  start();
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nContent-Length: 1025\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n800\r\n" +
                       std::string(0x800, 'b')),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_TRUE(requests_.empty());
}

TEST_F(ServerTest, SaysNothingToAClientThatLeaves) {
  start();
  Client client(port());
  client.end_of_requests();
  ASSERT_TRUE(loop_.until([&] { return client.closed(); }));
  EXPECT_EQ(client.received(), "");
}

TEST_F(ServerTest, DropsAClientThatTakesTooLongToAsk) {
  Limits limits = patient();
  limits.read_deadline = 50ms;
  start(limits);
  Client silent(port());
  Client slow(port());
  // An octet a millisecond: progress on the wire does not extend the deadline.
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

TEST_F(ServerTest, DropsAnIdleClientAfterItsAnswer) {
  Limits limits = patient();
  limits.read_deadline = 50ms;
  start(limits);
  Client client(port());
  client.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return client.closed(); }));
  EXPECT_EQ(client.count("{\"a\":1}"), 1);
}

TEST_F(ServerTest, DropsAClientThatDoesNotReadItsAnswer) {
  constexpr std::size_t kMoreThanSocketsHold = std::size_t{64} << 20;
  answer_ = [](const Request&) {
    return Response{200, "text/plain", std::string(kMoreThanSocketsHold, 'x')};
  };
  Limits limits = patient();
  limits.write_deadline = 50ms;
  start(limits);
  Client stuck(port());
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

TEST_F(ServerTest, MakesRoomByClosingTheOneThatWaitsLongest) {
  Limits limits = patient();
  limits.connections = 3;
  start(limits);
  std::list<Client> clients;
  for (int i = 0; i < 3; ++i) {
    Client& client = clients.emplace_back(port());
    client.send("GET / HTTP/1.1\r\n\r\n");
    ASSERT_TRUE(loop_.until([&] { return client.count("{\"a\":1}") == 1; }));
  }
  // The first one asks again: now the second one has been waiting longest.
  clients.front().send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return clients.front().count("{\"a\":1}") == 2; }));

  Client& newest = clients.emplace_back(port());
  newest.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return newest.count("{\"a\":1}") == 1; }));
  auto client = clients.begin();
  EXPECT_FALSE(client->closed());
  EXPECT_TRUE((++client)->closed());
  EXPECT_FALSE((++client)->closed());
}

TEST_F(ServerTest, ServesAMonitorWhileSilentClientsFillTheTable) {
  start();
  std::list<Client> silent;
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(silent.emplace_back(port()).connected());
    loop_.io.restart();
    loop_.io.poll();
  }
  EXPECT_THAT(exchange("GET / HTTP/1.0\r\n\r\n"), EndsWith("{\"a\":1}\n"));
  EXPECT_TRUE(silent.front().closed());
}

TEST_F(ServerTest, SurvivesAHandlerThatThrows) {
  answer_ = [](const Request&) -> Response { throw std::runtime_error("secret"); };
  start();
  const std::string answer = exchange("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.0 500 "));
  EXPECT_THAT(answer, testing::Not(HasSubstr("secret")));
}

TEST_F(ServerTest, CloseEndsEveryConnectionAndTheListening) {
  start();
  Client idle(port());
  Client asking(port());
  asking.send("GET / HTTP/1.1\r\n");
  Client served(port());
  served.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return served.count("{\"a\":1}") == 1; }));
  const std::uint16_t port_before = port();
  server_->close();
  server_->close();
  ASSERT_TRUE(loop_.until([&] { return idle.closed() && asking.closed() && served.closed(); }));
  EXPECT_FALSE(Client(port_before).connected());
}

TEST_F(ServerTest, MayBeClosedByItsHandler) {
  answer_ = [this](const Request&) {
    server_->close();
    return Response{200, "text/plain", "too late"};
  };
  start();
  EXPECT_EQ(exchange("GET / HTTP/1.1\r\n\r\n"), "");
  EXPECT_EQ(requests_.size(), 1u);
}

TEST_F(ServerTest, MayBeDestroyedWithConnectionsOpen) {
  start();
  Client idle(port());
  Client served(port());
  served.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return served.count("{\"a\":1}") == 1; }));
  server_.reset();
  ASSERT_TRUE(loop_.until([&] { return idle.closed() && served.closed(); }));
}

TEST_F(ServerTest, LeavesNothingBehindForALoopThatNeverTurnsAgain) {
  start();
  Client served(port());
  served.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return served.count("{\"a\":1}") == 1; }));
  server_.reset();  // and then the loop is destroyed with the fixture
}

TEST_F(ServerTest, SaysThatAnAddressIsTaken) {
  start();
  Server second(loop_.io, [](const Request&) { return Response{}; });
  const auto result = second.listen(kLoopback, port());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().what,
            "cannot listen on 127.0.0.1:" + std::to_string(port()) + ": Address already in use");
}

TEST_F(ServerTest, ListensAgainAtOnceWhereAConnectionIsInTimeWait) {
  start();
  Client client(port());
  client.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return client.count("{\"a\":1}") == 1; }));
  const std::uint16_t same = port();
  server_.reset();
  ASSERT_TRUE(loop_.until([&] { return client.closed(); }));
  Server second(loop_.io, [](const Request&) { return Response{}; });
  EXPECT_TRUE(second.listen(kLoopback, same));
}

TEST_F(ServerTest, ListensOnIpv6) {
  Server server(loop_.io, answer_);
  ASSERT_TRUE(server.listen(IpAddress::parse("::1").value(), 0));
  Client client(server.port(), true);
  client.send("GET / HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(loop_.until([&] { return client.closed(); }));
  EXPECT_THAT(client.received(), EndsWith("{\"a\":1}\n"));
}

}  // namespace
}  // namespace vipherd::api
