// Whether a request is for this endpoint, by its Host header (RFC 9110, section 7.2). A browser on
// the node can be made to ask 127.0.0.1 under a name that another program owns (DNS rebinding), and
// would show the answer to that name's pages; such a name is none of ours. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace vipherd::api {

/// `host` is the header's value, with or without a port: true for an address (IPv6 in brackets),
/// for localhost and for one of `names`, whose case does not matter.
bool is_own_host(std::string_view host, std::span<const std::string> names);

}  // namespace vipherd::api
