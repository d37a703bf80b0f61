// Static routes of a Linux router without routing software.
#include "render/platforms.hpp"

namespace vipherd::render {
namespace {

constexpr const char* kIproute2 = R"(
#!/bin/sh
# Static routes to the load balancers on a Linux router that runs no routing software.
# Written by `vipherd render router --platform iproute2`. To be run as root, and at each start.
#
# A static route knows nothing of health: a node that fails goes on getting its share, until this is
# run again without it. So this is for trials, and for routers that cannot speak BGP or OSPF. The
# services need `attach = "always"` in vipherd.toml, so that every node answers for every VIP.
set -eu

# A connection is sent by addresses and ports. By addresses alone (0, the default) all
# connections of one client reach one node.
%if v4
sysctl -q -w net.ipv4.ip_forward=1
sysctl -q -w net.ipv4.fib_multipath_hash_policy=1
# Of several next hops those that answer no ARP are left out, which is all the health there is.
sysctl -q -w net.ipv4.fib_multipath_use_neigh=1
%end
%if v6
sysctl -q -w net.ipv6.conf.all.forwarding=1
sysctl -q -w net.ipv6.fib_multipath_hash_policy=1
%end

# The pool, and nothing else, over all load balancers.
%each families
%each pool
ip -@family@ route replace @prefix@ proto static@next_hops@
%end
%end
)";

}  // namespace

std::string iproute2(const Subject& subject) { return fill(kIproute2, values_of(subject)); }

}  // namespace vipherd::render
