// OpenWrt: BIRD 2, its configuration and what is around it, as a script.
#include "render/platforms.hpp"

namespace vipherd::render {
namespace {

constexpr const char* kOpenwrtHead = R"(
#!/bin/sh
# OpenWrt 22.03 or later with BIRD 2, in front of the load balancers: run it on the router, as root.
# Written by `vipherd render router --platform openwrt`. From OpenWrt 25.12 on `apk` is in place of
# `opkg`: apk update; apk add bird2 bird2c
set -eu
opkg update
opkg install bird2 bird2c

# A connection is sent by addresses and ports. By addresses alone (0, the default) all connections of
# one client reach one node.
cat > /etc/sysctl.d/60-vipherd.conf <<'END'
net.ipv4.fib_multipath_hash_policy=1
net.ipv6.fib_multipath_hash_policy=1
END
sysctl -q -p /etc/sysctl.d/60-vipherd.conf

# The firewall lets the load balancers speak to this router. Their ports are in the zone lan: if it is
# another one, change it.
zone=lan
%each openings
uci -q delete firewall.vipherd_@name@ || true
uci set firewall.vipherd_@name@=rule
uci set firewall.vipherd_@name@.name='vipherd @name@'
uci set firewall.vipherd_@name@.src="$zone"
uci set firewall.vipherd_@name@.proto='@proto@'
%if has_port
uci set firewall.vipherd_@name@.dest_port='@port@'
%end
uci set firewall.vipherd_@name@.target='ACCEPT'
%end
uci commit firewall
/etc/init.d/firewall reload

# As `vipherd render router --platform bird`.
cat > /etc/bird.conf <<'END'
)";

constexpr const char* kOpenwrtTail = R"(
END
/etc/init.d/bird enable
/etc/init.d/bird restart
)";

Values opening(const char* name, const char* proto, const char* port) {
  Values values;
  values.set("name", name);
  values.set("proto", proto);
  values.set("port", port);
  values.flag("has_port", *port != '\0');
  return values;
}

}  // namespace

std::string openwrt(const Subject& subject) {
  std::vector<Values> openings;
  if (subject.bgp) openings.push_back(opening("bgp", "tcp", "179"));
  if (subject.ospf) openings.push_back(opening("ospf", "89", ""));
  if (subject.bfd()) openings.push_back(opening("bfd", "udp", "3784"));
  Values values = values_of(subject);
  values.list("openings", std::move(openings));
  return fill(kOpenwrtHead, values) + bird(subject) + fill(kOpenwrtTail, values);
}

}  // namespace vipherd::render
