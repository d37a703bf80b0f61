// Whether an answer of a DNS server is the expected one, in words. Pure.
#pragma once

#include "probe/dns/settings.hpp"
#include "probe/kind.hpp"
#include "vipherd/wire/dns.hpp"

namespace vipherd::probe::dns {

/// `answer` is whole, not truncated.
Outcome evaluate(const DnsSettings& settings, const wire::dns::Answer& answer);

}  // namespace vipherd::probe::dns
