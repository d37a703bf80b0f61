#include "agent/log_lines.hpp"

// What the journal would be told of the place in the source is this file's, of every line.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>

#include <string_view>

#include "vipherd/wire/json/history.hpp"

namespace vipherd::agent {
namespace {

using model::LogLevel;
using Kind = model::StateChange::Kind;

int priority_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return LOG_DEBUG;
    case LogLevel::info:
      return LOG_INFO;
    case LogLevel::warning:
      return LOG_WARNING;
    case LogLevel::error:
      return LOG_ERR;
  }
  return LOG_INFO;
}

/// Made once, and never changed: it is found in old journals, too.
std::string_view message_id(Kind kind) {
  switch (kind) {
    case Kind::check:
      return "a06fe92137204961858ea1d5a47e66d0";
    case Kind::service:
      return "944fb9437875429db0d77960452190a6";
    case Kind::vip:
      return "6335f60538da4e5d8b8f216d243eba26";
    case Kind::attachment:
      return "698accc523a34770a409800734b4f413";
    case Kind::zebra:
      return "e1201ea7e65f4be3b7a2a71d94c337ab";
    case Kind::command:
      return "2ff81a73a1a4407ab77b3beb2bb300ab";
    case Kind::config:
      return "0fdac413231141e683670999134e5b64";
    case Kind::agent:
      return "f4114444e51e4137b256a1b874dfecd0";
    case Kind::relay:
      return "71761000179d88589c5b8a310de6a836";
    case Kind::sibling:
      return "35fc440395bc1513cf4b314875cfa889";
    case Kind::remark:
      break;
  }
  return "";
}

model::HistoryEntry entry_of(const LogLine& line) {
  model::HistoryEntry entry{.at = line.time, .level = line.level, .text = line.text};
  if (line.change) take(entry, *line.change);
  return entry;
}

}  // namespace

std::string as_json(const LogLine& line) { return wire::encode_entry(entry_of(line)); }

std::vector<std::string> journal_fields(const LogLine& line) {
  const model::HistoryEntry entry = entry_of(line);
  std::vector<std::string> fields{"MESSAGE=" + line.text,
                                  "PRIORITY=" + std::to_string(priority_of(line.level)),
                                  "SYSLOG_IDENTIFIER=vipherd"};
  const auto add = [&](const char* name, std::string_view value) {
    if (!value.empty()) fields.push_back(std::string(name) + "=" + std::string(value));
  };
  if (entry.kind != Kind::remark) add("VIPHERD_EVENT", to_string(entry.kind));
  add("MESSAGE_ID", message_id(entry.kind));
  add("VIPHERD_STATE", entry.state);
  add("VIPHERD_SERVICE", entry.service);
  add("VIPHERD_CHECK", entry.check);
  if (entry.vip) add("VIPHERD_VIP", entry.vip->to_string());
  add("VIPHERD_BY", entry.by);
  return fields;
}

void send_to_journal(const LogLine& line) {
  std::vector<std::string> fields = journal_fields(line);
  std::vector<iovec> pieces;
  pieces.reserve(fields.size());
  for (std::string& field : fields) pieces.push_back({field.data(), field.size()});
  sd_journal_sendv(pieces.data(), static_cast<int>(pieces.size()));
}

}  // namespace vipherd::agent
