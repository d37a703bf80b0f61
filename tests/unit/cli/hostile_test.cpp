// Whatever an endpoint, a file or a command line contains: nothing reaches the terminal that would
// command it.
#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "unit/cli/run_command.hpp"
#include "unit/temporary_directory.hpp"
#include "vipherd/base/printable.hpp"
#include "vipherd/wire/json/control.hpp"
#include "vipherd/wire/json/status.hpp"

namespace vipherd::cli {
namespace {

using boost::asio::local::stream_protocol;

/// Clears the screen, sets the title, goes back, reorders, and is no UTF-8; then another line.
const std::string kHostile =
    "\x1b[2J\x1b]0;title\x07\x9b"
    "31m\xc2\x9b"
    "31m\r\b\x7f\u202e\u2066\xff\xc3\nvipherd: forged";

bool is_clean(const std::string& text) {
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if ((byte < 0x20 && letter != '\n') || byte == 0x7f) return false;
  }
  return printable_lines(text) == text;
}

void expect_clean(const Outcome& outcome, const std::vector<std::string>& words) {
  EXPECT_TRUE(is_clean(outcome.out)) << testing::PrintToString(words);
  EXPECT_TRUE(is_clean(outcome.err)) << testing::PrintToString(words);
  EXPECT_THAT(outcome.out + outcome.err, testing::Not(testing::HasSubstr("\nvipherd: forged")))
      << testing::PrintToString(words);
}

/// Answers every request with the same bytes.
class HostileEndpoint {
 public:
  explicit HostileEndpoint(const std::string& path)
      : acceptor_(io_, stream_protocol::endpoint(path)) {
    thread_ = std::thread([this] { serve(); });
  }
  ~HostileEndpoint() {
    done_ = true;
    boost::system::error_code ignored;
    stream_protocol::socket last(io_);
    last.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  void answer(std::string bytes) { bytes_ = std::move(bytes); }
  void answer(unsigned status, const std::string& body) {
    answer("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body);
  }

 private:
  void serve() {
    while (!done_) {
      boost::system::error_code error;
      stream_protocol::socket client(io_);
      acceptor_.accept(client, error);
      boost::asio::streambuf request;
      if (!error && !done_) boost::asio::read_until(client, request, "\r\n\r\n", error);
      if (!error && !done_) boost::asio::write(client, boost::asio::buffer(bytes_), error);
    }
  }

  boost::asio::io_context io_;
  stream_protocol::acceptor acceptor_;
  std::atomic<bool> done_ = false;
  std::string bytes_;  ///< changes only between commands
  std::thread thread_;
};

model::Status hostile_status() {
  const auto explain = [](auto&... facts) {
    ((facts.since = WallTime(std::chrono::seconds(1)), facts.reason = kHostile), ...);
  };
  model::Status status;
  status.node = status.version = kHostile;
  status.now = WallTime(std::chrono::seconds(60));
  explain(status.agent, status.zebra, status.config);
  status.problems = {{model::Severity::problem, kHostile}, {model::Severity::notice, kHostile}};
  model::ServiceStatus service;
  service.name = "web";
  explain(service.health);
  model::CheckStatus check;
  check.name = check.type = kHostile;
  explain(check.health);
  check.last = model::CheckStatus::Last{
      false, kHostile, {}, WallTime(std::chrono::hours(1'000'000)), kHostile};
  service.checks = {check};
  service.watches = {{model::WatchKind::unit, kHostile, kHostile, {}}};
  explain(service.watches[0].state);
  service.vips = {"10.10.10.10"};
  status.services = {service, service};
  status.services[1].name = kHostile;
  model::VipStatus vip;
  vip.vip = "10.10.10.10";
  vip.service = "web";
  explain(vip.attached, vip.announced, vip.reach);
  vip.drain = model::DrainStatus{{}, 5};
  explain(vip.drain->step);
  vip.daemons = {
      {kHostile, WallTime(std::chrono::seconds(1)), model::Reach{true, {kHostile}, 1, kHostile}},
      {kHostile, WallTime(std::chrono::seconds(1)), fail(kHostile)}};
  status.vips = {vip, vip};
  status.vips[1].vip = status.vips[1].service = kHostile;
  return status;
}

const std::vector<std::vector<std::string>> kAsking{{"status"},
                                                    {"status", "--json"},
                                                    {"probe"},
                                                    {"probe", "web", "--wait", "0"},
                                                    {"disable", "web"},
                                                    {"enable", "web"},
                                                    {"clear-damping", "web"},
                                                    {"drain"},
                                                    {"drain", "web", "--wait", "--limit", "0"},
                                                    {"resume", "10.10.10.10"},
                                                    {"weight", "30"},
                                                    {"explain", "10.10.10.10"}};

TEST(HostileAnswers, DoNotReachTheTerminal) {
  const test::TemporaryDirectory folder;
  const std::string socket = folder.path("control.sock");
  HostileEndpoint endpoint(socket);
  const auto ask_all = [&](const auto& commands) {
    for (std::vector<std::string> words : commands) {
      words.insert(words.end(), {"--socket", socket});
      expect_clean(run(words), words);
    }
  };
  endpoint.answer(kHostile);
  ask_all(kAsking);
  endpoint.answer("HTTP/1.1 200 " + kHostile + "\r\n" + kHostile + ": x\r\n\r\n" + kHostile);
  ask_all(kAsking);
  endpoint.answer(200, kHostile);
  ask_all(kAsking);
  endpoint.answer(500, wire::encode_error(kHostile));
  ask_all(kAsking);
  endpoint.answer(404, "{\"error\":\"raw \u202e\xc2\x9b\x7f\"}");
  ask_all(kAsking);
  endpoint.answer(200, wire::encode_status(hostile_status()));
  ask_all(kAsking);
  EXPECT_THAT(run({"status", "--socket", socket}).out, testing::HasSubstr("]0;title"));
  // Strings of JSON may hold what is no control character of ASCII as it is.
  endpoint.answer(200, "{\"node\":\"\u202e\xc2\x9b\x7f\",\r\"x\":[\t\"\U000e0041\"]}\n");
  ask_all(std::vector<std::vector<std::string>>{{"status"}, {"status", "--json"}});
  for (const auto& [words, command, scope] :
       std::vector<std::tuple<std::vector<std::string>, std::string, model::Scope>>{
           {{"drain"}, "drain", model::scope::Node{}},
           {{"drain"}, kHostile, model::scope::Service{kHostile}},
           {{"disable", "web"}, "disable", model::scope::Service{"web"}},
           {{"weight", "30"}, "weight", model::scope::Node{}},
           {{"resume", "10.10.10.10"}, "resume", model::scope::Service{kHostile}}}) {
    wire::Reached reached{command, scope, 30, {kHostile}, {kHostile}};
    reached.warning = kHostile;
    endpoint.answer(200, wire::encode_reached(reached));
    ask_all(std::vector<std::vector<std::string>>(1, words));
  }
}

TEST(HostileFiles, DoNotReachTheTerminal) {
  const test::TemporaryDirectory folder;
  const std::string path = folder.write("v.toml",
                                        "[node]\nname = \""
                                        "\\u001b\\u202e\"\n[\"\\u001b[2J\\n\"]\n");
  folder.write("conf.d/\x1b[2J\xc2\x9b\nvipherd: forged.toml",
               "\"\\u009b\" = \"\\u202e\"\n[broken\x1b\n");
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"check-config", "--config", path},
                                             {"check-config", "--config", path + kHostile},
                                             {"run", "--config", path},
                                             {"run", "--config", path + kHostile}}) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_NE(outcome.err, "");
    expect_clean(outcome, words);
  }
}

TEST(HostileArguments, DoNotReachTheTerminal) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{kHostile},
                                             {"--" + kHostile},
                                             {"drain", kHostile},
                                             {"disable", kHostile},
                                             {"weight", kHostile},
                                             {"explain", kHostile},
                                             {"drain", "--limit", kHostile},
                                             {"run", "--log-level", kHostile},
                                             {"status", "--socket", "/nonexistent/" + kHostile},
                                             {"status", "--url", kHostile},
                                             {"status", "--" + kHostile, "x"},
                                             {"hand-over", "--socket", kHostile}}) {
    const Outcome outcome = run(words);
    EXPECT_NE(outcome.code, 0);
    expect_clean(outcome, words);
  }
}

}  // namespace
}  // namespace vipherd::cli
