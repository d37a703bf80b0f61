// What the end of a program means, by the convention of Nagios plugins, and in which words.
#pragma once

#include <string>
#include <string_view>

#include "probe/exec/child.hpp"
#include "probe/kind.hpp"

namespace vipherd::probe::exec {

/// The first line that is not blank, up to a `|` (performance data follows there, which changes
/// from run to run), fit to be printed and at most 200 bytes long.
std::string first_line(std::string_view output);

/// `name`: what was run, in a word.
Outcome evaluate_exec(const ChildEnd& end, std::string_view output, const std::string& name,
                      bool warning_passes);

}  // namespace vipherd::probe::exec
