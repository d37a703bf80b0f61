// What has happened, as JSON: of the API's events, and a line each in the file that keeps them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/base/result.hpp"
#include "vipherd/model/history.hpp"

namespace vipherd::wire {

/// One line without its end: {"id": …, "at": TIME, "level": …, "kind": …, "state": …, "service": …,
/// "check": …, "vip": …, "by": …, "text": …}; what is empty is left out, but for the text.
std::string encode_entry(const model::HistoryEntry& entry);
Result<model::HistoryEntry> decode_entry(std::string_view json);

/// {"events": […]}
std::string encode_history(std::span<const model::HistoryEntry> entries);
Result<std::vector<model::HistoryEntry>> decode_history(std::string_view json);

}  // namespace vipherd::wire
