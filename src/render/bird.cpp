// bird.conf of BIRD 2.
#include "render/platforms.hpp"

namespace vipherd::render {
namespace {

constexpr const char* kBird = R"(
# BIRD 2 on a router in front of the load balancers: /etc/bird/bird.conf.
# Written by `vipherd render router --platform bird`.
#
# The kernel divides connections among the load balancers. By default it looks at
# addresses only, so that one client reaches one node. In /etc/sysctl.d:
#   net.ipv4.fib_multipath_hash_policy = 1
#   net.ipv6.fib_multipath_hash_policy = 1

# One of the router's IPv4 addresses.
router id @router_id@;

protocol device {
}

# The pool of VIPs: host routes out of it are all that is taken from a load balancer.
%each families
function is_vip@family@() {
  return net ~ [ @pool_set@ ];
}
%end
%if default_route
# What the load balancers are sent: the default route, as long as the kernel has one.
%each families
function is_default@family@() {
  return net = @any@;
}
%end
%end

# Into the kernel, and over all load balancers that are equally good: without `merge paths` BIRD
# gives the kernel one of the BGP routes, and only OSPF's ECMP works.
%each families
protocol kernel {
%if default_route
  # Also routes that BIRD did not make itself.
  learn;
  @afi@ { import where is_default@family@(); export where is_vip@family@(); };
%else
  @afi@ { import none; export where is_vip@family@(); };
%end
  merge paths on limit 64;
}
%end

%if bfd
# BFD with the load balancers: a packet each 100 ms, three missing ones end the session.
protocol bfd {
%each uplinks
  interface "@name@" {
    interval 100 ms;
    multiplier 3;
  };
%end
}

%end
%if bgp
# --- BGP

template bgp load_balancer {
%if bfd
  # A load balancer that BFD calls dead is dead.
  bfd on;
%end
  # Do not keep the routes of one whose session is lost.
  graceful restart off;
  # They connect to the router, never the other way round.
  passive on;
%if tuned
  hold time 3;
  keepalive time 1;
%end
}
%if ranges
# All load balancers in these networks are peers: adding one needs no change here.
%end
%each ranges_of
protocol bgp @name@ from load_balancer {
  local @own@ as @router_as@;
  neighbor range @range@ as @node_as@;
  dynamic name "@name@_";
  @afi@ { import where is_vip@family@(); export @bird_export@; };
}
%end
%each members_of
protocol bgp @name@ from load_balancer {
  local @own@ as @router_as@;
  neighbor @member@ as @node_as@;
  @afi@ { import where is_vip@family@(); export @bird_export@; };
}
%end

%end
%if ospf
# --- OSPFv2 and OSPFv3

%if tuned
# BIRD knows no hello interval below one second, so the load balancers need
# `vipherd render node --timers seconds`. As the designated router (they never
# become it, their priority is 0) it need not wait for another one.
%end
%each families
protocol ospf @ospf_version@ {
  # What is no VIP stays out of the kernel by its filter above.
  @afi@ { import all; export @bird_export@; };
  ecmp yes limit 64;
  # The VIPs are external routes of several routers.
  merge external yes;
  area 0 {
%each uplinks
    interface "@name@" {
%if tuned
      hello 1;
      dead 3;
      wait 3;
      retransmit 2;
%end
      priority 100;
%if bfd
      bfd on;
%end
    };
%end
  };
}
%end
%end
)";

}  // namespace

std::string bird(const Subject& subject) { return fill(kBird, values_of(subject)); }

}  // namespace vipherd::render
