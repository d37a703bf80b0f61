#include "unit/kernel/net_namespace.hpp"
#include "unit/probe/probe_fixture.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd::probe::tcp {
namespace {

using model::ProbeResult;
using model::Settings;
using std::chrono::milliseconds;

class TcpProbeTest : public testing::ProbeTest {};

void ignore(const testing::Socket&) {}

TEST_F(TcpProbeTest, PassesWhenConnected) {
  const testing::Server server(io_, ignore);
  const ProbeResult result = run("tcp", {{"address", server.address()}});
  EXPECT_TRUE(result.pass);
  EXPECT_EQ(result.reason, "connected to " + server.address());
}

TEST_F(TcpProbeTest, PassesOverIpv6) {
  const testing::Server server(io_, ignore, {testing::asio::ip::address_v6::loopback(), 0});
  const ProbeResult result = run("tcp", {{"address", server.address()}});
  EXPECT_TRUE(result.pass);
  EXPECT_EQ(result.reason, "connected to " + server.address());
}

TEST_F(TcpProbeTest, RefusedIsSaid) {
  const testing::ClosedPort port(io_);
  const ProbeResult result = run("tcp", {{"address", port.address()}});
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, "connect to " + port.address() + " refused");
}

TEST_F(TcpProbeTest, AConnectionToItselfIsNone) {
  const kernel::testing::NetNamespace network;
  // Every connection comes from the port that it goes to.
  network.shell("sysctl -q -w net.ipv4.ip_local_port_range='40000 40000'");
  for (const std::string address : {"127.0.0.1:40000", "[::1]:40000"}) {
    const ProbeResult result = run("tcp", {{"address", address}});
    EXPECT_FALSE(result.pass);
    EXPECT_EQ(result.reason, "connect to " + address + " refused");
  }
}

TEST_F(TcpProbeTest, UnreachableIsSaid) {
  // The broadcast address is no destination of a connection.
  const ProbeResult result = run("tcp", {{"address", std::string("255.255.255.255:80")}});
  EXPECT_FALSE(result.pass);
  EXPECT_THAT(result.reason, ::testing::StartsWith("cannot connect to 255.255.255.255:80: "));
}

TEST_F(TcpProbeTest, NoAnswerEndsAtTheDeadline) {
  const testing::DeafPort port(io_);
  const ProbeResult result = run("tcp", {{"address", port.address()}}, milliseconds(50));
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, "no connection within 50 ms");
  EXPECT_GE(result.latency, milliseconds(50));
}

TEST_F(TcpProbeTest, LeavesNoTimeWaitBehind) {
  // The server sees a reset, not a FIN: its read ends with an error other than end of file.
  boost::system::error_code seen;
  std::array<char, 1> byte{};
  const testing::Server server(io_, [&](const testing::Socket& socket) {
    socket->async_read_some(
        testing::asio::buffer(byte),
        [&, socket](const boost::system::error_code& error, std::size_t) { seen = error; });
  });
  EXPECT_TRUE(run("tcp", {{"address", server.address()}}).pass);
  ASSERT_TRUE(run_until([&] { return seen.failed(); }));
  EXPECT_EQ(seen, testing::asio::error::connection_reset);
}

// ------------------------------------------------------------------ send and expect

class TcpExpectTest : public testing::ProbeTest {
 protected:
  ProbeResult talk(testing::Server::Behaviour behaviour, Settings settings,
                   Duration timeout = std::chrono::seconds(10)) {
    const testing::Server server(io_, std::move(behaviour));
    settings["address"] = server.address();
    return run("tcp", std::move(settings), timeout);
  }
  void expect_failure(const ProbeResult& result, const std::string& reason) {
    EXPECT_FALSE(result.pass);
    EXPECT_EQ(result.reason, reason);
    EXPECT_EQ(result.failure, model::Failure::failed);
  }
};

testing::Server::Behaviour say(const std::string& text) {
  return [text](const testing::Socket& socket) { testing::send(socket, text); };
}

testing::Server::Behaviour say_and(const std::string& text,
                                   std::function<void(const testing::Socket&)> then) {
  return [text, then](const testing::Socket& socket) {
    testing::send(socket, text, [socket, then] { then(socket); });
  };
}

