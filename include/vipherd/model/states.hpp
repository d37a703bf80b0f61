// The states that a status tells of, and the words for them: in JSON, logs and tables.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace vipherd::model {

/// How far the agent is.
enum class Phase : std::uint8_t { starting, running, stopping, finished };
constexpr auto words_of(Phase) {
  return std::to_array<std::string_view>({"starting", "running", "stopping", "finished"});
}

enum class ZebraConnection : std::uint8_t { disconnected, connected };
constexpr auto words_of(ZebraConnection) {
  return std::to_array<std::string_view>({"disconnected", "connected"});
}

enum class ConfigState : std::uint8_t {
  applied,
  rejected  ///< the last reload was; the configuration from before it is in force
};
constexpr auto words_of(ConfigState) {
  return std::to_array<std::string_view>({"applied", "rejected"});
}

/// Of a check, or of a service by its checks.
enum class CheckHealth : std::uint8_t { undecided, up, down };
constexpr auto words_of(CheckHealth) {
  return std::to_array<std::string_view>({"undecided", "up", "down"});
}

/// Of a service, also by what was said of it.
enum class ServiceHealth : std::uint8_t { undecided, up, down, disabled };
constexpr auto words_of(ServiceHealth) {
  return std::to_array<std::string_view>({"undecided", "up", "down", "disabled"});
}

enum class DisabledBy : std::uint8_t {
  none,
  an_operator,
  configuration  ///< which only a reload changes
};
constexpr auto words_of(DisabledBy) {
  return std::to_array<std::string_view>({"", "operator", "configuration"});
}

/// Whether a VIP is local on this node.
enum class AttachStep : std::uint8_t {
  unknown,  ///< the kernel was never read yet
  detached,
  attaching,
  attached,
  foreign,  ///< added by another program
  detaching,
  failed
};
constexpr auto words_of(AttachStep) {
  return std::to_array<std::string_view>(
      {"unknown", "detached", "attaching", "attached", "foreign", "detaching", "failed"});
}

/// How far the announcement of a VIP has come.
enum class RouteStep : std::uint8_t {
  withdrawn,     ///< zebra holds nothing of ours, confirmed
  sent,          ///< zebra was told, nothing came back yet
  announced,     ///< zebra installed it, so that the protocols redistribute it
  not_selected,  ///< zebra prefers another route: ours is not redistributed
  failed,        ///< zebra could not install it
  withdrawing    ///< zebra was told to remove it, not confirmed yet
};
constexpr auto words_of(RouteStep) {
  return std::to_array<std::string_view>(
      {"withdrawn", "sent", "announced", "losing", "failed", "withdrawing"});
}

/// To whom a VIP is advertised.
enum class Advertised : std::uint8_t {
  unknown,  ///< not announced, or not asked yet
  to_all,   ///< every protocol advertises it to a neighbour
  to_some,  ///< one of them does not
  to_none,  ///< none does
  stale     ///< withdrawn, but a daemon announces it still
};
constexpr auto words_of(Advertised) {
  return std::to_array<std::string_view>(
      {"unknown", "reached", "partly", "unreached", "lingering"});
}

/// How far taking a VIP out has come.
enum class DrainStep : std::uint8_t {
  none,     ///< not drained
  holding,  ///< announced as least preferred for a while
  leaving,  ///< to be withdrawn, then waiting until no connection is left
  drained   ///< nothing holds it any more
};
constexpr auto words_of(DrainStep) {
  return std::to_array<std::string_view>({"none", "least preferred", "leaving", "drained"});
}

/// By which command something was taken out of service.
enum class TakenOutBy : std::uint8_t { drain, disable };
constexpr auto words_of(TakenOutBy) {
  return std::to_array<std::string_view>({"drain", "disable"});
}

/// What a watcher looks at.
enum class WatchKind : std::uint8_t {
  connection,  ///< an idle TCP connection held to a service: its end
  unit,        ///< a systemd unit over D-Bus: its state, and the end of its main process
  pid_file     ///< the process whose number a file holds: its end, and the next one's start
};
constexpr auto words_of(WatchKind) {
  return std::to_array<std::string_view>({"connection", "unit", "pid_file"});
}

/// How a watch goes on.
enum class WatchStep : std::uint8_t {
  ended,           ///< it is over, or never began: nothing more is told
  awaiting_start,  ///< what it watches is not there; its start will be told
  watching         ///< it is there; its end will be told
};
constexpr auto words_of(WatchStep) {
  // What ended waits until a probe passes, to begin again.
  return std::to_array<std::string_view>({"waiting", "awaiting start", "watching"});
}

/// Whether connections of other nodes are passed on.
enum class RelayState : std::uint8_t {
  working,
  failed  ///< everything passes as if there were no relay
};
constexpr auto words_of(RelayState) {
  return std::to_array<std::string_view>({"working", "failed"});
}

/// What is known of another node of the relay.
enum class SiblingState : std::uint8_t {
  unknown,  ///< not heard yet, and not awaited for long: taken for alive
  alive,    ///< it hears this node, and this node it
  silent,   ///< no heartbeat, or only such as tell that it does not hear this node
  left      ///< it said that it ends
};
constexpr auto words_of(SiblingState) {
  return std::to_array<std::string_view>({"unknown", "alive", "silent", "left"});
}

/// The reason of a silent one of which nothing arrives; every other reason is about what does.
inline constexpr std::string_view kNoHeartbeat = "no heartbeat from it";

/// An enum that has a word for each value, in their order.
template <class E>
concept Worded = requires(E value) {
  words_of(value);
};

template <Worded E>
constexpr std::string_view to_string(E value) {
  return words_of(value).at(static_cast<std::size_t>(value));
}

/// Nothing if it is no word of these: that of a later vipherd, perhaps.
template <Worded E>
std::optional<E> from_word(std::string_view word) {
  const auto words = words_of(E{});
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) return std::nullopt;
  return static_cast<E>(found - words.begin());
}

}  // namespace vipherd::model
