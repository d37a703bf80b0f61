#include <gtest/gtest.h>

#include "unit/core/script.hpp"

namespace vipherd::core {
namespace {

using namespace model;

const WatchId kConnection{"web", "http", WatchKind::connection};
const WatchId kUnit{"web", "", WatchKind::unit};
const WatchId kProcess{"web", "", WatchKind::pid_file};

Config watched() {
  Config config = one_service(1, 2);
  config.services[0].watch_unit = "nginx.service";
  config.services[0].watch_pid_file = "/run/nginx.pid";
  config.services[0].checks[0].watch_connection = {"127.0.0.1:80", "HEAD /"};
  return config;
}

std::vector<WatchId> started(const Actions& actions) {
  std::vector<WatchId> ids;
  for (const Action& action : actions) {
    if (const auto* start = std::get_if<action::StartWatch>(&action)) ids.push_back(start->watch);
  }
  return ids;
}

Actions fire(Script& script, const WatchId& id, bool ended = true) {
  return script.feed(
      event::WatchFired{id, script.state().watches.at(id).generation, "it ended", ended});
}

TEST(Watches, BeginWhenThereIsSomethingToWatch) {
  Config config = watched();
  Script script(one_service());
  script.probe(true);
  EXPECT_EQ(started(script.apply(config)), std::vector<WatchId>{kUnit});
  EXPECT_TRUE(started(script.probe(false)).empty());
  script.wait(1s);
  EXPECT_EQ(started(script.probe(true)), (std::vector<WatchId>{kConnection, kProcess}));
  script.wait(1s);
  EXPECT_TRUE(started(script.probe(true)).empty()) << "they are on";
}

TEST(Watches, ProbeAtOnceAndDecideNothing) {
  Script script(watched());
  script.probe(true);
  script.wait(500ms);
  const Actions actions = fire(script, kConnection);
  EXPECT_EQ(count<action::StartProbe>(actions), 1U);
  EXPECT_EQ(script.state().services.at("web").verdict, Verdict::up);
  EXPECT_EQ(count<action::StartProbe>(fire(script, kProcess)), 0U) << "one is in flight";
  EXPECT_EQ(count<action::StartProbe>(script.probe(true)), 1U) << "which may have been too early";
}

TEST(Watches, CauseMoreProbesUntilTheUsualPace) {
  Config config = watched();
  config.services[0].checks[0].interval = 60s;
  Script script(config);
  script.probe(true);
  script.wait(10s);
  fire(script, kProcess);
  // The first process is gone, another one still answers.
  std::vector<Duration> moments;
  const TimePoint begin = script.now();
  script.probe(true);
  while (script.now() - begin < 2s) {
    if (count<action::StartProbe>(script.wait(1ms)) == 0) continue;
    moments.push_back(script.now() - begin);
    script.probe(true);
  }
  EXPECT_EQ(moments, (std::vector<Duration>{5ms, 10ms, 20ms, 40ms, 80ms, 160ms, 320ms}));
}

TEST(Watches, LeaveTheOperatorsPatienceAlone) {
  Config config = watched();
  config.services[0].checks[0].fall = 3;
  Script script(config);
  script.probe(true);
  script.wait(500ms);
  fire(script, kProcess);
  script.probe(false);
  EXPECT_EQ(count<action::StartProbe>(script.wait(199ms)), 0U) << "fast_interval";
  EXPECT_EQ(count<action::StartProbe>(script.wait(1ms)), 1U);
}

TEST(Watches, ThatEndedBeginAgainWithAProbeThatPasses) {
  Script script(watched());
  script.probe(true);
  script.wait(2s);
  script.probe(true);
  script.wait(500ms);
  fire(script, kConnection);
  EXPECT_TRUE(started(script.probe(false)).empty());
  script.wait(1s);
  EXPECT_EQ(started(script.probe(true)), std::vector<WatchId>{kConnection});
}

TEST(Watches, ThatEndAtOnceAreTriedLessAndLess) {
  Script script(watched());
  script.probe(true);
  fire(script, kConnection);
  script.probe(true);
  std::size_t tries = 0;
  std::size_t probes = 0;
  for (int seconds = 0; seconds < 100; ++seconds) {
    for (const Action& action : script.wait(1s)) {
      probes += std::holds_alternative<action::StartProbe>(action) ? 1 : 0;
    }
    for (const WatchId& id : started(script.probe(true))) {
      if (id != kConnection) continue;
      ++tries;
      probes += count<action::StartProbe>(fire(script, kConnection));
      script.probe(true);
    }
  }
  EXPECT_LE(tries, 12U);
  EXPECT_GE(tries, 5U);
  EXPECT_LE(probes, 100 + 10 * tries);
}

TEST(Watches, AUnitGoesOnWhileTheServiceIsDown) {
  Script script(watched());
  script.probe(false);
  script.wait(500ms);
  EXPECT_EQ(count<action::StartProbe>(fire(script, kUnit, false)), 1U) << "it may be back";
  script.probe(true);
  EXPECT_EQ(script.state().services.at("web").verdict, Verdict::up);
  script.wait(3s);
  fire(script, kUnit);
  EXPECT_EQ(started(script.probe(false)), std::vector<WatchId>{kUnit}) << "the bus was lost";
}

TEST(Watches, AnswersOfOldOnesAreIgnored) {
  Script script(watched());
  script.probe(true);
  script.wait(500ms);
  const std::uint64_t generation = script.state().watches.at(kConnection).generation;
  EXPECT_TRUE(script.feed(event::WatchFired{kConnection, generation - 1, "late", true}).empty());
  EXPECT_TRUE(script.feed(event::WatchFired{{"web", "other", WatchKind::connection}, 1, "", true})
                  .empty());
  EXPECT_TRUE(script.state().watches.at(kConnection).on);
}

TEST(Watches, EndWithTheConfigurationAndTheAgent) {
  Script script(watched());
  script.probe(true);
  Config config = watched();
  config.services[0].watch_pid_file.clear();
  config.services[0].checks[0].watch_connection = {"127.0.0.1:81", "HEAD /"};
  const Actions reloaded = script.apply(config);
  EXPECT_EQ(count<action::StopWatch>(reloaded), 2U);
  EXPECT_TRUE(script.state().watches.at(kUnit).on) << "unchanged";
  EXPECT_FALSE(script.state().watches.at(kConnection).on);
  script.snapshot();
  EXPECT_EQ(count<action::StopWatch>(script.feed(event::ShutdownRequested{"SIGTERM"})), 1U);
  EXPECT_TRUE(script.state().watches.empty());
}

}  // namespace
}  // namespace vipherd::core
