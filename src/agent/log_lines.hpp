// A log line as those get it who look for more than its text.
#pragma once

#include <string>
#include <vector>

#include "agent/log_writer.hpp"

namespace vipherd::agent {

/// {"at": TIME, "level": …, "kind": …, "state": …, "service": …, …, "text": …}, as the API's
/// events.
std::string as_json(const LogLine& line);

/// "FIELD=value" of the journal (systemd.journal-fields(7)): MESSAGE, PRIORITY,
/// SYSLOG_IDENTIFIER, and of what the line is about VIPHERD_EVENT, VIPHERD_STATE, VIPHERD_SERVICE,
/// VIPHERD_CHECK, VIPHERD_VIP, VIPHERD_BY and, of a change, a MESSAGE_ID for its kind.
std::vector<std::string> journal_fields(const LogLine& line);

/// May wait for the journal.
void send_to_journal(const LogLine& line);

}  // namespace vipherd::agent
