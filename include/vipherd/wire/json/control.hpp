// What the control socket answers, as JSON and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/base/result.hpp"
#include "vipherd/model/scope.hpp"

namespace vipherd::wire {

/// Whether what was asked for is on the disk, and so in force again after a restart.
enum class Persisted : std::uint8_t {
  not_asked,  ///< the command is not one to be remembered
  yes,
  no,
  unknown  ///< not yet: the disk has not answered
};

/// What a command was understood as, and what it reached: {"command": "drain", "scope": {"service":
/// "web"}, "services": ["web"], "vips": [...], "persisted": true}; other scopes are {"node": true}
/// and {"vip": ADDRESS}; null for unknown, and "warning": "..." if the operator should know.
struct Reached {
  std::string command{};  ///< as in the path: "drain"
  model::Scope scope{};
  std::optional<std::uint32_t> percent{};  ///< of the command "weight"; 0: as configured
  std::vector<std::string> services{};
  std::vector<std::string> vips{};
  Persisted persisted = Persisted::not_asked;
  std::string warning{};
};
std::string encode_reached(const Reached& reached);
Result<Reached> decode_reached(std::string_view json);
/// What came of a reload: {"reloaded": true}, or {"error": "...", "faults": ["FILE:LINE:COLUMN:
/// ..."]}.
std::string encode_reload(const std::vector<std::string>& errors);
/// The errors; empty: there are none.
std::vector<std::string> decode_errors(std::string_view json);
/// The sentence of {"error": "..."}; empty if the text is something else.
std::string decode_error(std::string_view json);

}  // namespace vipherd::wire
