// The commands that talk to an agent, over a real control socket served by a thread that plays
// the agent.
#include "vipherd/wire/json/control.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <future>
#include <mutex>
#include <thread>

#include "unit/cli/run_command.hpp"
#include "unit/temporary_directory.hpp"
#include "vipherd/api/routes.hpp"
#include "vipherd/api/server.hpp"
#include "vipherd/wire/json/status.hpp"

namespace vipherd::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ControlTest : public testing::Test {
 protected:
  ControlTest() {
    status_.node = "lb1";
    status_.agent.state = model::Phase::running;
    status_.zebra.state = model::ZebraConnection::connected;
    status_.config.state = model::ConfigState::applied;
    status_.services.resize(1);
    status_.services[0].name = "web";
    status_.services[0].health.state = model::ServiceHealth::up;
    status_.services[0].checks.resize(1);
    status_.services[0].checks[0].name = "http";
    status_.vips.resize(1);
    status_.vips[0].vip = "10.10.10.10";
    status_.vips[0].service = "web";
    status_.vips[0].announced.state = model::RouteStep::announced;
    std::promise<bool> listening;
    agent_ = std::thread([&] {
      api::Server server(io_, [this](const api::Request& request, const api::Reply& reply) {
        reply(answer(request));
      });
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
    if (request.path == "/v1/status")
      return {200, "application/json", wire::encode_status(status_)};
    if (request.path.find("nobody") != std::string_view::npos) {
      return {404, "application/json", wire::encode_error("there is no service \"nobody\"")};
    }
    if (request.path.ends_with("/probe")) {
      status_.services[0].checks[0].last =
          model::CheckStatus::Last{probe_passes_, "status 200", std::chrono::milliseconds(1),
                                   std::chrono::system_clock::now() + std::chrono::milliseconds(1)};
    }
    return {200, "application/json", wire::encode_reached(understood(request))};
  }

  /// As the agent would have it, unless the test wants another answer.
  wire::Reached understood(const api::Request& request) const {
    if (answer_) return *answer_;
    const auto meant = std::get<model::Command>(std::get<api::Call>(api::understand(request)));
    wire::Reached all;
    all.command = name_of(meant);
    all.scope = scope_of(meant);
    all.services = {"web"};
    all.vips = {"10.10.10.10"};
    const auto* weight = std::get_if<model::command::Weight>(&meant);
    if (weight != nullptr) all.percent = weight->percent.value_or(0);
    all.persisted = persisted_;
    all.warning = warning_;
    return all;
  }

  const test::TemporaryDirectory folder_;
  const std::string socket_ = folder_.path("control.sock");
  boost::asio::io_context io_;
  std::mutex mutex_;
  std::vector<std::string> requests_;  ///< each once
  model::Status status_;
  bool probe_passes_ = true;
  wire::Persisted persisted_ = wire::Persisted::yes;
  std::string warning_;
  std::optional<wire::Reached> answer_;
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

TEST_F(ControlTest, DrainsTheNodeAServiceOrAVip) {
  for (const auto& [target, path] : {std::pair("", "/v1/drain"),
                                     {"web", "/v1/services/web/drain"},
                                     {"10.10.10.10", "/v1/vips/10.10.10.10/drain"}}) {
    requests_.clear();
    std::vector<std::string> words{"drain", "--socket", socket_};
    if (*target != 0) words.emplace_back(target);
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("is being drained (1 VIP)\n"));
    EXPECT_THAT(requests_, ElementsAre(std::string("POST ") + path));
  }
  requests_.clear();
  EXPECT_EQ(run({"drain", "--force", "--socket", socket_}).code, 0);
  EXPECT_EQ(run({"resume", "web", "--socket", socket_}).code, 0);
  EXPECT_EQ(run({"weight", "30", "--socket", socket_}).code, 0);
  EXPECT_EQ(run({"weight", "0", "web", "--socket", socket_}).code, 0);
  EXPECT_THAT(requests_,
              ElementsAre("POST /v1/drain?force=1", "POST /v1/services/web/resume",
                          "POST /v1/weight?percent=30", "POST /v1/services/web/weight?percent=0"));
  EXPECT_EQ(run({"weight", "101", "--socket", socket_}).code, 2);
}

TEST_F(ControlTest, WaitsUntilAllIsDrained) {
  status_.vips[0].drain =
      model::DrainStatus{{model::DrainStep::drained, {}, "the operator drains it"}, {}};
  const Outcome outcome = run({"drain", "--wait", "--socket", socket_});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("\n1 drained\n"));
  status_.vips[0].drain->step.state = model::DrainStep::leaving;
  status_.vips[0].drain->connections = 3;
  const Outcome late = run({"drain", "--wait", "--limit", "0", "--socket", socket_});
  EXPECT_EQ(late.code, 1);
  EXPECT_THAT(late.out, HasSubstr("1 leaving; 3 connections left\n"));
  EXPECT_EQ(late.err, "vipherd: not done within 0s\n");
}

TEST_F(ControlTest, WaitsForTheOtherCommandsInTheSameForm) {
  status_.vips[0].announced.state = model::RouteStep::withdrawing;
  const Outcome early = run({"disable", "web", "--wait", "--timeout", "0", "--socket", socket_});
  EXPECT_EQ(early.code, 1);
  EXPECT_THAT(early.out, HasSubstr("\n1 withdrawing\n"));
  status_.vips[0].announced.state = model::RouteStep::withdrawn;
  status_.vips[0].wanted = true;
  EXPECT_EQ(run({"disable", "web", "--wait", "--socket", socket_}).code, 0);
  EXPECT_EQ(run({"enable", "web", "--wait", "--timeout", "10ms", "--socket", socket_}).code, 1);
  status_.vips[0].announced.state = model::RouteStep::announced;
  EXPECT_EQ(run({"enable", "web", "--wait", "--socket", socket_}).code, 0);
  EXPECT_EQ(run({"clear-damping", "web", "--wait", "--socket", socket_}).code, 2);
}

TEST_F(ControlTest, OffersTheAgentsNamesToShells) {
  const auto offered = [&](const std::string& command, const std::string& typed) {
    return run({"complete", "--", command, "--socket", socket_, typed}).out;
  };
  EXPECT_EQ(offered("drain", ""), "10.10.10.10\nweb\n");
  EXPECT_EQ(offered("drain", "w"), "web\n");
  EXPECT_EQ(offered("explain", "10.1"), "10.10.10.10\n");
  EXPECT_EQ(offered("disable", ""), "web\n");
  EXPECT_EQ(run({"complete", "--", "weight", "30", "--socket", socket_, ""}).out, "web\n");
  EXPECT_EQ(run({"complete", "--", "drain", "web", "--socket", socket_, ""}).out, "");
}

TEST_F(ControlTest, TellsWhetherTheFilesAreWhatTheAgentApplied) {
  const std::string path = folder_.write("v.toml", R"([vips]
pool = ["10.10.10.0/24"]
[api]
control_socket = ")" + socket_ + R"("
[services.web]
vips = ["10.10.10.10"]
checks.tcp = {type = "tcp", address = "127.0.0.1:1"}
)");
  const auto now = std::chrono::system_clock::now();
  status_.now = now;
  status_.config.since = now + std::chrono::seconds(1);
  const Outcome same = run({"config", "--config", path});
  EXPECT_EQ(same.code, 0) << same.err;
  EXPECT_THAT(same.out, testing::StartsWith("# What these files say, not what a running agent was "
                                            "told:\n#   " +
                                            path + "\n# no file has changed since the running"));
  EXPECT_THAT(same.out, testing::Not(HasSubstr("# default")));
  status_.config.since = now - std::chrono::hours(1);
  EXPECT_THAT(run({"config", "--effective", "--config", path}).out,
              testing::AllOf(HasSubstr("# " + path +
                                       " has changed since the running agent applied "
                                       "its configuration, 1h00m ago: reload it"),
                             HasSubstr("# default")));
  status_.config.state = model::ConfigState::rejected;
  EXPECT_THAT(
      run({"config", "--json", "--config", path}).out,
      testing::AllOf(HasSubstr("rejected its last reload"),
                     HasSubstr(R"({"key":"vips.pool","toml":"[\"10.10.10.0/24\"]","from":")" +
                               path + R"(:2","note":""})")));
  EXPECT_EQ(run({"config", "--config", folder_.write("w.toml", "[vip]\n")}).code, 2);
}

TEST_F(ControlTest, TakesTheOldFormsOfWaiting) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"probe", "web", "--wait", "2"},
                                             {"probe", "--wait", "2", "web"},
                                             {"probe", "--wait", "web"},
                                             {"probe", "web", "--wait"},
                                             {"probe", "web", "--timeout", "2s"}}) {
    requests_.clear();
    std::vector<std::string> arguments(words);
    arguments.insert(arguments.end(), {"--socket", socket_});
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << testing::PrintToString(words) << outcome.err;
    EXPECT_THAT(requests_, testing::Contains("POST /v1/services/web/probe"));
  }
}

