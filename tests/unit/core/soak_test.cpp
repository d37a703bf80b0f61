// Many checks for a long time: nothing in the core grows with time or with flapping.
#include <gtest/gtest.h>

#ifdef __SANITIZE_ADDRESS__
// g++ has no header for it.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#else
#include <malloc.h>
#endif

#include "unit/core/script.hpp"

namespace vipherd::core {
namespace {

using namespace model;

std::size_t allocated() {
#ifdef __SANITIZE_ADDRESS__
  return __sanitizer_get_current_allocated_bytes();
#else
  return ::mallinfo2().uordblks;
#endif
}

constexpr std::size_t kServices = 100;
constexpr std::size_t kChecksEach = 100;

/// 10,000 checks, all damped and watched, every 30 s.
Config large() {
  Config config = one_service();
  config.vips.pool = {IpPrefix::parse("10.0.0.0/8").value()};
  config.frr.min_change_interval = {};
  ServiceConfig service = config.services[0];
  CheckConfig check = service.checks[0];
  check.interval = check.down_interval = 30s;
  check.fast_interval = 5s;
  check.jitter = 1s;
  check.watch_connections = {{"127.0.0.1:80", ""}};
  service.needs = {Needs::Mode::any, 0};
  service.damping = Damping{};
  service.checks.clear();
  for (std::size_t index = 0; index < kChecksEach; ++index) {
    check.name = "check" + std::to_string(100 + index);
    service.checks.push_back(check);
  }
  config.services.clear();
  for (std::size_t index = 0; index < kServices; ++index) {
    service.name = "service" + std::to_string(100 + index);
    service.vips = {IpAddress::parse("10.1.0." + std::to_string(1 + index)).value()};
    config.services.push_back(service);
  }
  return config;
}

/// One check in a hundred fails every other time.
bool passes(const CheckId& check, std::uint64_t generation) {
  return check.check != "check150" || generation % 2 == 0;
}

class Soak {
 public:
  Soak() {
    feed(event::ConfigApplied{std::make_shared<const Config>(large())});
    feed(event::KernelSnapshot{});
  }

  void run(Duration duration) {
    const TimePoint end = now_ + duration;
    while (core_.next_alarm() && *core_.next_alarm() <= end) {
      now_ = std::max(now_, *core_.next_alarm());
      feed(event::TimersDue{});
    }
    now_ = end;
  }
  std::uint64_t probes() const { return probes_; }
  const State& state() const { return core_.state(); }

 private:
  void feed(const Event& event) {
    for (const Action& action : core_.apply(event, now_)) {
      if (const auto* start = std::get_if<action::StartProbe>(&action)) {
        ++probes_;
        feed(event::ProbeFinished{
            start->check, start->generation, {passes(start->check, start->generation), "it", 1ms}});
      } else if (const auto* watch = std::get_if<action::StartWatch>(&action)) {
        // A tenth of what is watched does not last.
        if (watch->generation % 10 == 0) {
          feed(event::WatchFired{watch->watch, watch->generation, "closed"});
        }
      } else if (std::holds_alternative<action::ReadKernel>(action)) {
        feed(event::KernelSnapshot{});
      }
    }
  }

  Core core_;
  TimePoint now_{1000s};
  std::uint64_t probes_ = 0;
};

TEST(Soak, TenThousandChecksForAnHourNeedNoMoreMemoryThanForAMinute) {
  Soak soak;
  soak.run(2min);
  const std::size_t before = allocated();
  const std::uint64_t probes = soak.probes();
  soak.run(1h);
  const std::size_t after = allocated();
  EXPECT_GE(soak.probes() - probes, 10'000U * 115U) << "every 30 s";
  EXPECT_LE(soak.probes() - probes, 10'000U * 160U) << "and those that waver more often";
  ASSERT_GT(before, kServices * kChecksEach * sizeof(CheckState)) << "it is counted";
  EXPECT_LT(after, before + before / 20);
  EXPECT_EQ(soak.state().checks.size(), kServices * kChecksEach);
  EXPECT_EQ(soak.state().watches.size(), kServices * kChecksEach);
}

}  // namespace
}  // namespace vipherd::core
