// The keys that are common to all kinds of checks.
#include "config/tables/checks.hpp"

namespace vipherd::config {
namespace {

using namespace std::chrono_literals;

std::string print_fall(const model::CheckConfig& check) {
  std::string fails = std::to_string(check.fall);
  if (check.fall_window == 0) return fails;
  return toml_value(fails + " of " + std::to_string(check.fall_window));
}

}  // namespace

const Rows<model::CheckConfig>& check_rows() {
  using Check = model::CheckConfig;
  static const Type<Duration> interval = duration(kShortestInterval, 24h);
  static const Rows<Check> rows{
      {"type", "the name of a kind", "each kind has further keys, below", "required"},
      {"interval", &Check::interval, interval,
       "from the start of a probe to the start of the next"},
      {"fast_interval", &Check::fast_interval, named("duration, 10ms to `interval`", interval),
       "the same while a change is in the air: after a result that differs, until `rise` or `fall` "
       "is reached or the streak breaks",
       "a quarter of `interval`, but at least 10ms"},
      {"down_interval", &Check::down_interval, interval, "the interval while the check is down",
       "`interval`"},
      {"jitter", &Check::jitter, named("duration, 0s to `interval`", duration(0s, 24h)),
       "each regular probe starts later by a random part of this. Checks do not fire together even "
       "without it: each has its own place in the interval"},
      {"timeout", &Check::timeout, duration(1ms, 1h),
       "a probe that takes longer has failed. It may be longer than the interval: probes of a "
       "check never overlap, the next one then starts late"},
      {"rise", &Check::rise, integer(1, kLongestStreak), "passes in a row that make the check up"},
      {"fall", "integer, 1 to 1000, or `\"N of M\"`",
       "failures in a row that make it down; or N failures among the last M results (at most 64) "
       "since it came up: `\"3 of 5\"`. Without this key one refused connection at an address of "
       "this node is enough: nothing listens there",
       "`2`", print_fall},
      {"advisory", &Check::advisory, boolean(),
       "`true`: the check is shown and does not decide; `needs` does not count it"},
      {"weight", &Check::weight, integer(0, 1000), "its part of the service's health",
       "`1`; `0` if `advisory`"},
      {"via_vip", &Check::via_vip, boolean(),
       "`true`: connect to the service's VIPs instead, to each of them at the same time; all must "
       "pass. It proves that the service listens there, and implies `attach = \"always\"`. There "
       "is no probe while a VIP is not on this node: another one would answer. If it is not there "
       "again within a second the check fails; a VIP that is refused (a neighbour's address) is "
       "left out"},
      {"vrf", &Check::vrf, vrf(),
       "from where the check connects, and what it watches; not for kinds that connect to nothing. "
       "Names are resolved in the default VRF",
       "the service's `vrf`"},
      {"watch_connection", &Check::watch_connection, boolean(),
       "`true`: hold an idle TCP connection to where the check connects (with `via_vip` the first "
       "VIP that is not refused), and probe at once when it ends. Checks of type `http` say a HEAD "
       "request on it first, so that the server takes it for one between two requests and closes "
       "it when it stops. Not for services that serve one connection at a time. One that a service "
       "ends for idleness costs a few more probes"},
  };
  return rows;
}

}  // namespace vipherd::config