TEST_F(ControlTest, AnswersProgramsInJson) {
  const std::string answer =
      R"("scope":{"service":"web"},"services":["web"],"vips":["10.10.10.10"]})"
      "\n";
  for (const std::string word : {"drain", "resume", "disable", "enable", "clear-damping"}) {
    const Outcome outcome = run({word, "web", "--json", "--socket", socket_});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, testing::StartsWith(R"({"command":")" + word + "\""));
    EXPECT_THAT(outcome.out, testing::EndsWith(answer));
  }
  EXPECT_THAT(run({"weight", "30", "web", "--json", "--socket", socket_}).out,
              HasSubstr(R"("percent":30)"));
  status_.vips[0].drain =
      model::DrainStatus{{model::DrainStep::drained, {}, "the operator drains it"}, {}};
  EXPECT_THAT(run({"drain", "--wait", "--json", "--socket", socket_}).out,
              testing::EndsWith(R"({"done":true,"progress":"1 drained"})"
                                "\n"));
  const Outcome probed = run({"probe", "web", "--json", "--socket", socket_});
  EXPECT_THAT(probed.out,
              testing::StartsWith(R"({"complete":true,"passed":true,"checks":)"
                                  R"([{"service":"web","advisory":false,"check":"http",)"
                                  R"("result":"pass","latency_ms":1.0,)"
                                  R"("reason":"status 200","warning":""}]})"));
  const Outcome explained = run({"explain", "10.10.10.10", "--json", "--socket", socket_});
  EXPECT_THAT(explained.out, testing::StartsWith(R"({"vip":"10.10.10.10","node":)"));
  EXPECT_THAT(explained.out, HasSubstr(R"({"link":"drain","holds":)"));
}

