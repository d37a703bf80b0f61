// A round of DNS queries over UDP: each from a socket, and so from a source port, of its own.
#pragma once

#include "vipherd/spread/requests.hpp"
#include "vipherd/wire/dns.hpp"

namespace vipherd::spread {

/// Fails if the name is none.
Result<wire::dns::Query> txt_query(const std::string& name);

Result<Round> send_dns_round(const Options& options);

}  // namespace vipherd::spread
