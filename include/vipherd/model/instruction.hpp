// What an operator has said along with a command that lasts: who, why, since when and how long.
#pragma once

#include <optional>
#include <string>

#include "vipherd/base/duration.hpp"

namespace vipherd::model {

/// Longer reasons are refused.
inline constexpr std::size_t kLongestReason = 200;
/// What is to last for longer is to last until it is undone.
inline constexpr Duration kLongestFor = std::chrono::hours(24 * 365);

struct Instruction {
  std::string by{};      ///< "alice", "root for alice"; empty: not known
  std::string reason{};  ///< empty: none was given
  WallTime since{};
  std::optional<WallTime> until{};  ///< it is undone by itself then; nullopt: lasts until undone
  friend bool operator==(const Instruction&, const Instruction&) = default;
};

/// What follows the words "the operator drains …": " (alice: kernel upgrade; until
/// 2026-03-01T12:00:00Z)"; empty if nothing is known of it.
std::string in_brackets(const Instruction& instruction);

}  // namespace vipherd::model