void close(const testing::Socket& socket) { socket->close(); }

/// With unread data, or with this option, a close is a reset.
void cut(const testing::Socket& socket) {
  socket->set_option(testing::asio::socket_base::linger(true, 0));
  socket->close();
}

/// Reads until a line has come, and says it again.
testing::Server::Behaviour echo_line() {
  return [](const testing::Socket& socket) {
    auto line = std::make_shared<std::string>();
    testing::asio::async_read_until(
        *socket, testing::asio::dynamic_buffer(*line), "\r\n",
        [socket, line](const boost::system::error_code& error, std::size_t) {
          if (!error) testing::send(socket, "you said " + *line);
        });
  };
}

/// Says one byte at a time, the next one when the last was taken.
void trickle(const testing::Socket& socket, const std::string& text) {
  if (text.empty()) return;
  socket->set_option(testing::tcp::no_delay(true));
  testing::send(socket, text.substr(0, 1), [socket, text] { trickle(socket, text.substr(1)); });
}

/// Says it for as long as a client listens.
void repeat(const testing::Socket& socket, const std::string& text) {
  testing::send(socket, text, [socket, text] { repeat(socket, text); });
}

TEST_F(TcpExpectTest, PassesWhenTheTextComes) {
  const ProbeResult result = talk(say("220 mail.example ESMTP\r\n"), {{"expect", "220 "}});
  EXPECT_TRUE(result.pass);
  EXPECT_EQ(result.reason, "answered with \"220 \"");
}

TEST_F(TcpExpectTest, SendsWhatIsToBeSent) {
  const ProbeResult result =
      talk(echo_line(), {{"send", "PING\r\n"}, {"expect", "you said PING\r\n"}});
  EXPECT_TRUE(result.pass);
  EXPECT_EQ(result.reason, "answered with \"you said PING\\r\\n\"");
}

TEST_F(TcpExpectTest, FindsTextThatTrickles) {
  const ProbeResult result = talk(
      [](const testing::Socket& socket) { trickle(socket, "xx 2220 yy"); }, {{"expect", "220 "}});
  EXPECT_TRUE(result.pass) << result.reason;
}

TEST_F(TcpExpectTest, FindsTextBesideNul) {
  using namespace std::string_literals;
  const ProbeResult result = talk(say("\0\x01\xff"s), {{"expect", "\0\x01"s}});
  EXPECT_TRUE(result.pass);
  EXPECT_EQ(result.reason, "answered with \"\\u0000\\u0001\"");
}

TEST_F(TcpExpectTest, FindsTextBeforeTheConnectionEnds) {
  EXPECT_TRUE(talk(say_and("220 bye", close), {{"expect", "220"}}).pass);
}

TEST_F(TcpExpectTest, ClosedEarly) {
  expect_failure(talk(close, {{"expect", "220"}}), "the connection was closed without \"220\"");
  expect_failure(talk(say_and("554 no service\r\n", close), {{"expect", "220"}}),
                 "the connection was closed without \"220\", after \"554 no service\\r\\n\"");
}

TEST_F(TcpExpectTest, ClosedForWritingOnly) {
  const auto half_close = [](const testing::Socket& socket) {
    socket->shutdown(testing::tcp::socket::shutdown_send);
  };
  expect_failure(talk(half_close, {{"send", "PING\r\n"}, {"expect", "PONG"}}),
                 "the connection was closed without \"PONG\"");
}

TEST_F(TcpExpectTest, ResetEarly) {
  expect_failure(talk(cut, {{"expect", "220"}}), "the connection was reset without \"220\"");
}

TEST_F(TcpExpectTest, SaysNothing) {
  expect_failure(talk(ignore, {{"send", "PING\r\n"}, {"expect", "PONG"}}, milliseconds(100)),
                 "no answer with \"PONG\" within 100 ms");
}

TEST_F(TcpExpectTest, SaysSomethingElse) {
  expect_failure(talk(say("554 no service\r\nand"), {{"expect", "220"}}, milliseconds(300)),
                 "no answer with \"220\", only \"554 no service\\r\\n\", within 300 ms");
  // No line yet: it may be anything.
  expect_failure(talk(say("554"), {{"expect", "220"}}, milliseconds(100)),
                 "no answer with \"220\" within 100 ms");
}

