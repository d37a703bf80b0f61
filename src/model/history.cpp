#include "vipherd/model/history.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace vipherd::model {
namespace {

using Kind = StateChange::Kind;

constexpr std::array<std::pair<Kind, std::string_view>, 11> kKinds{{
    {Kind::check, "check"},
    {Kind::service, "service"},
    {Kind::vip, "vip"},
    {Kind::attachment, "attachment"},
    {Kind::zebra, "zebra"},
    {Kind::command, "command"},
    {Kind::config, "config"},
    {Kind::agent, "agent"},
    {Kind::relay, "relay"},
    {Kind::sibling, "sibling"},
    {Kind::remark, "remark"},
}};

}  // namespace

void take(HistoryEntry& entry, const StateChange& change) {
  entry.kind = change.kind;
  entry.service = change.service;
  entry.check = change.check;
  entry.vip = change.vip;
  entry.state = change.state;
  entry.by = change.by;
}

bool is_worth_keeping(const HistoryEntry& entry) {
  return entry.kind != Kind::remark || entry.level >= LogLevel::info;
}

std::string_view to_string(StateChange::Kind kind) {
  const auto found = std::ranges::find(kKinds, kind, &std::pair<Kind, std::string_view>::first);
  return found == kKinds.end() ? "remark" : found->second;
}

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "info";
}

std::optional<StateChange::Kind> kind_of_change(std::string_view text) {
  const auto found = std::ranges::find(kKinds, text, &std::pair<Kind, std::string_view>::second);
  return found == kKinds.end() ? std::nullopt : std::optional(found->first);
}

}  // namespace vipherd::model
