// The commands that talk to an agent, over a real control socket served by a thread that plays
// the agent.
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <future>
#include <mutex>
#include <thread>

#include "unit/cli/run_command.hpp"
#include "unit/temporary_directory.hpp"
#include "vipherd/api/server.hpp"
#include "vipherd/wire/control_json.hpp"
#include "vipherd/wire/status_json.hpp"

namespace vipherd::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ControlTest : public testing::Test {
 protected:
  ControlTest() {
    status_.node = "lb1";
    status_.agent.state = "running";
    status_.zebra.state = "connected";
    status_.config.state = "applied";
    status_.services.resize(1);
    status_.services[0].name = "web";
    status_.services[0].verdict.state = "up";
    status_.services[0].checks.resize(1);
    status_.services[0].checks[0].name = "http";
    std::promise<bool> listening;
    agent_ = std::thread([&] {
      api::Server server(io_, [this](const api::Request& request) { return answer(request); });
      listening.set_value(static_cast<bool>(server.listen(socket_)));
      io_.run();
    });
    EXPECT_TRUE(listening.get_future().get());
  }
  ~ControlTest() override {
    io_.stop();
    agent_.join();
  }

  api::Response answer(const api::Request& request) {
    const std::lock_guard lock(mutex_);
    std::string line = std::string(request.method) + " " + std::string(request.path);
    if (!request.query.empty()) line += "?" + std::string(request.query);
    if (std::ranges::find(requests_, line) == requests_.end()) requests_.push_back(line);
    if (request.path == "/v1/status") return {200, "application/json", wire::encode_status(status_)};
    if (request.path.find("nobody") != std::string_view::npos) {
      return {404, "application/json", wire::encode_error("there is no service \"nobody\"")};
    }
    if (request.path == "/v1/probe") {
      status_.services[0].checks[0].last = model::CheckStatus::Last{
          probe_passes_, "status 200", std::chrono::milliseconds(1),
          std::chrono::system_clock::now() + std::chrono::milliseconds(1)};
    }
    const std::vector<std::string> services{"web"};
    return {200, "application/json", wire::encode_reached(services)};
  }

  const test::TemporaryDirectory folder_;
  const std::string socket_ = folder_.path("control.sock");
  boost::asio::io_context io_;
  std::mutex mutex_;
  std::vector<std::string> requests_;  ///< each once
  model::Status status_;
  bool probe_passes_ = true;
  std::thread agent_;
};

TEST_F(ControlTest, SendsEachCommand) {
  for (const std::string word : {"disable", "enable", "clear-damping"}) {
    requests_.clear();
    const Outcome outcome = run({word, "--socket", socket_, "web"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, testing::StartsWith("service web "));
    EXPECT_THAT(requests_, ElementsAre("POST /v1/services/web/" + word));
  }
}

TEST_F(ControlTest, TellsWhatTheAgentRefuses) {
  const Outcome outcome = run({"disable", "--socket", socket_, "nobody"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "vipherd: POST /v1/services/nobody/disable on " + socket_ +
                             ": answered 404: there is no service \"nobody\"\n");
}

TEST_F(ControlTest, ProbesAndShowsTheResults) {
  const Outcome outcome = run({"probe", "--socket", socket_});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("web/http  pass    1ms  status 200\n"));
  EXPECT_THAT(requests_, ElementsAre("POST /v1/probe", "GET /v1/status"));
}

TEST_F(ControlTest, FailsIfAProbeFails) {
  probe_passes_ = false;
  const Outcome outcome = run({"probe", "web", "--socket", socket_});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("web/http  FAIL"));
  EXPECT_THAT(requests_, ElementsAre("POST /v1/probe?service=web", "GET /v1/status"));
}

TEST_F(ControlTest, ShowsTheStatusOverTheSocket) {
  const Outcome outcome = run({"status", "--socket", socket_});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, testing::StartsWith("lb1: healthy"));
  EXPECT_EQ(run({"status", "--socket", socket_, "--json"}).out, wire::encode_status(status_));
}

TEST(Control, SaysThatNoAgentAnswers) {
  const test::TemporaryDirectory folder;
  const std::string socket = folder.path("control.sock");
  const std::string file = folder.write("file", "");
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"probe"}, {"disable", "web"}, {"enable", "web"}, {"clear-damping", "web"}}) {
    std::vector<std::string> arguments = words;
    arguments.insert(arguments.end(), {"--socket", socket});
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 1) << words[0];
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr(" on " + socket + ": No such file or directory\n"));
  }
  EXPECT_THAT(run({"status", "--socket", file}).err,
              HasSubstr("vipherd: no agent answers: GET /v1/status on " + file +
                        ": Connection refused\n"));
}

}  // namespace
}  // namespace vipherd::cli
