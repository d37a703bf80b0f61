#include <unistd.h>

#include <filesystem>

#include "unit/kernel/net_namespace.hpp"
#include "unit/probe/probe_fixture.hpp"

namespace vipherd::probe::http {
namespace {

using model::ProbeResult;
using model::Settings;
using Texts = std::vector<std::string>;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Server;
using testing::Socket;

/// Who speaks HTTP. The settings decide, not the test: curl takes what is not as simple as it could
/// be, here a path with a dot segment, which it removes.
enum class By : std::uint8_t { us, curl };

class HttpProbeTest : public testing::ProbeTest, public ::testing::WithParamInterface<By> {
 protected:
  static std::string url(const std::string& address, const std::string& path = "/") {
    return "http://" + address + (GetParam() == By::curl ? "/." : "") + path;
  }
  ProbeResult get(const Server& server, Settings settings = {}, Duration timeout = seconds(5)) {
    settings["url"] = url(server.address(), "/health");
    return run("http", std::move(settings), timeout);
  }
  void expect_fail(const ProbeResult& result, const std::string& reason) {
    EXPECT_FALSE(result.pass);
    EXPECT_EQ(result.reason, reason);
  }
};

TEST_P(HttpProbeTest, PassesOn2xx) {
  for (const int status : {200, 204, 299}) {
    const Server server(io_,
                        testing::answer("HTTP/1.1 " + std::to_string(status) +
                                        " OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
    const ProbeResult result = get(server);
    EXPECT_TRUE(result.pass) << result.reason;
    EXPECT_EQ(result.reason, "status " + std::to_string(status));
  }
}

TEST_P(HttpProbeTest, PassesOverIpv6) {
  const Server server(io_, testing::answer(testing::response(200)),
                      {testing::asio::ip::address_v6::loopback(), 0});
  EXPECT_TRUE(get(server).pass);
}

TEST_P(HttpProbeTest, ResolvesAHostName) {
  const Server server(io_, testing::answer(testing::response(200)));
  const ProbeResult result =
      run("http", {{"url", "http://localhost:" + std::to_string(server.port()) + "/"}});
  EXPECT_TRUE(result.pass) << result.reason;
}

TEST_P(HttpProbeTest, AConnectionToItselfIsNone) {
  const kernel::testing::NetNamespace network;
  int port = 40000;
  for (const std::string scheme : {"http", "https"}) {
    for (const std::string host : {"127.0.0.1", "[::1]"}) {
      // Every connection comes from the port that it goes to; the last one is in TIME_WAIT.
      const std::string number = std::to_string(++port);
      network.shell("sysctl -q -w net.ipv4.ip_local_port_range='" + number + " " + number + "'");
      const std::string target = host + ":" + number;
      const std::string path = GetParam() == By::curl ? "/./" : "/";
      expect_fail(run(scheme, {{"url", scheme + "://" + target + path}}),
                  "connect to " + target + " refused");
    }
  }
}

TEST_P(HttpProbeTest, FailsOnOtherStatus) {
  for (const int status : {300, 404, 500, 503}) {
    const Server server(io_, testing::answer(testing::response(status)));
    expect_fail(get(server), "status " + std::to_string(status) + ", expected 2xx");
  }
}

TEST_P(HttpProbeTest, ExpectStatusIsAList) {
  const Settings expected{{"expect_status", Texts{"301", "401", "404"}}};
  const Server good(io_, testing::answer(testing::response(404)));
  EXPECT_TRUE(get(good, expected).pass);
  const Server bad(io_, testing::answer(testing::response(200)));
  expect_fail(get(bad, expected), "status 200, expected 301, 401 or 404");
}

TEST_P(HttpProbeTest, DoesNotFollowRedirects) {
  const Server elsewhere(io_, testing::answer(testing::response(200)));
  const Server server(io_, testing::answer(testing::response(
                               302, "Location: http://" + elsewhere.address() + "/\r\n")));
  expect_fail(get(server), "status 302, expected 2xx");
  EXPECT_EQ(elsewhere.accepted(), 0u);
}

TEST_P(HttpProbeTest, AnInterimResponseIsNotTheAnswer) {
  const Server server(
      io_, testing::answer("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + testing::response(500)));
  expect_fail(get(server), "status 500, expected 2xx");
}

TEST_P(HttpProbeTest, SendsWhatIsConfigured) {
  std::string request;
  const Server server(io_, testing::on_request([&](const Socket& socket, const std::string& text) {
                        request = text;
                        testing::send(socket, testing::response(200));
                      }));
  EXPECT_TRUE(get(server).pass);
  EXPECT_THAT(request, HasSubstr("GET /health HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("Host: " + server.address() + "\r\n"));
  EXPECT_THAT(request, HasSubstr("User-Agent: vipherd/"));

  EXPECT_TRUE(get(server, {{"method", std::string("HEAD")},
                           {"host", std::string("www.example")},
                           {"headers", std::vector<std::string>{"X-Check: vipherd", "X-Empty:"}}})
                  .pass);
  EXPECT_THAT(request, HasSubstr("HEAD /health HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("Host: www.example\r\n"));
  EXPECT_THAT(request, HasSubstr("X-Check: vipherd\r\n"));
  EXPECT_THAT(request, HasSubstr("X-Empty:"));
  EXPECT_THAT(request, Not(HasSubstr(server.address())));

  EXPECT_TRUE(
      run("http", {{"url", url("www.example", "/path")}, {"connect_to", server.address()}}).pass);
  EXPECT_THAT(request, HasSubstr("GET /path HTTP/1.1\r\nHost: www.example\r\n"));
}

TEST_P(HttpProbeTest, EveryProbeMakesAConnectionOfItsOwn) {
  const Server server(io_, testing::answer(testing::response(200)));
  for (int count = 0; count < 3; ++count) EXPECT_TRUE(get(server).pass);
  EXPECT_EQ(server.accepted(), 3u);
}

TEST_P(HttpProbeTest, AProxyInTheEnvironmentIsIgnored) {
  const testing::ClosedPort proxy(io_);
  setenv("http_proxy", ("http://" + proxy.address()).c_str(), 1);
  const Server server(io_, testing::answer(testing::response(200)));
  EXPECT_TRUE(get(server).pass);
  unsetenv("http_proxy");
}

TEST_P(HttpProbeTest, RefusedIsSaid) {
  const testing::ClosedPort port(io_);
  expect_fail(run("http", {{"url", url(port.address())}}),
              "connect to " + port.address() + " refused");
}

TEST_P(HttpProbeTest, AnUnknownHostNameIsSaid) {
  // RFC 6761: names under "invalid" do not exist.
  const ProbeResult result = run("http", {{"url", std::string("http://no.such.invalid/")}});
  EXPECT_FALSE(result.pass);
  EXPECT_THAT(result.reason,
              ::testing::AnyOf("the host name of no.such.invalid:80 cannot be resolved",
                               "no address for no.such.invalid:80 within 5 s"));
}

TEST_P(HttpProbeTest, NoConnectionEndsAtTheDeadline) {
  const testing::DeafPort port(io_);
  const auto result = run("http", {{"url", url(port.address())}}, milliseconds(60));
  expect_fail(result, "no connection within 60 ms");
  EXPECT_GE(result.latency, milliseconds(60));
}

TEST_P(HttpProbeTest, HangingAfterAcceptEndsAtTheDeadline) {
  const Server server(io_, [](const Socket&) {});
  expect_fail(get(server, {}, milliseconds(60)), "no response headers within 60 ms");
}

TEST_P(HttpProbeTest, HangingInTheHeadersEndsAtTheDeadline) {
  const Server server(io_, testing::answer("HTTP/1.1 200 OK\r\nContent-"));
  expect_fail(get(server, {}, milliseconds(60)), "no response headers within 60 ms");
}

TEST_P(HttpProbeTest, HangingInTheBodyEndsAtTheDeadline) {
  const Server server(io_, testing::answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
  expect_fail(get(server, {}, milliseconds(60)), "no end of the response body within 60 ms");
}

TEST_P(HttpProbeTest, AWrongStatusIsSaidEvenIfTheBodyHangs) {
  const Server server(io_, testing::answer("HTTP/1.1 500 No\r\nContent-Length: 10\r\n\r\nhalf"));
  expect_fail(get(server), "status 500, expected 2xx");
}

void trickle(const Socket& socket) {
  auto timer = std::make_shared<testing::asio::steady_timer>(socket->get_executor());
  timer->expires_after(milliseconds(5));
  timer->async_wait([socket, timer](const boost::system::error_code& error) {
    if (!error) testing::send(socket, "x", [socket] { trickle(socket); });
  });
}

TEST_P(HttpProbeTest, TricklingBytesDoNotMoveTheDeadline) {
  const Server server(io_, testing::on_request([](const Socket& socket, const std::string&) {
                        testing::send(socket,
                                      "HTTP/1.1 200 OK\r\nX: ", [socket] { trickle(socket); });
                      }));
  const auto result = get(server, {}, milliseconds(100));
  expect_fail(result, "no response headers within 100 ms");
  EXPECT_LT(result.latency, milliseconds(1000));
}

void flood(const Socket& socket) {
  testing::send(socket, std::string(65536, 'x'), [socket] { flood(socket); });
}

TEST_P(HttpProbeTest, AnEndlessBodyIsNotReadToItsEnd) {
  const Server server(io_, testing::on_request([](const Socket& socket, const std::string&) {
                        testing::send(socket,
                                      "HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\n",
                                      [socket] { flood(socket); });
                      }));
  const auto result = get(server);
  EXPECT_TRUE(result.pass) << result.reason;
}

TEST_P(HttpProbeTest, EndlessHeadersAreRefused) {
  std::string lines;
  for (int line = 0; line < 2000; ++line) {
    lines += "X-" + std::to_string(line) + ": " + std::string(100, 'x') + "\r\n";
  }
  const Server server(io_, testing::answer("HTTP/1.1 200 OK\r\n" + lines));
  expect_fail(get(server), "response headers larger than 64 KiB");
}

TEST_P(HttpProbeTest, GarbageIsNotHttp) {
  const Server server(io_, testing::answer("220 mail.example ESMTP\r\n"));
  expect_fail(get(server), "the answer is not HTTP");
}

TEST_P(HttpProbeTest, ClosingWithoutAnAnswerIsSaid) {
  const Server server(
      io_, testing::on_request([](const Socket& socket, const std::string&) { socket->close(); }));
  expect_fail(get(server), "the connection was closed without an answer");
}

TEST_P(HttpProbeTest, ClosingAtOnceIsSaid) {
  const Server server(io_, [](const Socket& socket) { socket->close(); });
  const auto result = get(server);
  EXPECT_FALSE(result.pass);
  EXPECT_THAT(result.reason, HasSubstr("the connection was "));
}

TEST_P(HttpProbeTest, ClosingInTheHeadersIsSaid) {
  const Server server(io_, testing::on_request([](const Socket& socket, const std::string&) {
                        testing::send(socket, "HTTP/1.1 200 OK\r\nContent-",
                                      [socket] { socket->close(); });
                      }));
  expect_fail(get(server), "the connection was closed before the response headers ended");
}

TEST_P(HttpProbeTest, ClosingInTheBodyIsSaid) {
  const Server server(io_, testing::on_request([](const Socket& socket, const std::string&) {
                        testing::send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
                                      [socket] { socket->close(); });
                      }));
  expect_fail(get(server), "the connection was closed in the middle of the response body");
}

TEST_P(HttpProbeTest, AResetIsSaid) {
  const Server server(io_, testing::on_request([](const Socket& socket, const std::string&) {
                        socket->set_option(testing::asio::socket_base::linger(true, 0));
                        socket->close();
                      }));
  expect_fail(get(server), "the connection was reset before the response headers ended");
}

TEST_P(HttpProbeTest, StatusesAreNumbersClassesAndRanges) {
  const Settings expected{{"expect_status", Texts{"204", "3xx", "400-404"}}};
  for (const int status : {204, 300, 399, 400, 404}) {
    const Server server(io_, testing::answer(testing::response(status)));
    EXPECT_TRUE(get(server, expected).pass) << status;
  }
  for (const int status : {200, 405, 500}) {
    const Server server(io_, testing::answer(testing::response(status)));
    expect_fail(get(server, expected),
                "status " + std::to_string(status) + ", expected 204, 3xx or 400-404");
  }
}

TEST_P(HttpProbeTest, ABodyIsSentWithAnyMethod) {
  std::string request;
  const Server server(io_, testing::on_request([&](const Socket& socket, const std::string& text) {
                        request = text;
                        testing::send(socket, testing::response(200));
                      }));
  const std::string body = "{\"ready\": true}";
  for (const std::string method : {"POST", "PUT", "QUERY", "GET"}) {
    EXPECT_TRUE(get(server, {{"method", method},
                             {"body", body},
                             {"headers", Texts{"Content-Type: application/json"}}})
                    .pass);
    EXPECT_THAT(request, HasSubstr(method + " /health HTTP/1.1\r\n"));
    EXPECT_THAT(request, HasSubstr("Content-Length: 15\r\n"));
    EXPECT_THAT(request, HasSubstr("Content-Type: application/json\r\n"));
    EXPECT_THAT(request, HasSubstr("\r\n\r\n" + body));
    EXPECT_THAT(request, Not(HasSubstr("Expect")));
  }
  EXPECT_TRUE(get(server, {{"method", std::string("POST")}, {"body", std::string("x")}}).pass);
  EXPECT_THAT(request, Not(HasSubstr("Content-Type")));
  EXPECT_TRUE(get(server, {{"method", std::string("DELETE")}}).pass);
  EXPECT_THAT(request, HasSubstr("DELETE /health HTTP/1.1\r\n"));
}

TEST_P(HttpProbeTest, AHeaderMayReplaceOurs) {
  std::string request;
  const Server server(io_, testing::on_request([&](const Socket& socket, const std::string& text) {
                        request = text;
                        testing::send(socket, testing::response(200));
                      }));
  EXPECT_TRUE(get(server, {{"headers",
                            Texts{"user-agent: other", "HOST: web.example", "Accept: text/plain"}}})
                  .pass);
  EXPECT_THAT(request, Not(HasSubstr("vipherd")));
  EXPECT_THAT(request, Not(HasSubstr(server.address())));
  EXPECT_THAT(request, Not(HasSubstr("*/*")));
}

// ------------------------------------------------------------------ the body

std::string with_body(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST_P(HttpProbeTest, TextMustOccurInTheBody) {
  const Settings expected{{"expect_body", std::string("\"ready\"")}};
  const Server good(io_, testing::answer(with_body("{\"state\": \"ready\"}")));
  EXPECT_TRUE(get(good, expected).pass);
  EXPECT_EQ(get(good, expected).reason, "status 200");
  const Server bad(io_, testing::answer(with_body("{\"state\":\r\n\t\"starting\", \x01\xff}" +
                                                  std::string(100, 'x'))));
  expect_fail(get(bad, expected),
              "the body does not contain \"\\\"ready\\\"\", it begins \"{\\\"state\\\":\\r\\n\\t"
              "\\\"starting\\\", \\u0001\\u00ff}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\"");
  const Server empty(io_, testing::answer(with_body("")));
  expect_fail(get(empty, expected), "the body does not contain \"\\\"ready\\\"\": it is empty");
  const Server none(io_, testing::answer("HTTP/1.1 204 No Content\r\n\r\n"));
  expect_fail(get(none, expected), "the body does not contain \"\\\"ready\\\"\": it is empty");
  // A wrong status is the better reason.
  const Server wrong(io_, testing::answer("HTTP/1.1 500 No\r\nContent-Length: 3\r\n\r\nbad"));
  expect_fail(get(wrong, expected), "status 500, expected 2xx");
}

TEST_P(HttpProbeTest, AnExpressionMustMatchTheBody) {
  const Settings expected{{"expect_body_regex", std::string("(?m)^up [0-9]+s$")}};
  const Server good(io_, testing::answer(with_body("name x\nup 17s\nend")));
  EXPECT_TRUE(get(good, expected).pass);
  const Server bad(io_, testing::answer(with_body("up 17s or so")));
  expect_fail(get(bad, expected),
              "the body does not match \"(?m)^up [0-9]+s$\", it begins \"up 17s or so\"");
}

TEST_P(HttpProbeTest, NoExpressionTakesLong) {
  // Takes backtracking matchers longer than the universe is old.
  const Settings expected{{"expect_body_regex", std::string("^(([a-z])+.)+[A-Z]([a-z])+$")},
                          {"body_limit", std::int64_t{1048576}}};
  const Server server(io_, testing::answer(with_body(std::string(1048575, 'a'))));
  const auto result = get(server, expected);
  EXPECT_FALSE(result.pass);
  EXPECT_THAT(result.reason, HasSubstr("the body does not match"));
}

TEST_P(HttpProbeTest, ChunksAreOneBody) {
  const Server server(io_, testing::answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                           "2\r\nre\r\n3;x=y\r\nady\r\n0\r\nTrailer: x\r\n\r\n"));
  EXPECT_TRUE(get(server, {{"expect_body", std::string("ready")}}).pass);
}

TEST_P(HttpProbeTest, ABodyMayEndWithTheConnection) {
  const Server server(io_, testing::on_request([](const Socket& socket, const std::string&) {
                        testing::send(socket, "HTTP/1.0 200 OK\r\n\r\nready",
                                      [socket] { socket->close(); });
                      }));
  EXPECT_TRUE(get(server, {{"expect_body", std::string("ready")}}).pass);
}

TEST_P(HttpProbeTest, OnlyTheLimitIsSearched) {
  const Server server(io_, testing::answer(with_body(std::string(100, 'x') + "ready")));
  const Settings expected{{"expect_body", std::string("ready")}};
  EXPECT_TRUE(get(server, expected).pass);
  Settings limited = expected;
  limited["body_limit"] = std::int64_t{104};
  expect_fail(get(server, limited),
              "the first 104 bytes of the body do not contain \"ready\", it begins \"" +
                  std::string(60, 'x') + "...\"");
  limited["body_limit"] = std::int64_t{105};
  EXPECT_TRUE(get(server, limited).pass);
}

TEST_P(HttpProbeTest, AnEndlessBodyIsSearchedUpToTheLimit) {
  const Server server(io_, testing::on_request([](const Socket& socket, const std::string&) {
                        testing::send(socket, "HTTP/1.1 200 OK\r\n\r\n",
                                      [socket] { flood(socket); });
                      }));
  const auto result = get(server, {{"expect_body", std::string("ready")}});
  EXPECT_FALSE(result.pass);
  EXPECT_THAT(result.reason, ::testing::StartsWith("the first 65536 bytes of the body do not"));
}

TEST_P(HttpProbeTest, ABodyOfTricklingBytesEndsAtTheDeadline) {
  const Server server(io_, testing::on_request([](const Socket& socket, const std::string&) {
                        testing::send(socket, "HTTP/1.1 200 OK\r\n\r\n",
                                      [socket] { trickle(socket); });
                      }));
  expect_fail(get(server, {}, milliseconds(100)), "no end of the response body within 100 ms");
}

TEST_P(HttpProbeTest, AnswersInTricklingBytesAreRead) {
  const std::string text = with_body("ready");
  const Server server(io_, testing::on_request([&](const Socket& socket, const std::string&) {
                        auto next = std::make_shared<std::function<void(std::size_t)>>();
                        *next = [socket, &text, weak = std::weak_ptr(next)](std::size_t at) {
                          const auto self = weak.lock();
                          if (at == text.size()) return;
                          testing::send(socket, text.substr(at, 1),
                                        [self, at] { (*self)(at + 1); });
                        };
                        (*next)(0);
                      }));
  const auto result = get(server, {{"expect_body", std::string("ready")}});
  EXPECT_TRUE(result.pass) << result.reason;
}

TEST_P(HttpProbeTest, AResetInTheBodyIsSaid) {
  const Server server(io_, testing::on_request([](const Socket& socket, const std::string&) {
                        testing::send(
                            socket, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", [socket] {
                              socket->set_option(testing::asio::socket_base::linger(true, 0));
                              socket->close();
                            });
                      }));
  // A reset may overtake what was sent before it.
  const auto result = get(server);
  EXPECT_FALSE(result.pass);
  EXPECT_THAT(result.reason, ::testing::StartsWith("the connection was reset "));
}

TEST_P(HttpProbeTest, AnAbandonedProbeIsQuiet) {
  const Server server(io_, testing::answer(testing::response(200)));
  const Server mute(io_, [](const Socket&) {});
  for (const Server* one : {&server, &mute}) {
    prober_->start({"web", "gone"}, 1, config("http", {{"url", url(one->address())}}, seconds(10)));
    EXPECT_TRUE(run_until([&] { return one->accepted() == 1; }));
    prober_->cancel({"web", "gone"});
    EXPECT_TRUE(get(server).pass);
    EXPECT_EQ(finished_.size(), 1u);
  }
}

// ------------------------------------------------------------------ UNIX sockets

using UnixSocket = testing::asio::local::stream_protocol::socket;

class UnixServer {
 public:
  UnixServer(testing::asio::io_context& io, std::string path)
      : path_(std::move(path)), acceptor_(io, path_), socket_(io) {
    acceptor_.async_accept(socket_, [this](const boost::system::error_code& error) {
      if (!error) answer();
    });
  }
  ~UnixServer() { std::filesystem::remove(path_); }
  const std::string& request() const { return request_; }

 private:
  void answer() {
    testing::asio::async_read_until(socket_, testing::asio::dynamic_buffer(request_), "\r\n\r\n",
                                    [this](const boost::system::error_code& error, std::size_t) {
                                      if (!error)
                                        testing::asio::write(socket_,
                                                             testing::asio::buffer(answer_));
                                    });
  }

  std::string path_;
  testing::asio::local::stream_protocol::acceptor acceptor_;
  UnixSocket socket_;
  std::string request_;
  std::string answer_ = testing::response(200);
};

std::string socket_path() {
  static int count = 0;
  return ::testing::TempDir() + "vipherd-http-" + std::to_string(::getpid()) + "-" +
         std::to_string(++count) + ".sock";
}

TEST_P(HttpProbeTest, OverAUnixSocket) {
  const std::string path = socket_path();
  const UnixServer server(io_, path);
  const auto result =
      run("http", {{"url", url("web.example:8080", "/health")}, {"unix_socket", path}});
  EXPECT_TRUE(result.pass) << result.reason;
  EXPECT_THAT(server.request(), HasSubstr("GET /health HTTP/1.1\r\nHost: web.example:8080\r\n"));
}

TEST_P(HttpProbeTest, AUnixSocketWithoutAServerIsSaid) {
  const std::string path = socket_path();
  const auto missing = run("http", {{"url", url("localhost")}, {"unix_socket", path}});
  expect_fail(missing, "cannot connect to " + path + ": No such file or directory");
  EXPECT_EQ(missing.failure, model::Failure::refused);
  {
    // A socket that nothing listens at any more.
    testing::asio::local::stream_protocol::acceptor left(io_, path);
  }
  const auto refused = run("http", {{"url", url("localhost")}, {"unix_socket", path}});
  std::filesystem::remove(path);
  expect_fail(refused, "connect to " + path + " refused");
  EXPECT_EQ(refused.failure, model::Failure::refused);
}

TEST_P(HttpProbeTest, AUnixServerThatHangsIsSaid) {
  const std::string path = socket_path();
  const testing::asio::local::stream_protocol::acceptor mute(io_, path);
  const auto result =
      run("http", {{"url", url("localhost")}, {"unix_socket", path}}, milliseconds(60));
  std::filesystem::remove(path);
  expect_fail(result, "no response headers within 60 ms");
}

TEST_P(HttpProbeTest, AHostNameOfAVipIsNotAsked) {
  const Server server(io_, testing::answer(testing::response(200)));
  model::ServiceConfig dns;
  dns.name = "dns";
  dns.vips = {IpAddress::parse("127.0.0.1").value(), IpAddress::parse("::1").value()};
  const auto ask = [&](const std::string& service, model::AttachPolicy attach) {
    dns.name = service;
    dns.attach = attach;
    prober_->set_vips(model::VipOwners({dns}));
    return run("http", {{"url", url("localhost:" + std::to_string(server.port()))}});
  };
  for (const auto attach : {model::AttachPolicy::when_up, model::AttachPolicy::always}) {
    const auto result = ask("dns", attach);
    EXPECT_FALSE(result.pass);
    EXPECT_THAT(result.reason,
                ::testing::MatchesRegex("the check could not run: it would ask the VIP "
                                        "(127.0.0.1|::1), which another node may answer"));
    EXPECT_EQ(result.failure, model::Failure::not_run);
  }
  EXPECT_EQ(server.accepted(), 0u);
  EXPECT_FALSE(ask("web", model::AttachPolicy::when_up).pass);
  EXPECT_TRUE(ask("web", model::AttachPolicy::always).pass)
      << "a VIP of its own that is always here";
}

TEST_P(HttpProbeTest, TheServerIsToldThatNothingFollows) {
  std::string request;
  const Server server(io_, testing::on_request([&](const Socket& socket, const std::string& text) {
                        request = text;
                        testing::send(socket, testing::response(200));
                      }));
  EXPECT_TRUE(get(server).pass);
  EXPECT_THAT(request, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(get(server, {{"headers", Texts{"connection: keep-alive"}}}).pass);
  EXPECT_THAT(request, Not(HasSubstr("close")));
}

INSTANTIATE_TEST_SUITE_P(, HttpProbeTest, ::testing::Values(By::us, By::curl),
                         [](const auto& info) { return info.param == By::us ? "us" : "curl"; });

// ------------------------------------------------------------------ both alike

/// What a server sends before it closes, and what the probe is to say of it.
struct Odd {
  std::string answer;
  std::string reason;
};

const std::vector<Odd>& odd_answers() {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  static const std::vector<Odd> kOdd{
      {ok + "Content-Length: 2\r\n\r\nok", "status 200"},
      {ok + "\r\nuntil the end", "status 200"},
      {"HTTP/1.0 200\r\n\r\n", "status 200"},
      {"HTTP/1.1 200 OK\n\n", "status 200"},
      {"HTTP/1.1 204 None\r\nContent-Length: 5\r\n\r\n", "status 204"},
      {ok + "Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n0\r\nTrailer: x\r\n\r\n",
       "status 200"},
      {ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "status 200"},
      {ok + "Content-Length: 99999999999999999999999\r\n\r\nok", "the answer is not HTTP"},
      {ok + "Content-Length: 18446744073709551616\r\n\r\nok", "the answer is not HTTP"},
      {ok + "Content-Length: -1\r\n\r\nok", "the answer is not HTTP"},
      {ok + "Content-Length: +2\r\n\r\nok", "the answer is not HTTP"},
      {ok + "Content-Length: 0x2\r\n\r\nok", "the answer is not HTTP"},
      {ok + "Content-Length: 2, 2\r\n\r\nok", "the answer is not HTTP"},
      {ok + "Content-Length: \r\n\r\nok", "the answer is not HTTP"},
      {ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nok", "the answer is not HTTP"},
      {ok + "no colon\r\nContent-Length: 2\r\n\r\nok", "the answer is not HTTP"},
      {"HTTP/1.1 2000 OK\r\n\r\n", "the answer is not HTTP"},
      {"HTTP/1.1 20 OK\r\n\r\n", "the answer is not HTTP"},
      {"HTTP/1.1 99999999999999999999 OK\r\n\r\n", "the answer is not HTTP"},
      {"HTTP/1.1 OK\r\n\r\n", "the answer is not HTTP"},
      {"SSH-2.0-OpenSSH_9.2\r\n", "the answer is not HTTP"},
      {ok + "Transfer-Encoding: chunked\r\n\r\nnonsense\r\n",
       "the chunks of the response body are malformed"},
      {ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nok, and more\r\n",
       "the chunks of the response body are malformed"},
      {ok + "Transfer-Encoding: chunked\r\n\r\n11111111111111111\r\n",
       "the chunks of the response body are malformed"},
      {ok + "Content-Length: 10\r\n\r\nhalf",
       "the connection was closed in the middle of the response body"},
      {ok + "Transfer-Encoding: chunked\r\n\r\n9\r\nhalf",
       "the connection was closed in the middle of the response body"},
      {ok + "Content-", "the connection was closed before the response headers ended"},
      {"", "the connection was closed without an answer"},
      {"HTTP/1.1 500 No\r\nContent-Length: 99\r\n\r\nhalf", "status 500, expected 2xx"},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\n\r\n", "status 404, expected 2xx"},
  };
  return kOdd;
}

using HttpEnginesTest = testing::ProbeTest;

TEST_F(HttpEnginesTest, OddAnswersAreJudgedAlike) {
  for (const Odd& odd : odd_answers()) {
    const Server server(io_, testing::on_request([&](const Socket& socket, const std::string&) {
                          testing::send(socket, odd.answer, [socket] {
                            socket->shutdown(testing::tcp::socket::shutdown_send);
                          });
                        }));
    const std::string host = "http://" + server.address();
    const auto plain = run("http", {{"url", host + "/"}});
    EXPECT_EQ(plain.reason, odd.reason) << odd.answer;
    const auto curl = run("http", {{"url", host + "/./"}});
    EXPECT_EQ(curl.reason, odd.reason) << "by curl: " << odd.answer;
    const auto following =
        run("http", {{"url", host + "/"}, {"follow_redirects", std::int64_t{1}}});
    EXPECT_EQ(following.reason, odd.reason) << "following redirects: " << odd.answer;
    EXPECT_EQ(plain.pass, curl.pass) << odd.answer;
    EXPECT_EQ(plain.pass, following.pass) << odd.answer;
  }
}

TEST_F(HttpEnginesTest, AfterARedirectTheLastAddressIsNamed) {
  const auto redirected_to = [this](const std::string& to) {
    const Server server(io_, testing::answer(testing::response(302, "Location: " + to + "\r\n")));
    return run("http", {{"url", "http://" + server.address() + "/"},
                        {"follow_redirects", std::int64_t{1}}});
  };
  const Server failing(io_, testing::answer(testing::response(503)));
  const std::string there = "http://" + failing.address() + "/there";
  EXPECT_EQ(redirected_to(there).reason, "status 503, expected 2xx (redirected to " + there + ")");
  const testing::ClosedPort closed(io_);
  const std::string nobody = "http://" + closed.address() + "/";
  EXPECT_EQ(redirected_to(nobody).reason,
            "connect to " + closed.address() + " refused (redirected to " + nobody + ")");
  EXPECT_EQ(redirected_to("ftp://127.0.0.1/").reason,
            "redirected to ftp://127.0.0.1/, which is not HTTP");
}

TEST_F(HttpEnginesTest, ARedirectToAVipIsNotFollowed) {
  model::ServiceConfig other;
  other.name = "other";
  other.vips = {IpAddress::parse("127.0.0.77").value()};
  prober_->set_vips(model::VipOwners({other}));
  const Server server(
      io_, testing::answer(testing::response(302, "Location: http://[::ffff:127.0.0.77]/\r\n")));
  const auto result = run(
      "http", {{"url", "http://" + server.address() + "/"}, {"follow_redirects", std::int64_t{1}}});
  EXPECT_THAT(result.reason,
              HasSubstr("the check could not run: it would ask the VIP 127.0.0.77, which another "
                        "node may answer"));
  EXPECT_EQ(result.failure, model::Failure::not_run);
}

// ------------------------------------------------------------------ only by us

using PlainProbeTest = testing::ProbeTest;

TEST_F(PlainProbeTest, AFullQueueOfAUnixSocketIsSaid) {
  const std::string path = socket_path();
  testing::asio::local::stream_protocol::acceptor deaf(io_);
  deaf.open();
  deaf.bind(path);
  deaf.listen(0);
  UnixSocket filler(io_);
  filler.connect(path);
  const auto result =
      run("http", {{"url", std::string("http://localhost/")}, {"unix_socket", path}});
  std::filesystem::remove(path);
  EXPECT_EQ(result.reason, "cannot connect to " + path + ": its queue of connections is full");
}

TEST_F(PlainProbeTest, AServerMayEndItsAnswerThatIsJudgedAlready) {
  // Like Python's http.server, which writes headers and body one after the other.
  std::optional<boost::system::error_code> written;
  auto timer = std::make_shared<testing::asio::steady_timer>(io_);
  const Server server(io_, testing::on_request([&](const Socket& socket, const std::string&) {
                        testing::send(socket, "HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\n");
                        timer->expires_after(milliseconds(50));
                        timer->async_wait([&written, socket](const boost::system::error_code&) {
                          boost::system::error_code error;
                          // The first write after a reset still succeeds.
                          for (const char* part : {"he", "re"}) {
                            testing::asio::write(*socket, testing::asio::buffer(part, 2), error);
                            if (error) break;
                            ::usleep(1000);
                          }
                          written = error;
                          socket->close();
                        });
                      }));
  EXPECT_EQ(run("http", {{"url", "http://" + server.address() + "/"}}).reason,
            "status 500, expected 2xx");
  EXPECT_FALSE(written) << "the result does not wait for that";
  EXPECT_TRUE(run_until([&] { return written.has_value(); }));
  EXPECT_FALSE(*written) << written->message();
}

}  // namespace
}  // namespace vipherd::probe::http
