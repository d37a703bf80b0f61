#include <gmock/gmock.h>

#include <set>

#include "core/status_view.hpp"
#include "unit/core/script.hpp"

namespace vipherd::core {
namespace {

using namespace model;

const CheckState& check(Script& script) { return script.state().checks.at({"web", "http"}); }

TEST(Check, IsProbedAtOnceAndDecidedByItsFirstResult) {
  Script script(one_service(3, 3));
  EXPECT_TRUE(check(script).in_flight);
  EXPECT_EQ(check(script).health, CheckHealth::undecided);
  const Actions actions = script.probe(false);
  EXPECT_EQ(check(script).health, CheckHealth::down);
  EXPECT_EQ(notes(actions),
            (std::vector<std::string>{"check web/http down: connect refused",
                                      "service web down: check http: connect refused"}));
}

TEST(Check, FallsAfterFallConsecutiveFailuresOnly) {
  Script script(one_service(1, 3));
  script.probe(true);
  for (const bool pass : {false, false, true, false, false}) {
    script.wait(1s);
    EXPECT_TRUE(notes(script.probe(pass)).empty());
    EXPECT_EQ(check(script).health, CheckHealth::up);
  }
  script.wait(1s);
  script.probe(false);
  EXPECT_EQ(check(script).health, CheckHealth::down);
  EXPECT_EQ(check(script).fails, 3U);
}

TEST(Check, RisesAfterRiseConsecutivePassesOnly) {
  Script script(one_service(2, 1));
  script.probe(false);
  script.wait(1s);
  script.probe(true);
  EXPECT_EQ(check(script).health, CheckHealth::down);
  script.wait(1s);
  script.probe(true);
  EXPECT_EQ(check(script).health, CheckHealth::up);
}

TEST(Check, LooksFasterWhileAStreakIsRunning) {
  Script script(one_service(1, 2));
  script.probe(true);
  EXPECT_EQ(count<action::StartProbe>(script.wait(900ms)), 0U);
  EXPECT_EQ(count<action::StartProbe>(script.wait(100ms)), 1U);
  script.probe(false);
  EXPECT_EQ(count<action::StartProbe>(script.wait(199ms)), 0U);
  EXPECT_EQ(count<action::StartProbe>(script.wait(1ms)), 1U);
  script.probe(false);
  EXPECT_EQ(check(script).health, CheckHealth::down);
  EXPECT_EQ(count<action::StartProbe>(script.wait(799ms)), 0U) << "decided: the usual pace again";
  EXPECT_EQ(count<action::StartProbe>(script.wait(1ms)), 1U) << "at the regular moment";
}

TEST(Check, StaleRepeatedAndUnknownResultsChangeNothing) {
  Script script(one_service());
  script.probe(true);
  EXPECT_TRUE(script.probe(false).empty()) << "answered already";
  script.wait(1s);
  const std::uint64_t generation = check(script).generation;
  for (const event::ProbeFinished& stale :
       {event::ProbeFinished{{"web", "http"}, generation - 1, {false, "late", 1ms}},
        event::ProbeFinished{{"web", "http"}, generation + 1, {false, "early", 1ms}},
        event::ProbeFinished{{"web", "other"}, generation, {false, "unknown", 1ms}}}) {
    EXPECT_TRUE(script.feed(stale).empty());
    EXPECT_EQ(check(script).health, CheckHealth::up);
  }
}

TEST(Check, AProbeThatNeverReportsHasFailed) {
  Script script(one_service());
  script.probe(true);
  const Actions actions = script.wait(1s + 300ms + 1s);
  EXPECT_EQ(count<action::CancelProbe>(actions), 1U);
  EXPECT_EQ(check(script).health, CheckHealth::down);
  EXPECT_EQ(check(script).cause.reason, "the probe did not report within its timeout");
}

TEST(Check, ProbeNowProbesOnceMoreAfterTheProbeInFlight) {
  Script script(one_service());
  const event::OperatorCommand now{command::Probe{scope::Node{}}};
  // The one in flight may have seen the world of before.
  EXPECT_EQ(count<action::StartProbe>(script.feed(now)), 0U);
  EXPECT_EQ(count<action::StartProbe>(script.feed(now)), 0U);
  EXPECT_EQ(count<action::StartProbe>(script.probe(true)), 1U);
  EXPECT_EQ(count<action::StartProbe>(script.probe(true)), 0U);
  EXPECT_EQ(count<action::StartProbe>(script.feed(now)), 1U);
}

ProbeResult failed(Failure failure) {
  ProbeResult result;
  result.reason = "no";
  result.failure = failure;
  return result;
}

Actions finish(Script& script, const ProbeResult& result) {
  return script.feed(event::ProbeFinished{{"web", "http"}, check(script).generation, result});
}

Config with_fall(std::uint32_t fall, std::uint32_t window) {
  Config config = one_service(1, fall);
  config.services[0].checks[0].fall_window = window;
  return config;
}

TEST(FallWindow, CountsFailuresAmongTheLastResults) {
  Script script(with_fall(3, 5));
  script.probe(true);
  for (const bool pass : {false, true, false, true, true, false, true}) {
    script.wait(1s);
    script.probe(pass);
    EXPECT_EQ(check(script).health, CheckHealth::up) << "two of five";
  }
  script.wait(1s);
  script.probe(false);
  EXPECT_EQ(check(script).health, CheckHealth::up) << "P P F P F";
  script.wait(1s);
  script.probe(false);
  EXPECT_EQ(check(script).health, CheckHealth::down) << "P F P F F";
}

TEST(FallWindow, ForgetsWhatWasBeforeTheServiceCameBack) {
  Script script(with_fall(2, 10));
  script.probe(true);
  for (const bool pass : {false, false, true, false}) {
    script.wait(1s);
    script.probe(pass);
  }
  EXPECT_EQ(check(script).health, CheckHealth::up) << "one failure since it came back";
}

TEST(FallWindow, IsLookedAtFastWhileAFailureIsInIt) {
  Script script(with_fall(2, 3));
  script.probe(true);
  script.wait(1s);
  script.probe(false);
  EXPECT_EQ(count<action::StartProbe>(script.wait(200ms)), 1U);
  script.probe(true);
  EXPECT_EQ(count<action::StartProbe>(script.wait(200ms)), 1U);
  script.probe(true);
  EXPECT_EQ(count<action::StartProbe>(script.wait(200ms)), 1U);
  script.probe(true);
  EXPECT_EQ(count<action::StartProbe>(script.wait(200ms)), 0U) << "it has left the window";
}

TEST(Refused, DecidesAtOnce) {
  Script script(one_service(1, 3));
  script.probe(true);
  script.wait(1s);
  finish(script, failed(Failure::refused));
  EXPECT_EQ(check(script).health, CheckHealth::down);
}

TEST(Refused, CountsAsOneWhenFallIsSet) {
  Config config = one_service(1, 2);
  config.services[0].checks[0].refused_decides = false;
  Script script(config);
  script.probe(true);
  script.wait(1s);
  finish(script, failed(Failure::refused));
  EXPECT_EQ(check(script).health, CheckHealth::up);
  script.wait(1s);
  finish(script, failed(Failure::refused));
  EXPECT_EQ(check(script).health, CheckHealth::down);
}

TEST(NotRun, IsAFailureByDefault) {
  Script script(one_service());
  script.probe(true);
  script.wait(1s);
  finish(script, failed(Failure::not_run));
  EXPECT_EQ(check(script).health, CheckHealth::down);
}

TEST(NotRun, SaysNothingOfAServiceThatFailsOpen) {
  Config config = one_service(1, 2);
  config.services[0].fail_open = true;
  Script script(config);
  EXPECT_EQ(notes(finish(script, failed(Failure::not_run))),
            std::vector<std::string>{"check web/http stays undecided (fail_open): no"});
  EXPECT_EQ(check(script).health, CheckHealth::undecided) << "never announced without a look";
  script.wait(1s);
  script.probe(true);
  EXPECT_EQ(check(script).health, CheckHealth::up);
  std::size_t told = 0;
  for (int times = 0; times < 5; ++times) {
    script.wait(1s);
    told += notes(finish(script, failed(Failure::not_run))).size();
    EXPECT_EQ(check(script).health, CheckHealth::up);
  }
  EXPECT_EQ(told, 1U) << "said once";
  const auto status = make_status(script.state(), script.now(), WallTime(1h));
  ASSERT_EQ(status.problems.size(), 1U);
  EXPECT_EQ(status.problems[0].severity, Severity::notice);
  EXPECT_EQ(status.problems[0].text, "check web/http cannot run and stays up (fail_open): no");
  script.wait(1s);
  script.probe(false);
  EXPECT_EQ(check(script).health, CheckHealth::up) << "fall counts real failures";
  script.wait(1s);
  script.probe(false);
  EXPECT_EQ(check(script).health, CheckHealth::down);
}

TEST(Warning, IsToldWhenItIsNew) {
  Script script(one_service());
  script.probe(true);
  ProbeResult warned;
  warned.pass = true;
  warned.warning = "certificate of web.example expires in 2 days";
  script.wait(1s);
  EXPECT_EQ(notes(finish(script, warned)),
            std::vector<std::string>{
                "check web/http warns: certificate of web.example expires in 2 days"});
  EXPECT_EQ(check(script).health, CheckHealth::up);
  script.wait(1s);
  EXPECT_TRUE(notes(finish(script, warned)).empty());
  script.wait(1s);
  EXPECT_EQ(notes(script.probe(true)),
            std::vector<std::string>{
                "check web/http warns no more: certificate of web.example expires in 2 days"});
}

TEST(Pace, IsSlowerWhileDownIfConfigured) {
  Config config = one_service();
  config.services[0].checks[0].down_interval = 3s;
  Script script(config);
  script.probe(false);
  EXPECT_EQ(count<action::StartProbe>(script.wait(2999ms)), 0U);
  EXPECT_EQ(count<action::StartProbe>(script.wait(1ms)), 1U);
}

TEST(Pace, JitterDelaysByARandomPart) {
  Config config = one_service();
  config.services[0].checks[0].jitter = 400ms;
  Script script(config);
  std::set<Duration> gaps;
  for (int times = 0; times < 20; ++times) {
    script.probe(true);
    const TimePoint regular = TimePoint(1000s) + (times + 1) * 1s;
    while (count<action::StartProbe>(script.wait(1ms)) == 0) ASSERT_LT(script.now(), regular + 1s);
    EXPECT_GE(script.now(), regular);
    EXPECT_LE(script.now(), regular + 401ms);
    gaps.insert(script.now() - regular);
  }
  EXPECT_GE(gaps.size(), 15U);
}

Config many_checks(std::size_t number) {
  Config config = one_service();
  const CheckConfig check = config.services[0].checks[0];
  config.services[0].checks.clear();
  for (std::size_t index = 0; index < number; ++index) {
    config.services[0].checks.push_back(check);
    config.services[0].checks.back().name = "check" + std::to_string(1000 + index);
  }
  return config;
}

/// The most probes that start within 10 ms.
std::size_t most_together(Script& script, Duration time) {
  std::size_t most = 0;
  for (Duration passed{}; passed < time; passed += 10ms) {
    std::size_t started = 0;
    for (const Action& action : script.wait(10ms)) {
      if (const auto* start = std::get_if<action::StartProbe>(&action)) {
        ++started;
        script.feed(event::ProbeFinished{start->check, start->generation, {true, "", 1ms}});
      }
    }
    most = std::max(most, started);
  }
  return most;
}

TEST(Spread, ManyChecksNeverFireTogether) {
  Script script(many_checks(500));
  // 5 in 10 ms would be perfect.
  EXPECT_LE(most_together(script, 510ms), 25U) << "the first probes, and some second ones";
  EXPECT_LE(most_together(script, 10s), 8U) << "regular probes";
}

TEST(Spread, FewChecksStartAtOnce) {
  Script script(many_checks(16));
  for (const auto& [id, check] : script.state().checks) EXPECT_TRUE(check.in_flight);
}

Config via_vip() {
  Config config = one_service();
  config.services[0].attach = AttachPolicy::always;
  config.services[0].checks[0].needed_vips = {vip()};
  return config;
}

TEST(OfAVip, IsProbedOnlyWhileTheVipIsHere) {
  Script script(via_vip());
  EXPECT_FALSE(check(script).in_flight);
  script.snapshot();
  EXPECT_EQ(count<action::StartProbe>(script.wait(100ms)), 0U) << "attaching";
  script.kernel(KernelRoute::ours);
  EXPECT_EQ(count<action::StartProbe>(script.wait(100ms)), 1U);
  script.probe(true);
  script.kernel(KernelRoute::absent);  // another program removes it
  EXPECT_EQ(count<action::StartProbe>(script.wait(900ms)), 0U);
  EXPECT_EQ(check(script).health, CheckHealth::up) << "it is being put back";
  script.kernel(KernelRoute::ours);
  EXPECT_EQ(count<action::StartProbe>(script.wait(100ms)), 1U);
}

/// Two VIPs; the check connects to those that are named.
Config two_vips(std::vector<IpAddress> needed) {
  Config config = via_vip();
  config.services[0].vips = {vip(), vip("10.10.10.11")};
  for (const IpAddress& address : needed) {
    config.services[0].checks[0].vip_targets.push_back({{{"address", address.to_string()}}});
  }
  config.services[0].checks[0].needed_vips = std::move(needed);
  return config;
}

TEST(OfAVip, FailsIfTheVipIsNotPutBack) {
  Script script(two_vips({vip()}));
  script.snapshot();
  script.connect();
  script.kernel(KernelRoute::ours);
  script.kernel(KernelRoute::ours, vip("10.10.10.11"));
  script.wait(100ms);
  script.probe(true);
  ASSERT_TRUE(script.vip_state(vip("10.10.10.11")).desired.wanted);
  script.kernel(KernelRoute::absent);
  script.feed(event::AttachFailed{vip(), "no room"});
  script.wait(5s);
  EXPECT_EQ(check(script).health, CheckHealth::down);
  EXPECT_EQ(check(script).cause.reason,
            "the check could not run: VIP 10.10.10.10, which it connects to, is not on this node: "
            "attach failed: no room");
  EXPECT_FALSE(script.vip_state(vip("10.10.10.11")).desired.wanted)
      << "its service is asked no more";
  script.kernel(KernelRoute::ours);
  script.wait(1100ms);
  script.probe(true);
  EXPECT_TRUE(script.vip_state(vip("10.10.10.11")).desired.wanted);
}

event::SurroundingsRead gateway(const char* address) {
  return {{{Neighbourhood::Kind::gateway, IpPrefix{vip(address), 32}, "eth0", ""}}};
}

TEST(OfAVip, DoesNotConnectToARefusedOne) {
  Script script(two_vips({vip(), vip("10.10.10.11")}));
  script.feed(gateway("10.10.10.11"));
  script.snapshot();
  script.connect();
  script.kernel(KernelRoute::ours);
  const Actions actions = script.wait(100ms);
  const auto start = std::ranges::find_if(actions, [](const Action& action) {
    return std::holds_alternative<action::StartProbe>(action);
  });
  ASSERT_NE(start, actions.end());
  const auto& probed = *std::get<action::StartProbe>(*start).config;
  EXPECT_EQ(probed.needed_vips, std::vector{vip()});
  ASSERT_EQ(probed.vip_targets.size(), 1U);
  EXPECT_EQ(std::get<std::string>(probed.vip_targets[0].given.at("address")), "10.10.10.10");
  script.probe(true);
  EXPECT_TRUE(script.vip_state().desired.wanted);
  EXPECT_FALSE(script.vip_state(vip("10.10.10.11")).desired.wanted);
}

TEST(OfAVip, ThatIsRefusedFailsAtOnce) {
  Script script(via_vip());
  script.feed(gateway("10.10.10.10"));
  script.snapshot();
  EXPECT_EQ(count<action::StartProbe>(script.wait(200ms)), 0U);
  EXPECT_EQ(check(script).health, CheckHealth::down);
  EXPECT_THAT(check(script).cause.reason, testing::HasSubstr("the address of this node's gateway"));
}

TEST(OfAVip, SaysNothingOfTheTimeWhenItWasDisabled) {
  Script script(via_vip());
  script.snapshot();
  script.connect();
  script.kernel(KernelRoute::ours);
  script.wait(100ms);
  script.probe(true);
  ASSERT_TRUE(script.vip_state().desired.wanted);
  script.feed(event::OperatorCommand{command::Disable{scope::Service{"web"}}});
  script.route_note(RouteOutcome::removed);
  script.wait(5s);
  script.kernel(KernelRoute::absent);
  script.feed(event::OperatorCommand{command::Enable{scope::Service{"web"}}});
  EXPECT_FALSE(script.vip_state().desired.wanted) << "its service may have died meanwhile";
  script.kernel(KernelRoute::ours);
  script.wait(100ms);
  EXPECT_FALSE(script.vip_state().desired.wanted);
  script.probe(true);
  EXPECT_TRUE(script.vip_state().desired.wanted);
}

}  // namespace
}  // namespace vipherd::core
