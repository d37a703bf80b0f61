// Headers as an operator writes them, "Name: value". Pure.
#pragma once

#include <string_view>

namespace vipherd::probe::http {

/// RFC 9110 section 5.6.2.
bool is_token(std::string_view text);
bool is_header(std::string_view header);
/// Whether the header is of this name, in any case.
bool names(std::string_view header, std::string_view name);

}  // namespace vipherd::probe::http
