#include "unit/kernel/net_namespace.hpp"
#include "unit/probe/probe_fixture.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd::probe {
namespace {

using model::ProbeResult;
using model::Settings;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Server;
using testing::Socket;

class HttpProbeTest : public testing::ProbeTest {
 protected:
  ProbeResult get(const Server& server, Settings settings = {}, Duration timeout = seconds(5)) {
    settings["url"] = "http://" + server.address() + "/health";
    return run("http", std::move(settings), timeout);
  }
  void expect_fail(const ProbeResult& result, const std::string& reason) {
    EXPECT_FALSE(result.pass);
    EXPECT_EQ(result.reason, reason);
  }
};

TEST_F(HttpProbeTest, PassesOn2xx) {
  for (const int status : {200, 204, 299}) {
    const Server server(io_,
                        testing::answer("HTTP/1.1 " + std::to_string(status) +
                                        " OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
    const ProbeResult result = get(server);
    EXPECT_TRUE(result.pass) << result.reason;
    EXPECT_EQ(result.reason, "status " + std::to_string(status));
  }
}

TEST_F(HttpProbeTest, PassesOverIpv6) {
  const Server server(io_, testing::answer(testing::response(200)),
                      {testing::asio::ip::address_v6::loopback(), 0});
  EXPECT_TRUE(get(server).pass);
}

TEST_F(HttpProbeTest, ResolvesAHostName) {
  const Server server(io_, testing::answer(testing::response(200)));
  const ProbeResult result =
      run("http", {{"url", "http://localhost:" + std::to_string(server.port()) + "/"}});
  EXPECT_TRUE(result.pass) << result.reason;
}

TEST_F(HttpProbeTest, AConnectionToItselfIsNone) {
  const kernel::testing::NetNamespace network;
  int port = 40000;
  for (const std::string scheme : {"http", "https"}) {
    for (const std::string host : {"127.0.0.1", "[::1]"}) {
      // Every connection comes from the port that it goes to; the last one is in TIME_WAIT.
      const std::string number = std::to_string(++port);
      network.shell("sysctl -q -w net.ipv4.ip_local_port_range='" + number + " " + number + "'");
      const std::string target = host + ":" + number;
      expect_fail(run(scheme, {{"url", scheme + "://" + target + "/"}}),
                  "connect to " + target + " refused");
    }
  }
}

TEST_F(HttpProbeTest, FailsOnOtherStatus) {
  for (const int status : {300, 404, 500, 503}) {
    const Server server(io_, testing::answer(testing::response(status)));
    expect_fail(get(server), "status " + std::to_string(status) + ", expected 2xx");
  }
}

TEST_F(HttpProbeTest, ExpectStatusIsAList) {
  const Settings expected{{"expect_status", std::vector<std::int64_t>{301, 401, 404}}};
  const Server good(io_, testing::answer(testing::response(404)));
  EXPECT_TRUE(get(good, expected).pass);
  const Server bad(io_, testing::answer(testing::response(200)));
  expect_fail(get(bad, expected), "status 200, expected 301, 401 or 404");
}

TEST_F(HttpProbeTest, DoesNotFollowRedirects) {
  const Server elsewhere(io_, testing::answer(testing::response(200)));
  const Server server(io_, testing::answer(testing::response(
                               302, "Location: http://" + elsewhere.address() + "/\r\n")));
  expect_fail(get(server), "status 302, expected 2xx");
  EXPECT_EQ(elsewhere.accepted(), 0u);
}

TEST_F(HttpProbeTest, AnInterimResponseIsNotTheAnswer) {
  const Server server(
      io_, testing::answer("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + testing::response(500)));
  expect_fail(get(server), "status 500, expected 2xx");
}

TEST_F(HttpProbeTest, SendsWhatIsConfigured) {
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

  EXPECT_TRUE(run("http", {{"url", std::string("http://www.example/path")},
                           {"connect_to", server.address()}})
                  .pass);
  EXPECT_THAT(request, HasSubstr("GET /path HTTP/1.1\r\nHost: www.example\r\n"));
}

TEST_F(HttpProbeTest, EveryProbeMakesAConnectionOfItsOwn) {
  const Server server(io_, testing::answer(testing::response(200)));
  for (int count = 0; count < 3; ++count) EXPECT_TRUE(get(server).pass);
  EXPECT_EQ(server.accepted(), 3u);
}

TEST_F(HttpProbeTest, AProxyInTheEnvironmentIsIgnored) {
  const testing::ClosedPort proxy(io_);
  setenv("http_proxy", ("http://" + proxy.address()).c_str(), 1);
  const Server server(io_, testing::answer(testing::response(200)));
  EXPECT_TRUE(get(server).pass);
  unsetenv("http_proxy");
}

TEST_F(HttpProbeTest, RefusedIsSaid) {
  const testing::ClosedPort port(io_);
  expect_fail(run("http", {{"url", "http://" + port.address() + "/"}}),
              "connect to " + port.address() + " refused");
}

TEST_F(HttpProbeTest, AnUnknownHostNameIsSaid) {
  // RFC 6761: names under "invalid" do not exist.
  const ProbeResult result = run("http", {{"url", std::string("http://no.such.invalid/")}});
  EXPECT_FALSE(result.pass);
  EXPECT_THAT(result.reason,
              ::testing::AnyOf("the host name of no.such.invalid:80 cannot be resolved",
                               "no address for no.such.invalid:80 within 5 s"));
}

TEST_F(HttpProbeTest, NoConnectionEndsAtTheDeadline) {
  const testing::DeafPort port(io_);
  const auto result = run("http", {{"url", "http://" + port.address() + "/"}}, milliseconds(60));
  expect_fail(result, "no connection within 60 ms");
  EXPECT_GE(result.latency, milliseconds(60));
}

TEST_F(HttpProbeTest, HangingAfterAcceptEndsAtTheDeadline) {
  const Server server(io_, [](const Socket&) {});
  expect_fail(get(server, {}, milliseconds(60)), "no response headers within 60 ms");
}

TEST_F(HttpProbeTest, HangingInTheHeadersEndsAtTheDeadline) {
  const Server server(io_, testing::answer("HTTP/1.1 200 OK\r\nContent-"));
  expect_fail(get(server, {}, milliseconds(60)), "no response headers within 60 ms");
}

TEST_F(HttpProbeTest, HangingInTheBodyEndsAtTheDeadline) {
  const Server server(io_, testing::answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
  expect_fail(get(server, {}, milliseconds(60)), "no end of the response body within 60 ms");
}

TEST_F(HttpProbeTest, AWrongStatusIsSaidEvenIfTheBodyHangs) {
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

TEST_F(HttpProbeTest, TricklingOctetsDoNotMoveTheDeadline) {
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

TEST_F(HttpProbeTest, AnEndlessBodyIsNotReadToItsEnd) {
  const Server server(io_, testing::on_request([](const Socket& socket, const std::string&) {
                        testing::send(socket,
                                      "HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\n",
                                      [socket] { flood(socket); });
                      }));
  const auto result = get(server);
  EXPECT_TRUE(result.pass) << result.reason;
}

TEST_F(HttpProbeTest, EndlessHeadersAreRefused) {
  std::string lines;
  for (int line = 0; line < 2000; ++line) {
    lines += "X-" + std::to_string(line) + ": " + std::string(100, 'x') + "\r\n";
  }
  const Server server(io_, testing::answer("HTTP/1.1 200 OK\r\n" + lines));
  expect_fail(get(server), "response headers larger than 64 KiB");
}

TEST_F(HttpProbeTest, GarbageIsNotHttp) {
  const Server server(io_, testing::answer("220 mail.example ESMTP\r\n"));
  expect_fail(get(server), "the answer is not HTTP");
}

TEST_F(HttpProbeTest, ClosingWithoutAnAnswerIsSaid) {
  const Server server(
      io_, testing::on_request([](const Socket& socket, const std::string&) { socket->close(); }));
  expect_fail(get(server), "the connection was closed without an answer");
}

TEST_F(HttpProbeTest, ClosingAtOnceIsSaid) {
  const Server server(io_, [](const Socket& socket) { socket->close(); });
  const auto result = get(server);
  EXPECT_FALSE(result.pass);
  EXPECT_THAT(result.reason, HasSubstr("the connection was "));
}

TEST_F(HttpProbeTest, ClosingInTheHeadersIsSaid) {
  const Server server(io_, testing::on_request([](const Socket& socket, const std::string&) {
                        testing::send(socket, "HTTP/1.1 200 OK\r\nContent-",
                                      [socket] { socket->close(); });
                      }));
  expect_fail(get(server), "the connection was closed before the response headers ended");
}

TEST_F(HttpProbeTest, ClosingInTheBodyIsSaid) {
  const Server server(io_, testing::on_request([](const Socket& socket, const std::string&) {
                        testing::send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
                                      [socket] { socket->close(); });
                      }));
  expect_fail(get(server), "the connection was closed in the middle of the response body");
}

TEST_F(HttpProbeTest, AResetIsSaid) {
  const Server server(io_, testing::on_request([](const Socket& socket, const std::string&) {
                        socket->set_option(testing::asio::socket_base::linger(true, 0));
                        socket->close();
                      }));
  expect_fail(get(server), "the connection was reset before the response headers ended");
}

// ------------------------------------------------------------------ settings

std::vector<std::string> faults(const std::string& type, Settings settings) {
  if (!settings.contains("url")) settings["url"] = type + "://127.0.0.1/";
  for (const auto& schema : check_schemas()) {
    if (schema.type != type) continue;
    std::vector<std::string> texts;
    for (const auto& fault : schema.validate(settings)) {
      texts.push_back(fault.key + ": " + fault.message);
    }
    return texts;
  }
  return {"no such kind"};
}

TEST(HttpSettings, GoodOnes) {
  EXPECT_THAT(faults("http", {{"url", std::string("http://web.example:8080/a?b=c")},
                              {"method", std::string("HEAD")},
                              {"expect_status", std::vector<std::int64_t>{200, 599}},
                              {"host", std::string("web.example:80")},
                              {"headers", std::vector<std::string>{"A: b", "C:d"}},
                              {"connect_to", std::string("[::1]:80")}}),
              IsEmpty());
  EXPECT_THAT(faults("https", {{"url", std::string("https://[::1]/")},
                               {"verify", false},
                               {"ca_file", std::string("/etc/ssl/ca.pem")},
                               {"server_name", std::string("web.example")}}),
              IsEmpty());
}

TEST(HttpSettings, BadUrls) {
  for (const char* bad : {"", "127.0.0.1", "/health", "https://127.0.0.1/", "ftp://127.0.0.1/",
                          "http://", "http://a b/", "http://x:99999/"}) {
    EXPECT_THAT(faults("http", {{"url", std::string(bad)}}),
                ::testing::ElementsAre("url: expected a URL such as \"http://127.0.0.1/\", got \"" +
                                       std::string(bad) + "\""))
        << bad;
  }
}

TEST(HttpSettings, AllFaultsAtOnce) {
  EXPECT_THAT(
      faults("https", {{"url", std::string("http://127.0.0.1/")},
                       {"method", std::string("POST")},
                       {"expect_status", std::vector<std::int64_t>{199, 200, 600}},
                       {"host", std::string("a b")},
                       {"headers", std::vector<std::string>{"no colon", "X: a\r\nY: b", ": c"}},
                       {"connect_to", std::string("web.example:80")},
                       {"ca_file", std::string()},
                       {"server_name", std::string("web.example:443")}}),
      ::testing::ElementsAre(
          "url: expected a URL such as \"https://127.0.0.1/\", got \"http://127.0.0.1/\"",
          "method: expected \"GET\" or \"HEAD\", got \"POST\"",
          "expect_status: expected statuses from 200 to 599, got 199",
          "expect_status: expected statuses from 200 to 599, got 600",
          "host: expected a host name, with a port if need be",
          "headers: expected \"Name: value\", got \"no colon\"",
          "headers: expected \"Name: value\", got \"X: a\r\nY: b\"",
          "headers: expected \"Name: value\", got \": c\"",
          "connect_to: expected an address with a port such as \"127.0.0.1:80\" or "
          "\"[::1]:80\", got \"web.example:80\"",
          "ca_file: expected the name of a PEM file",
          "server_name: expected a host name, got \"web.example:443\""));
  EXPECT_THAT(faults("http", {{"expect_status", std::vector<std::int64_t>{}}}),
              ::testing::ElementsAre("expect_status: expected at least one status, such as [200]"));
}

TEST(HttpSettings, SchemasAreWhole) {
  std::vector<std::string> types;
  for (const auto& schema : check_schemas()) {
    types.emplace_back(schema.type);
    EXPECT_FALSE(schema.doc.empty());
    EXPECT_TRUE(schema.validate);
    for (const auto& setting : schema.settings) EXPECT_FALSE(setting.doc.empty()) << setting.name;
  }
  EXPECT_THAT(types, ::testing::ElementsAre("http", "https", "tcp"));
}

}  // namespace
}  // namespace vipherd::probe
