#include <gtest/gtest.h>

#include "unit/core/script.hpp"

namespace vipherd::core {
namespace {

using namespace model;

const CheckState& check(Script& script) { return script.state().checks.at({"web", "http"}); }

TEST(Check, IsProbedAtOnceAndDecidedByItsFirstResult) {
  Script script(one_service(3, 3));
  EXPECT_TRUE(check(script).in_flight);
  EXPECT_EQ(check(script).verdict, Verdict::undecided);
  const Actions actions = script.probe(false);
  EXPECT_EQ(check(script).verdict, Verdict::down);
  EXPECT_EQ(notes(actions), (std::vector<std::string>{
                                "check web/http down: connect refused",
                                "service web down: check http: connect refused"}));
}

TEST(Check, FallsAfterFallConsecutiveFailuresOnly) {
  Script script(one_service(1, 3));
  script.probe(true);
  for (const bool pass : {false, false, true, false, false}) {
    script.wait(1s);
    EXPECT_TRUE(notes(script.probe(pass)).empty());
    EXPECT_EQ(check(script).verdict, Verdict::up);
  }
  script.wait(1s);
  script.probe(false);
  EXPECT_EQ(check(script).verdict, Verdict::down);
  EXPECT_EQ(check(script).fails, 3U);
}

TEST(Check, RisesAfterRiseConsecutivePassesOnly) {
  Script script(one_service(2, 1));
  script.probe(false);
  script.wait(1s);
  script.probe(true);
  EXPECT_EQ(check(script).verdict, Verdict::down);
  script.wait(1s);
  script.probe(true);
  EXPECT_EQ(check(script).verdict, Verdict::up);
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
  EXPECT_EQ(check(script).verdict, Verdict::down);
  EXPECT_EQ(count<action::StartProbe>(script.wait(999ms)), 0U) << "decided: the usual pace again";
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
    EXPECT_EQ(check(script).verdict, Verdict::up);
  }
}

TEST(Check, AProbeThatNeverReportsHasFailed) {
  Script script(one_service());
  script.probe(true);
  const Actions actions = script.wait(1s + 300ms + 1s);
  EXPECT_EQ(count<action::CancelProbe>(actions), 1U);
  EXPECT_EQ(check(script).verdict, Verdict::down);
  EXPECT_EQ(check(script).cause.why, "the probe did not report within its timeout");
}

TEST(Check, ProbeNowDoesNotDoubleAProbeInFlight) {
  Script script(one_service());
  const event::OperatorCommand now{event::OperatorCommand::Verb::probe_now, ""};
  EXPECT_EQ(count<action::StartProbe>(script.feed(now)), 0U);
  script.probe(true);
  EXPECT_EQ(count<action::StartProbe>(script.feed(now)), 1U);
}

}  // namespace
}  // namespace vipherd::core
