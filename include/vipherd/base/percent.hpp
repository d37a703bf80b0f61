// Percent-encoding of one segment of a URL's path (RFC 3986, 2.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vipherd {

/// Everything but unreserved characters and ':' becomes %XX, so that the text stays one segment.
std::string percent_encode(std::string_view segment);
/// Once, and not again; nullopt: a '%' without two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view segment);

}  // namespace vipherd
