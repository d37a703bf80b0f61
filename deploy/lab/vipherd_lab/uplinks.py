"""FRR's configuration where a load balancer has several uplinks, or uplinks without addresses.

Written by `vipherd render`, but for the lab's own part: the router in the middle, and what the leaves in front of the
load balancers say to it.
"""

import re

from . import rendered, topology

CORE_AS = 65100

_BFD = """frr defaults traditional
service integrated-vtysh-config
zebra work-queue 0
bfd
 profile vipherd
  transmit-interval 100
  receive-interval 100
  detect-multiplier 3
 exit
exit
"""

_LISTS = """ip prefix-list DEFAULT seq 10 permit 0.0.0.0/0
ipv6 prefix-list DEFAULT seq 10 permit ::/0
"""

_OSPF_LINK = """interface {port}
 ip ospf area 0
 ip ospf network point-to-point
 ip ospf dead-interval minimal hello-multiplier 4
 ip ospf retransmit-interval 1
 ip ospf bfd
 ip ospf bfd profile vipherd
 ipv6 ospf6 area 0
 ipv6 ospf6 network point-to-point
 ipv6 ospf6 hello-interval 1
 ipv6 ospf6 dead-interval 3
 ipv6 ospf6 retransmit-interval 1
 ipv6 ospf6 bfd
 ipv6 ospf6 bfd profile vipherd
exit
"""

# The router in the middle: it takes the VIPs from the leaves, and offers them the default route.
_CORE = _BFD + _LISTS + """ip prefix-list VIPHERD-POOL seq 10 permit 10.10.10.0/24 ge 32
ipv6 prefix-list VIPHERD-POOL seq 10 permit 2001:db8:10::/64 ge 128
router bgp {core_as}
 bgp router-id {core_id}
 no bgp default ipv4-unicast
 bgp graceful-restart-disable
 timers bgp 1 3
 coalesce-time 50
 neighbor LEAF4 peer-group
 neighbor LEAF4 remote-as 65000
 neighbor LEAF4 bfd profile vipherd
 neighbor LEAF4 timers connect 1
 neighbor LEAF6 peer-group
 neighbor LEAF6 remote-as 65000
 neighbor LEAF6 bfd profile vipherd
 neighbor LEAF6 timers connect 1
{neighbors} address-family ipv4 unicast
  maximum-paths 64
  neighbor LEAF4 activate
  neighbor LEAF4 default-originate
  neighbor LEAF4 prefix-list VIPHERD-POOL in
  neighbor LEAF4 prefix-list DEFAULT out
 exit-address-family
 address-family ipv6 unicast
  maximum-paths 64
  neighbor LEAF6 activate
  neighbor LEAF6 default-originate
  neighbor LEAF6 prefix-list VIPHERD-POOL in
  neighbor LEAF6 prefix-list DEFAULT out
 exit-address-family
exit
{links}router ospf
 ospf router-id {core_id}
 maximum-paths 64
 default-information originate always
 timers throttle lsa all 0
 timers lsa min-arrival 0
 timers throttle spf 0 50 500
exit
router ospf6
 ospf6 router-id {core_id}
 maximum-paths 64
 default-information originate always
 timers lsa min-arrival 0
 timers throttle spf 0 50 500
exit
"""

# What a leaf has besides what is rendered for a router: it passes the default route on to the load balancers, as
# long as it has one itself, and their VIPs to the middle.
_LEAF = """
! Added by the lab: towards the router in the middle.
""" + _LISTS + """router bgp 65000
 coalesce-time 50
 neighbor {core4} remote-as {core_as}
 neighbor {core4} bfd profile vipherd
 neighbor {core4} timers connect 1
 neighbor {core6} remote-as {core_as}
 neighbor {core6} bfd profile vipherd
 neighbor {core6} timers connect 1
 address-family ipv4 unicast
  neighbor {lb4} prefix-list DEFAULT out
  neighbor {core4} activate
  neighbor {core4} prefix-list DEFAULT in
  neighbor {core4} prefix-list VIPHERD-POOL out
 exit-address-family
 address-family ipv6 unicast
  neighbor {lb6} prefix-list DEFAULT out
  neighbor {core6} activate
  neighbor {core6} prefix-list DEFAULT in
  neighbor {core6} prefix-list VIPHERD-POOL out
 exit-address-family
exit
"""


def render(binary, name, shape, timers="tuned", named=False):
    """The configuration of a router: the one in front of the load balancers, a leaf there, or, with leaves, the one
    in the middle."""
    if name == "router" and shape.leaves:
        return _core(shape.uplinks)
    if name == "router":
        return rendered.router(binary, shape, named=named, timers=timers)
    return _leaf(binary, topology.leaf_number(name), shape, timers)


def _core(uplinks):
    neighbors, links = "", ""
    for number in range(1, uplinks + 1):
        neighbors += (f" neighbor {topology.leaf_ipv4(number)} peer-group LEAF4\n"
                      f" neighbor {topology.leaf_ipv6(number)} peer-group LEAF6\n")
        links += _OSPF_LINK.format(port=topology.core_port(number))
    return _CORE.format(core_as=CORE_AS, core_id=topology.CLIENT_GATEWAY, neighbors=neighbors, links=links)


def _leaf(binary, number, shape, timers):
    """A leaf knows its load balancers by name: docs/frr.md, "Uplinks". The default route it does not make, but
    passes on."""
    text = rendered.router(binary, shape, number, named=True, timers=timers)
    if shape.unnumbered:
        text = re.sub(r"^  neighbor LB default-originate\n", "", text, flags=re.MULTILINE)
        return text + _towards_core(number, "LB", "LB")
    return text + _towards_core(number, "LB4", "LB6") + _OSPF_LINK.format(port="swp1")


def _towards_core(number, lb4, lb6):
    return _LEAF.format(core_as=CORE_AS, core4=topology.core_ipv4(number), core6=topology.core_ipv6(number),
                        lb4=lb4, lb6=lb6)
