// The life of the announcer connected as a pure machine: resume(state, input) -> effects. Decides
// when zebra.vty is connected, what it is asked and what its answers mean; does no I/O and reads no
// clock.
//
//   waiting -> connecting -> greeting -> established
//      ^___any failure or deadline, after a backoff___|
//
// An established session is a connection on which zebra has told its version; the questions go
// over connections of their own.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "frr/backoff.hpp"
#include "vipherd/base/duration.hpp"
#include "vipherd/model/event.hpp"
#include "vipherd/wire/vty/vty.hpp"

namespace vipherd::frr::connected {

namespace input {
struct Start {};
/// The stream asked for by effect::Open is connected.
struct Opened {};
/// The stream could not be connected, or has ended, or said something else than zebra does.
struct Failed {
  std::string reason;
};
/// zebra's answer to the question for its version.
struct Greeted {
  std::string version;  ///< empty: it told none
};
/// The deadline armed last has passed.
struct DeadlinePassed {};
struct Announce {
  IpAddress vip;
  std::string vrf;
  TimePoint now;
};
struct Withdraw {
  IpAddress vip;
};
/// Answered by a RouteInspected.
struct Inspect {
  IpAddress vip;
};
/// Answers effect::AskRib.
struct RibRead {
  IpAddress vip;
  wire::vty::RibEntry entry;
  TimePoint now;
};
/// The moment armed by effect::ArmLook has come.
struct LookDue {
  TimePoint now;
};
struct Close {};
}  // namespace input
using Input = std::variant<input::Start, input::Opened, input::Failed, input::Greeted,
                           input::DeadlinePassed, input::Announce, input::Withdraw, input::Inspect,
                           input::RibRead, input::LookDue, input::Close>;

namespace effect {
struct Open {};
/// Ask for the version.
struct Greet {};
/// Close the stream, and drop all questions and the look that is armed.
struct Hangup {};
/// Replaces the deadline armed before.
struct ArmDeadline {
  Duration after{};
};
struct Disarm {};
struct AskRib {
  IpAddress vip;
  std::string vrf;
};
/// Replaces the one armed before.
struct ArmLook {
  TimePoint at;
};
struct Emit {
  model::Event event;
};
}  // namespace effect
using Effect = std::variant<effect::Open, effect::Greet, effect::Hangup, effect::ArmDeadline,
                            effect::Disarm, effect::AskRib, effect::ArmLook, effect::Emit>;
/// To be performed in this order.
using Effects = std::vector<Effect>;

/// For zebra's first answer. A zebra that hangs is not connected.
inline constexpr Duration kGreetingDeadline = std::chrono::seconds(1);
/// zebra reads of an address when the agent does, and works on it a moment later. Doubled each
/// time.
inline constexpr Duration kLookAgainFirst = std::chrono::milliseconds(5);
/// By then the core asks by itself.
inline constexpr Duration kLookFor = std::chrono::seconds(1);

struct State {
  enum class Step : std::uint8_t { idle, waiting, connecting, greeting, established, closed };
  struct Announced {
    std::string vrf;
    bool installed = false;
    bool asked_by_core = false;  ///< the answer is to be told, whatever it is
    TimePoint look_until{};      ///< for `installed`
    Duration look_again = kLookAgainFirst;
  };

  /// `socket`: zebra.vty, as it is named in reasons.
  State(std::string socket, std::uint32_t seed) : path(std::move(socket)), random(seed) {}

  std::string path;
  std::uint32_t random;  ///< for the spread of the backoffs
  Step step = Step::idle;
  std::uint64_t session = 0;
  std::uint32_t attempts = 0;  ///< failed in a row
  std::string last_reason;
  std::map<IpAddress, Announced> announced;
  std::multimap<TimePoint, IpAddress> to_look_at;

  bool established() const { return step == Step::established; }
};

Effects resume(State& state, const Input& input);

}  // namespace vipherd::frr::connected
