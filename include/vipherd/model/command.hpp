// What operators can ask of the agent, as values. The type of a command says what it can be about:
// only what makes sense can be built, and a text is read once, where it comes in (the API, the
// command line). Here are also the words for it that are the same everywhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "vipherd/base/duration.hpp"
#include "vipherd/model/scope.hpp"

namespace vipherd::model {

/// Of what takes something out of service.
struct Terms {
  std::string reason{};             ///< for those who look later
  std::optional<Duration> lasts{};  ///< undone by itself after that; nullopt: lasts until undone
  friend bool operator==(const Terms&, const Terms&) = default;
};

// Of each:
//   kName        in the API's paths and on the command line
//   kHelp        a line for the command line's help and the API's description
//   kRemembered  whether it changes what outlives the agent (OperatorState): lasts until the
//                opposite command
//   scope        what it is about
namespace command {

struct Disable {
  static constexpr std::string_view kName = "disable";
  static constexpr std::string_view kHelp =
      "Withdraw a service's VIPs from this node, whatever its checks say";
  static constexpr bool kRemembered = true;
  scope::Service scope;
  Terms terms{};
  friend bool operator==(const Disable&, const Disable&) = default;
};

struct Enable {
  static constexpr std::string_view kName = "enable";
  static constexpr std::string_view kHelp =
      "Undo a disable: announce the service's VIPs while it is healthy";
  static constexpr bool kRemembered = true;
  scope::Service scope;
  friend bool operator==(const Enable&, const Enable&) = default;
};

struct Probe {
  static constexpr std::string_view kName = "probe";
  static constexpr std::string_view kHelp = "Probe now, and show how the probes end";
  static constexpr bool kRemembered = false;
  ServiceScope scope;
  friend bool operator==(const Probe&, const Probe&) = default;
};

/// What is held down for flapping returns.
struct ClearDamping {
  static constexpr std::string_view kName = "clear-damping";
  static constexpr std::string_view kHelp = "Forget a service's penalty for flapping";
  static constexpr bool kRemembered = false;
  scope::Service scope;
  friend bool operator==(const ClearDamping&, const ClearDamping&) = default;
};

struct Drain {
  static constexpr std::string_view kName = "drain";
  static constexpr std::string_view kHelp = "Take VIPs out of service without losing requests";
  static constexpr bool kRemembered = true;
  Scope scope;
  bool force = false;  ///< whatever the guard says
  Terms terms{};
  friend bool operator==(const Drain&, const Drain&) = default;
};

/// Undoes a drain of the same scope; of the node: every drain.
struct Resume {
  static constexpr std::string_view kName = "resume";
  static constexpr std::string_view kHelp = "Undo a drain: announce again what is healthy";
  static constexpr bool kRemembered = true;
  Scope scope;
  friend bool operator==(const Resume&, const Resume&) = default;
};

/// A VIP has its service's weight.
struct Weight {
  static constexpr std::string_view kName = "weight";
  static constexpr std::string_view kHelp = "Give this node more or less of the traffic";
  static constexpr bool kRemembered = true;
  ServiceScope scope;
  std::optional<std::uint32_t> percent{};  ///< 1 to 100; nullopt: as configured
  friend bool operator==(const Weight&, const Weight&) = default;
};

}  // namespace command

using Command =
    std::variant<command::Disable, command::Enable, command::Probe, command::ClearDamping,
                 command::Drain, command::Resume, command::Weight>;

namespace command {
std::string_view name_of(const Command& command);
Scope scope_of(const Command& command);
bool is_remembered(const Command& command);
}  // namespace command

}  // namespace vipherd::model
