// What a service sent, as something to quote in a sentence. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vipherd::probe {

/// The text in double quotes: printable ASCII as it is, all else escaped as TOML would have it, and
/// no more than `most` bytes of it, followed by "..." if there are more.
std::string excerpt(std::string_view text, std::size_t most = 40);

}  // namespace vipherd::probe
