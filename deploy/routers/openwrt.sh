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
uci -q delete firewall.vipherd_bgp || true
uci set firewall.vipherd_bgp=rule
uci set firewall.vipherd_bgp.name='vipherd bgp'
uci set firewall.vipherd_bgp.src="$zone"
uci set firewall.vipherd_bgp.proto='tcp'
uci set firewall.vipherd_bgp.dest_port='179'
uci set firewall.vipherd_bgp.target='ACCEPT'
uci -q delete firewall.vipherd_ospf || true
uci set firewall.vipherd_ospf=rule
uci set firewall.vipherd_ospf.name='vipherd ospf'
uci set firewall.vipherd_ospf.src="$zone"
uci set firewall.vipherd_ospf.proto='89'
uci set firewall.vipherd_ospf.target='ACCEPT'
uci -q delete firewall.vipherd_bfd || true
uci set firewall.vipherd_bfd=rule
uci set firewall.vipherd_bfd.name='vipherd bfd'
uci set firewall.vipherd_bfd.src="$zone"
uci set firewall.vipherd_bfd.proto='udp'
uci set firewall.vipherd_bfd.dest_port='3784'
uci set firewall.vipherd_bfd.target='ACCEPT'
uci commit firewall
/etc/init.d/firewall reload

# As `vipherd render router --platform bird`.
cat > /etc/bird.conf <<'END'
# BIRD 2 on a router in front of the load balancers: /etc/bird/bird.conf.
# Written by `vipherd render router --platform bird`.
#
# The kernel divides connections among the load balancers. By default it looks at
# addresses only, so that one client reaches one node. In /etc/sysctl.d:
#   net.ipv4.fib_multipath_hash_policy = 1
#   net.ipv6.fib_multipath_hash_policy = 1

# One of the router's IPv4 addresses.
router id 192.168.100.1;

protocol device {
}

# The pool of VIPs: host routes out of it are all that is taken from a load balancer.
function is_vip4() {
  return net ~ [ 10.10.10.0/24{32,32} ];
}
function is_vip6() {
  return net ~ [ 2001:db8:10::/64{128,128} ];
}

# Into the kernel, and over all load balancers that are equally good: without `merge paths` BIRD
# gives the kernel one of the BGP routes, and only OSPF's ECMP works.
protocol kernel {
  ipv4 { import none; export where is_vip4(); };
  merge paths on limit 64;
}
protocol kernel {
  ipv6 { import none; export where is_vip6(); };
  merge paths on limit 64;
}

# BFD with the load balancers: a packet each 100 ms, three missing ones end the session.
protocol bfd {
  interface "eth1" {
    interval 100 ms;
    multiplier 3;
  };
}

# --- BGP

template bgp load_balancer {
  # A load balancer that BFD calls dead is dead.
  bfd on;
  # Do not keep the routes of one whose session is lost.
  graceful restart off;
  # They connect to the router, never the other way round.
  passive on;
  hold time 3;
  keepalive time 1;
}
# All load balancers in these networks are peers: adding one needs no change here.
protocol bgp lb4 from load_balancer {
  local 192.168.100.1 as 65000;
  neighbor range 192.168.100.0/24 as 65001;
  dynamic name "lb4_";
  ipv4 { import where is_vip4(); export none; };
}
protocol bgp lb6 from load_balancer {
  local fd00:192::1 as 65000;
  neighbor range fd00:192::/64 as 65001;
  dynamic name "lb6_";
  ipv6 { import where is_vip6(); export none; };
}

# --- OSPFv2 and OSPFv3

# BIRD knows no hello interval below one second, so the load balancers need
# `vipherd render node --timers seconds`. As the designated router (they never
# become it, their priority is 0) it need not wait for another one.
protocol ospf v2 {
  # What is no VIP stays out of the kernel by its filter above.
  ipv4 { import all; export none; };
  ecmp yes limit 64;
  # The VIPs are external routes of several routers.
  merge external yes;
  area 0 {
    interface "eth1" {
      hello 1;
      dead 3;
      wait 3;
      retransmit 2;
      priority 100;
      bfd on;
    };
  };
}
protocol ospf v3 {
  # What is no VIP stays out of the kernel by its filter above.
  ipv6 { import all; export none; };
  ecmp yes limit 64;
  # The VIPs are external routes of several routers.
  merge external yes;
  area 0 {
    interface "eth1" {
      hello 1;
      dead 3;
      wait 3;
      retransmit 2;
      priority 100;
      bfd on;
    };
  };
}
END
/etc/init.d/bird enable
/etc/init.d/bird restart
