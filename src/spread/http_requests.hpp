// A round over HTTP, by libcurl: each request on a new connection.
#pragma once

#include "vipherd/spread/requests.hpp"

namespace vipherd::spread {

Result<Round> send_http_round(const Options& options);

/// A node's name as others wrote it: its first line without space around it, and not endless.
std::string name_in(std::string_view text);

}  // namespace vipherd::spread
