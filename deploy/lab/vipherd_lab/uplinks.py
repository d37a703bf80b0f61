"""FRR's configuration where a load balancer has several uplinks, or uplinks without addresses.

From deploy/frr, with the addresses of each host filled in; and, for what deploy/frr does not cover, the lab's own
part: the router in the middle, and what the leaves in front of the load balancers say to it.
"""

import re

from . import topology
from .errors import LabError

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

# What a leaf has besides deploy/frr/router.conf: it passes the default route on to the load balancers, as
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


def render(name, shape):
    """The configuration of one host of a lab in which the load balancers learn their default route."""
    if name == "router" and shape.leaves:
        return _core(shape.uplinks)
    if shape.unnumbered:
        return _unnumbered(name, shape)
    if name.startswith("leaf"):
        return _leaf(topology.leaf_number(name), shape)
    return _load_balancer(name, shape.uplinks)


def _core(uplinks):
    neighbors, links = "", ""
    for number in range(1, uplinks + 1):
        neighbors += (f" neighbor {topology.leaf_ipv4(number)} peer-group LEAF4\n"
                      f" neighbor {topology.leaf_ipv6(number)} peer-group LEAF6\n")
        links += _OSPF_LINK.format(port=topology.core_port(number))
    return _CORE.format(core_as=CORE_AS, core_id=topology.CLIENT_GATEWAY, neighbors=neighbors, links=links)


def name_neighbors(text, number, nodes):
    """router.conf, with neighbours by name instead of a range: see docs/frr.md, "Uplinks"."""
    for family, node_address in (("4", topology.node_ipv4), ("6", topology.node_ipv6)):
        ranges = re.findall(rf"^ bgp listen range \S+ peer-group LB{family}\n", text, flags=re.MULTILINE)
        if len(ranges) != 1:
            raise LabError(f"router.conf no longer has one listen range for LB{family}")
        text = text.replace(ranges[0], f" neighbor LB{family} passive\n" + "".join(
            f" neighbor {node_address(name, number)} peer-group LB{family}\n" for name in nodes))
    return text


def _leaf(number, shape):
    text = name_neighbors(read("router.conf"), number, shape.nodes)
    # What is left are the router's own addresses.
    text = text.replace("router-id 192.168.100.1", f"router-id {topology.segment_ipv4(number)}1")
    return text + towards_core(number, "LB4", "LB6") + _OSPF_LINK.format(port="swp1")


def towards_core(number, lb4, lb6):
    return _LEAF.format(core_as=CORE_AS, core4=topology.core_ipv4(number), core6=topology.core_ipv6(number),
                        lb4=lb4, lb6=lb6)


def _load_balancer(name, uplinks):
    """dual-homed.conf, in which what is said of the second uplink is said of all further ones."""
    text = read("dual-homed.conf")
    interface = re.search(r"^interface eth2\n.*?^exit\n", text, flags=re.MULTILINE | re.DOTALL)
    neighbors = re.findall(r"^ neighbor (?:192\.168\.101\.1|fd00:193::1) .*\n", text, flags=re.MULTILINE)
    if not interface or len(neighbors) != 2:
        raise LabError("dual-homed.conf no longer has two uplinks, eth1 and eth2")
    for number in range(3, uplinks + 1):
        text = text.replace(neighbors[-1], neighbors[-1] + "".join(
            line.replace("192.168.101.", topology.segment_ipv4(number)).replace(
                "fd00:193::", topology.segment_ipv6(number)) for line in neighbors))
        text = text.replace(interface[0], interface[0] + interface[0].replace("eth2", f"eth{number}"))
    return own_router_id(text, name, 3)


def _unnumbered(name, shape):
    """unnumbered.conf and unnumbered-leaf.conf, with a line for each uplink, and for each load balancer."""
    if name in shape.nodes:
        text = own_router_id(read("unnumbered.conf"), name, 1)
        return _each(text, "LEAVES", [f"eth{uplink}" for uplink in range(1, shape.uplinks + 1)])
    text = _each(read("unnumbered-leaf.conf"), "LB", [topology.switch_port(node) for node in shape.nodes])
    if name == "router":
        return text
    # A leaf in front of the router: it passes the default route on instead.
    number = topology.leaf_number(name)
    text = text.replace("router-id 192.168.100.1", f"router-id {topology.segment_ipv4(number)}1")
    text = re.sub(r"^  neighbor LB default-originate\n", "", text, flags=re.MULTILINE)
    return text + towards_core(number, "LB", "LB")


def _each(text, group, interfaces):
    """The unnumbered neighbours of a peer group, replaced by those on these interfaces."""
    found = re.findall(rf"^ neighbor \S+ interface peer-group {group}\n", text, flags=re.MULTILINE)
    if len(found) != 2 or "".join(found) not in text:
        raise LabError(f"the configuration no longer has two neighbours in {group}")
    return text.replace("".join(found), "".join(f" neighbor {interface} interface peer-group {group}\n"
                                                for interface in interfaces))


def own_router_id(text, name, times):
    """The router id of lb1, which the files of deploy/frr name, replaced by a node's own."""
    example = f"router-id {topology.node_ipv4('lb1')}\n"
    if text.count(example) != times:
        raise LabError(f"the configuration of {name} no longer names lb1's router id {times} times")
    return text.replace(example, f"router-id {topology.node_ipv4(name)}\n")


def read(file):
    with open(f"{topology.FRR_CONFIGURATION}/{file}") as content:
        return content.read()