TEST_F(ControlTest, WarnsOfWhatWouldNotOutliveTheAgentAndHasAnExitCodeForIt) {
  persisted_ = wire::Persisted::no;
  warning_ = "will not outlive";
  status_.vips[0].drain =
      model::DrainStatus{{model::DrainStep::drained, {}, "the operator drains it"}, {}};
  for (const std::vector<std::string>& words : {std::vector<std::string>{"drain", "web"},
                                                {"drain", "--wait"},
                                                {"resume"},
                                                {"disable", "web"},
                                                {"enable", "web"},
                                                {"weight", "30"}}) {
    std::vector<std::string> all(words);
    all.insert(all.end(), {"--socket", socket_});
    const Outcome outcome = run(all);
    EXPECT_EQ(outcome.code, 3) << words[0];
    EXPECT_EQ(outcome.err, "vipherd: will not outlive\n");
    EXPECT_NE(outcome.out, "") << "it was done";
  }
}

TEST_F(ControlTest, TellsWhatTheAgentDidAndNotWhatWasTyped) {
  answer_ = wire::Reached{"drain", model::scope::Service{"web"}};
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"disable", "web"},
                                             {"drain", "dns"},
                                             {"drain"},
                                             {"weight", "30", "web"},
                                             {"probe", "web"}}) {
    std::vector<std::string> arguments = words;
    arguments.insert(arguments.end(), {"--socket", socket_});
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 1) << words[0];
    EXPECT_EQ(outcome.out, "") << words[0];
    EXPECT_THAT(outcome.err, HasSubstr("the agent did \"drain\" of service web\n")) << words[0];
  }
}

TEST_F(ControlTest, SendsNoNameThatIsNone) {
  for (const std::string name :
       {"", "web/drain?force=1#", "web%2Fdrain", "..", ".", "we b", "w\xc3\xa9", "web\n"}) {
    for (const std::string word :
         {"disable", "enable", "clear-damping", "drain", "resume", "probe", "weight"}) {
      std::vector<std::string> arguments{word, "--socket", socket_};
      if (word == "weight") arguments.emplace_back("30");
      arguments.push_back(name);
      const Outcome outcome = run(arguments);
      EXPECT_EQ(outcome.code, 2) << word << " " << name;
      EXPECT_EQ(outcome.out, "");
      EXPECT_THAT(outcome.err, HasSubstr("expected")) << word << " " << name;
    }
  }
  EXPECT_THAT(requests_, ElementsAre());
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
  EXPECT_THAT(requests_, ElementsAre("POST /v1/services/web/probe", "GET /v1/status"));
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
    EXPECT_THAT(outcome.err,
                HasSubstr(" on " + socket + ": No such file or directory: no agent runs, or "));
  }
  EXPECT_THAT(run({"status", "--socket", file}).err,
              HasSubstr("vipherd: no agent answers: GET /v1/status on " + file +
                        ": Connection refused: its agent runs no more\n"));
}

}  // namespace
}  // namespace vipherd::cli
