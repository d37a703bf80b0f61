#include "probe/curl/certificate.hpp"

#include <gtest/gtest.h>

namespace vipherd::probe::curl {
namespace {

using namespace std::chrono_literals;

std::string left(Duration time) { return expiry_sentence("web.example", time); }

TEST(Certificate, ItsEndIsSaidInWholeUnits) {
  EXPECT_EQ(left(24h * 90), "certificate of web.example expires in 90 days");
  EXPECT_EQ(left(71h + 59min), "certificate of web.example expires in 2 days");
  EXPECT_EQ(left(48h), "certificate of web.example expires in 2 days");
  EXPECT_EQ(left(48h - 1ns), "certificate of web.example expires in 47 hours");
  EXPECT_EQ(left(119min), "certificate of web.example expires in 1 hour");
  EXPECT_EQ(left(59min), "certificate of web.example expires in less than an hour");
  EXPECT_EQ(left(0s), "certificate of web.example expired less than an hour ago");
  EXPECT_EQ(left(-73h), "certificate of web.example expired 3 days ago");
}

TEST(Certificate, TheRuleDecides) {
  const WallTime now(1'700'000'000s);
  const auto evaluate = [&](bool fails, std::optional<WallTime> expiry) {
    Outcome passed;
    passed.pass = true;
    passed.reason = "status 200";
    return evaluate_expiry(passed, {24h, fails}, "web.example", expiry, now);
  };
  for (const bool fails : {false, true}) {
    const Outcome far = evaluate(fails, now + 24h);
    EXPECT_TRUE(far.pass);
    EXPECT_EQ(far.reason, "status 200");
    EXPECT_EQ(far.warning, "");
  }
  const Outcome warned = evaluate(false, now + 23h);
  EXPECT_TRUE(warned.pass);
  EXPECT_EQ(warned.reason, "status 200");
  EXPECT_EQ(warned.warning, "certificate of web.example expires in 23 hours");
  const Outcome failed = evaluate(true, now + 23h);
  EXPECT_FALSE(failed.pass);
  EXPECT_EQ(failed.reason, "certificate of web.example expires in 23 hours");
  EXPECT_EQ(evaluate(true, std::nullopt).reason,
            "certificate of web.example does not say when it expires");
}

}  // namespace
}  // namespace vipherd::probe::curl