TEST_F(TcpExpectTest, SaysTooMuch) {
  const std::string spam(1000, 'x');
  expect_failure(
      talk([&](const testing::Socket& socket) { repeat(socket, spam); }, {{"expect", "220"}}),
      "no \"220\" in the first 4 KiB of the answer, after \"" + std::string(40, 'x') + "...\"");
}

TEST_F(TcpExpectTest, LooksAtTheFirstFourKibibytes) {
  const std::string most(4096 - 3, 'x');
  EXPECT_TRUE(talk(say(most + "220"), {{"expect", "220"}}).pass);
  EXPECT_FALSE(talk(say(most + "x220"), {{"expect", "220"}}).pass);
}

TEST_F(TcpExpectTest, QuotesWhatCannotBePrinted) {
  expect_failure(talk(say_and("\x1b[2J\"\\\t\xc3\xa9", close), {{"expect", "220"}}),
                 R"(the connection was closed without "220", after )"
                 R"("\u001b[2J\"\\\t\u00c3\u00a9")");
}

TEST_F(TcpExpectTest, AbandonedWhileItReads) {
  const testing::Server server(io_, say("55"));
  prober_->start(
      {"web", "it"}, 1,
      config("tcp", {{"address", server.address()}, {"expect", "220"}}, std::chrono::seconds(10)));
  ASSERT_TRUE(run_until([&] { return server.accepted() == 1; }));
  prober_->cancel({"web", "it"});
  io_.restart();
  io_.poll();
  EXPECT_THAT(finished_, ::testing::IsEmpty());
}

TEST(TcpSettings, AddressIsNumericWithPort) {
  for (const char* good : {"127.0.0.1:80", "[::1]:53", "10.10.10.10:65535"}) {
    EXPECT_THAT(testing::refused("tcp", {{"address", std::string(good)}}), ::testing::IsEmpty())
        << good;
  }
  for (const char* bad : {"", "127.0.0.1", "localhost:80", "::1:80", "[127.0.0.1]:80",
                          "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:80x", "[::1]", ":80"}) {
    const auto errors = testing::refused("tcp", {{"address", std::string(bad)}});
    ASSERT_EQ(errors.size(), 1u) << bad;
    EXPECT_EQ(errors[0].key, "address");
    EXPECT_EQ(errors[0].message,
              "expected an address with a port such as \"127.0.0.1:80\" or \"[::1]:80\", got \"" +
                  std::string(bad) + "\"");
  }
}

TEST(TcpSettings, TextsAreShortAndNotEmpty) {
  const std::string size = "expected a text of 1 to 4096 bytes";
  const std::string alone =
      "expected expect beside it: without an answer nothing shows that it arrived";
  const std::string longest(4096, 'x');
  const auto errors = [](Settings settings) {
    settings["address"] = "127.0.0.1:80";
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto& error : testing::refused("tcp", settings)) {
      found.emplace_back(error.key, error.message);
    }
    return found;
  };
  using Errors = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(errors({{"send", longest}, {"expect", longest}}), Errors{});
  EXPECT_EQ(errors({{"expect", ""}}), (Errors{{"expect", size}}));
  EXPECT_EQ(errors({{"expect", longest + "x"}}), (Errors{{"expect", size}}));
  EXPECT_EQ(errors({{"send", ""}, {"expect", "x"}}), (Errors{{"send", size}}));
  EXPECT_EQ(errors({{"send", longest + "x"}, {"expect", "x"}}), (Errors{{"send", size}}));
  EXPECT_EQ(errors({{"send", "x"}}), (Errors{{"send", alone}}));
}

TEST(TcpSettings, SayWhereAProbeConnectsTo) {
  const Settings given{{"address", "127.0.0.1:80"}};
  EXPECT_EQ(testing::prepared("tcp", given).target->to_string(), "127.0.0.1:80");
  const Settings aimed =
      testing::schema_of("tcp").retarget(given, *IpAddress::parse("2001:db8::10"));
  EXPECT_EQ(testing::prepared("tcp", aimed).target->to_string(), "[2001:db8::10]:80");
}

}  // namespace
}  // namespace vipherd::probe::tcp
