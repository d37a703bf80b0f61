#include <gtest/gtest.h>

#include <map>

#include "core/status_view.hpp"
#include "unit/core/script.hpp"

namespace vipherd::core {
namespace {

using namespace model;

const WatchId kConnection{"web", "http", WatchKind::connection};
const WatchId kUnit{"web", "", WatchKind::unit};
const WatchId kProcess{"web", "", WatchKind::pid_file};

Config watched() {
  Config config = one_service(1, 2);
  config.services[0].watch.unit = "nginx.service";
  config.services[0].watch.pid_file = "/run/nginx.pid";
  config.services[0].checks[0].watch_connections = {{"127.0.0.1:80", "HEAD /"}};
  return config;
}

std::vector<WatchId> started(const Actions& actions) {
  std::vector<WatchId> ids;
  for (const Action& action : actions) {
    if (const auto* start = std::get_if<action::StartWatch>(&action)) ids.push_back(start->watch);
  }
  return ids;
}

Actions fire(Script& script, const WatchId& id, WatchStep then = WatchStep::ended,
             bool news = true) {
  return script.feed(
      event::WatchFired{id, script.state().watches.at(id).generation, "it changed", then, news});
}

/// What every probe finds from now on, and when they start.
std::vector<Duration> probe_for(Script& script, Duration duration, bool pass) {
  std::vector<Duration> moments;
  const TimePoint begin = script.now();
  while (script.now() - begin < duration) {
    if (count<action::StartProbe>(script.wait(1ms)) == 0) continue;
    moments.push_back(script.now() - begin);
    script.probe(pass);
  }
  return moments;
}

TEST(Watches, BeginWhenThereIsSomethingToWatch) {
  Config config = watched();
  Script script(one_service());
  script.probe(true);
  EXPECT_EQ(started(script.apply(config)), (std::vector<WatchId>{kUnit, kProcess}))
      << "their start is something, too";
  EXPECT_TRUE(started(script.probe(false)).empty());
  script.wait(1s);
  EXPECT_EQ(started(script.probe(true)), std::vector<WatchId>{kConnection});
  script.wait(1s);
  EXPECT_TRUE(started(script.probe(true)).empty()) << "they are on";
}

TEST(Watches, ProbeAtOnceAndDecideNothing) {
  Script script(watched());
  script.probe(true);
  script.wait(500ms);
  const Actions actions = fire(script, kConnection);
  EXPECT_EQ(count<action::StartProbe>(actions), 1U);
  EXPECT_EQ(script.state().services.at("web").health, CheckHealth::up);
  EXPECT_EQ(count<action::StartProbe>(fire(script, kProcess)), 0U) << "one is in flight";
  EXPECT_EQ(count<action::StartProbe>(script.probe(true)), 1U) << "which may have been too early";
}

TEST(Watches, CauseMoreProbesUntilTheUsualPace) {
  Config config = watched();
  config.services[0].checks[0].interval = 60s;
  Script script(config);
  script.probe(true);
  script.wait(10s);
  fire(script, kProcess, WatchStep::awaiting_start);
  // The first process is gone, another one still answers.
  script.probe(true);
  EXPECT_EQ(probe_for(script, 2s, true),
            (std::vector<Duration>{5ms, 10ms, 20ms, 40ms, 80ms, 160ms, 320ms}));
}

TEST(Watches, FindAServiceThatListensALittleLaterThanItStarts) {
  Config config = watched();
  config.services[0].checks[0].interval = 60s;
  config.services[0].checks[0].down_interval = 60s;
  Script script(config);
  script.probe(false);
  script.wait(10s);
  const Actions actions = fire(script, kProcess, WatchStep::watching);
  EXPECT_EQ(count<action::StartProbe>(actions), 1U);
  script.probe(false);
  EXPECT_EQ(probe_for(script, 10s, false),
            (std::vector<Duration>{5ms, 10ms, 20ms, 40ms, 80ms, 160ms, 320ms, 640ms, 1280ms}));
  EXPECT_EQ(script.state().services.at("web").health, CheckHealth::down);
  fire(script, kUnit, WatchStep::watching);
  script.probe(false);
  script.wait(5ms);
  script.probe(true);
  EXPECT_EQ(script.state().services.at("web").health, CheckHealth::up);
}

TEST(Watches, LeaveRiseAndItsPaceAlone) {
  Config config = watched();
  config.services[0].checks[0].rise = 3;
  Script script(config);
  script.probe(false);
  script.wait(500ms);
  fire(script, kProcess, WatchStep::watching);
  script.probe(true);
  EXPECT_EQ(probe_for(script, 400ms, true), (std::vector<Duration>{200ms, 400ms}))
      << "fast_interval";
  EXPECT_EQ(script.state().services.at("web").health, CheckHealth::up);
}

TEST(Watches, ThatFindNothingAtFirstAreNoReasonToProbeWhatIsDown) {
  Script script(watched());
  EXPECT_EQ(count<action::StartProbe>(fire(script, kProcess, WatchStep::awaiting_start, false)),
            0U);
  EXPECT_EQ(count<action::StartProbe>(script.probe(false)), 0U) << "none follows the first";
  script.wait(100ms);
  EXPECT_EQ(count<action::StartProbe>(fire(script, kUnit, WatchStep::awaiting_start, false)), 0U);
}

TEST(Watches, ThatFindNothingAtFirstAreAReasonToProbeWhatIsUp) {
  Script script(watched());
  script.probe(true);
  script.wait(100ms);
  EXPECT_EQ(count<action::StartProbe>(fire(script, kProcess, WatchStep::awaiting_start, false)),
            1U);
}

TEST(Watches, OfAProcessWhoseStartWasNotSeenBeginAgainWhenAProbePasses) {
  Script script(watched());
  script.probe(true);
  script.wait(2s);
  script.probe(true);
  fire(script, kProcess, WatchStep::awaiting_start);
  EXPECT_TRUE(started(script.probe(false)).empty());
  script.wait(5s);
  EXPECT_EQ(started(script.probe(true)), std::vector<WatchId>{kProcess});
  EXPECT_EQ(script.state().watches.at(kProcess).step, WatchStep::watching);
}

TEST(Watches, OfAFileThatNamesNobodyAreTriedLessAndLess) {
  Script script(watched());
  script.probe(true);
  std::size_t tries = 0;
  fire(script, kProcess, WatchStep::awaiting_start, false);
  script.probe(true);
  for (int seconds = 0; seconds < 100; ++seconds) {
    script.wait(1s);
    for (const WatchId& id : started(script.probe(true))) {
      if (id != kProcess) continue;
      ++tries;
      fire(script, kProcess, WatchStep::awaiting_start, false);
      script.probe(true);
    }
  }
  EXPECT_LE(tries, 12U);
  EXPECT_GE(tries, 5U);
}

TEST(Watches, OfWhatStartsAndEndsWithoutPauseCauseNoStorm) {
  Script script(watched());
  script.probe(false);
  std::size_t probes = 0;
  for (int round = 0; round < 10'000; ++round) {
    const auto then = round % 2 == 0 ? WatchStep::watching : WatchStep::awaiting_start;
    const Actions actions = fire(script, kProcess, then);
    const Actions more = script.wait(1ms);
    const std::size_t each = count<action::StartProbe>(actions) + count<action::StartProbe>(more);
    probes += each;
    if (each > 0) probes += count<action::StartProbe>(script.probe(false));
  }
  EXPECT_GE(probes, 50U) << "five a second at least: the newest is not forgotten";
  EXPECT_LE(probes, 500U);
  script.wait(2s);
  script.probe(false);
  script.wait(10s);
  script.probe(false);
  EXPECT_EQ(count<action::StartProbe>(fire(script, kProcess, WatchStep::watching)), 1U)
      << "after some quiet it is at once again";
}

TEST(Watches, SayWhatTheyWaitFor) {
  Script script(watched());
  script.probe(true);
  fire(script, kProcess, WatchStep::awaiting_start);
  fire(script, kConnection);
  using Told = std::pair<WatchStep, std::string>;
  std::map<WatchKind, Told> states;
  const Status status = make_status(script.state(), script.now(), {});
  for (const WatchStatus& watch : status.services.at(0).watches) {
    states[watch.kind] = {watch.state.state, watch.state.reason};
  }
  EXPECT_EQ(states, (std::map<WatchKind, Told>{
                        {WatchKind::connection, {WatchStep::ended, "it changed"}},
                        {WatchKind::pid_file, {WatchStep::awaiting_start, "it changed"}},
                        {WatchKind::unit, {WatchStep::watching, ""}}}));
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
  EXPECT_EQ(count<action::StartProbe>(fire(script, kUnit, WatchStep::watching)), 1U)
      << "it may be back";
  script.probe(true);
  EXPECT_EQ(script.state().services.at("web").health, CheckHealth::up);
  script.wait(3s);
  fire(script, kUnit);
  EXPECT_EQ(started(script.probe(false)), std::vector<WatchId>{kUnit}) << "the bus was lost";
}

TEST(Watches, AConnectionIsHeldToTheFirstVipThatIsNotRefused) {
  Config config = one_service();
  config.services[0].vips.push_back(vip("10.10.10.11"));
  CheckConfig& check = config.services[0].checks[0];
  config.services[0].attach = AttachPolicy::always;
  check.vip_targets.resize(2);
  check.needed_vips = config.services[0].vips;
  check.watch_connections = {{"10.10.10.10:80"}, {"10.10.10.11:80"}};
  const auto watched_now = [](const Script& script) -> std::string {
    const auto found = script.state().watches.find(kConnection);
    return found == script.state().watches.end() ? "" : found->second.target.what;
  };
  const auto gateway = [](const char* address) {
    return Neighbourhood{Neighbourhood::Kind::gateway, {vip(address), 32}, "eth0", ""};
  };
  Script script(config);
  EXPECT_EQ(watched_now(script), "10.10.10.10:80");
  script.feed(event::SurroundingsRead{{gateway("10.10.10.10")}});
  EXPECT_EQ(watched_now(script), "10.10.10.11:80");
  script.feed(event::SurroundingsRead{{gateway("10.10.10.10"), gateway("10.10.10.11")}});
  EXPECT_EQ(watched_now(script), "");
  script.apply(config);
  EXPECT_EQ(watched_now(script), "") << "a reload makes no VIP of it";
  script.feed(event::SurroundingsRead{{gateway("10.10.10.11")}});
  EXPECT_EQ(watched_now(script), "10.10.10.10:80");
}

TEST(Watches, AnswersOfOldOnesAreIgnored) {
  Script script(watched());
  script.probe(true);
  script.wait(500ms);
  const std::uint64_t generation = script.state().watches.at(kConnection).generation;
  EXPECT_TRUE(script.feed(event::WatchFired{kConnection, generation - 1, "late"}).empty());
  EXPECT_TRUE(
      script.feed(event::WatchFired{{"web", "other", WatchKind::connection}, 1, ""}).empty());
  EXPECT_TRUE(script.state().watches.at(kConnection).is_on());
}

TEST(Watches, EndWithTheConfigurationAndTheAgent) {
  Script script(watched());
  script.probe(true);
  Config config = watched();
  config.services[0].watch.pid_file.clear();
  config.services[0].checks[0].watch_connections = {{"127.0.0.1:81", "HEAD /"}};
  const Actions reloaded = script.apply(config);
  EXPECT_EQ(count<action::StopWatch>(reloaded), 2U);
  EXPECT_TRUE(script.state().watches.at(kUnit).is_on()) << "unchanged";
  EXPECT_FALSE(script.state().watches.at(kConnection).is_on());
  script.snapshot();
  EXPECT_EQ(count<action::StopWatch>(script.feed(event::ShutdownRequested{"SIGTERM"})), 1U);
  EXPECT_TRUE(script.state().watches.empty());
}

}  // namespace
}  // namespace vipherd::core
