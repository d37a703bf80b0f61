// What the importers of all tools need: words of a line, times, and the check that runs a command.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/setup/draft.hpp"

namespace vipherd::setup {

std::string trimmed(std::string_view text);
/// "a b" when it stood in quotes is one word; a backslash takes the next character as it is.
Texts words_of(std::string_view line);

/// What other tools call a number of seconds ("1.5"), as TOML has it; nothing if it is none that
/// vipherd takes.
std::optional<std::string> seconds(const std::string& number);
/// Adds `name = "1.5s"`, or a remark.
void add_seconds(DraftCheck& check, const std::string& name, const std::string& number);
/// Adds a whole number, or a remark.
void add_number(DraftCheck& check, const std::string& name, const std::string& number);

/// Runs a command by the shell, with a remark where a check without a program would do.
DraftCheck command_check(const std::string& command);

/// "10.0.0.1" of "10.0.0.1/32"; nothing if it is a network, or no address.
std::optional<std::string> host_of(const std::string& prefix);

}  // namespace vipherd::setup
