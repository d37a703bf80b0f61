"""The classic topology: cli - sw1 - router - sw2 - lb1..lbN; its names, addresses and links.

    cli  172.16.100.2 --- sw1 --- 172.16.100.1  router  192.168.100.1 --- sw2 --- lb1 192.168.100.2
                                                                            \\--- lb2 192.168.100.3 ...

With several uplinks (`lab up --uplinks K`) a leaf stands on each of them, and the router is in the middle:

    router --- leaf1 192.168.100.1 --- sw2 --- eth1 of lb1 192.168.100.2, of lb2 192.168.100.3 ...
         \\--- leaf2 192.168.101.1 --- sw3 --- eth2 of lb1 192.168.101.2, of lb2 192.168.101.3 ...
"""

import os
import subprocess

from .errors import LabError
from .namespaces import Host

VIPS = ["10.10.10.10", "10.10.10.11", "10.10.10.12",
        "2001:db8:10::10", "2001:db8:10::11", "2001:db8:10::12"]
POOL = ["10.10.10.0/24", "2001:db8:10::/64"]
MAX_NODES = 64
MAX_UPLINKS = 4
FRR_CONFIGURATION = os.path.realpath(f"{os.path.dirname(__file__)}/../../frr")
SYSCTL_FILE = os.path.realpath(f"{os.path.dirname(__file__)}/../../sysctl.d/60-vipherd.conf")
CLIENT_GATEWAY = "172.16.100.1"
VRF_TABLE = 100
# Of a VRF's device, for checks: in a VRF there is no 127.0.0.1 as long as Linux looks into table local first.
VRF_ADDRESS = "100.64.0.1"

ROUTER_IPV4 = "192.168.100.1"
ROUTER_IPV6 = "fd00:192::1"

# In a lab no router is advertised and no address is used twice, so the delays of IPv6 start-up are
# left out. Link-local addresses are given by hand, so that next hops in the router's table are readable.
_QUIET_IPV6 = {
    f"net.ipv6.conf.{scope}.{key}": value
    for scope in ("all", "default")
    for key, value in (("accept_dad", 0), ("dad_transmits", 0), ("accept_ra", 0), ("addr_gen_mode", 1))
}
_NO_RP_FILTER = {"net.ipv4.conf.all.rp_filter": 0, "net.ipv4.conf.default.rp_filter": 0}


def node_names(count):
    return [f"lb{number}" for number in range(1, count + 1)]


def node_number(name):
    """1 for lb1."""
    if not name.startswith("lb") or not name[2:].isdigit():
        raise LabError(f"{name} is not a load balancer (lb1, lb2, ...)")
    return int(name[2:])


def segment_ipv4(uplink):
    """What all addresses of an uplink's segment begin with."""
    return f"192.168.{99 + uplink}."


def segment_ipv6(uplink):
    return f"fd00:{191 + uplink}::"


def node_ipv4(name, uplink=1):
    return f"{segment_ipv4(uplink)}{node_number(name) + 1}"


def node_ipv6(name, uplink=1):
    return f"{segment_ipv6(uplink)}{node_number(name) + 1:x}"


def node_link_local(name):
    return f"fe80::{node_number(name) + 1:x}"


def node_of_next_hop(count, uplinks=1):
    """Next-hop address -> node, for each address by which a router may reach a node."""
    table = {}
    for name in node_names(count):
        table[node_link_local(name)] = name
        for uplink in range(1, uplinks + 1):
            table[node_ipv4(name, uplink)] = table[node_ipv6(name, uplink)] = name
    return table


def leaf_names(uplinks):
    return [f"leaf{number}" for number in range(1, uplinks + 1)] if uplinks > 1 else []


def leaf_number(name):
    return int(name[4:])


def core_port(number):
    """The router's port to a leaf."""
    return f"swp{number + 1}"


def core_ipv4(number):
    return f"192.168.200.{2 * number}"


def leaf_ipv4(number):
    return f"192.168.200.{2 * number + 1}"


def core_ipv6(number):
    return f"fd00:200:{number}::1"


def leaf_ipv6(number):
    return f"fd00:200:{number}::2"


def leaf_link_local(number):
    return f"fe80::{100 + number}"


def leaf_next_hops(number):
    """Addresses by which the router may reach a leaf."""
    return {leaf_ipv4(number), leaf_ipv6(number), leaf_link_local(number)}


def switch_name(uplink):
    """The switch of an uplink's segment."""
    return f"sw{uplink + 1}"


def switch_port(name):
    """The port that leads to a load balancer, of the switch (or, unnumbered, the router) of each uplink."""
    return f"swp{node_number(name) + 1}"


class Shape:
    """How the load balancers of a lab are connected: how many there are, over how many uplinks each, and whether
    these are segments with addresses and a switch, or plain links with nothing but link-local addresses."""

    def __init__(self, nodes, uplinks=1, unnumbered=False, vrf=None):
        self.vrf = vrf  # of the load balancers' uplinks
        self.nodes = node_names(nodes)
        self.uplinks = uplinks
        self.unnumbered = unnumbered
        self.leaves = leaf_names(self.uplinks)
        # The routers that the load balancers are connected to, one for each uplink.
        self.edges = self.leaves or ["router"]
        self.switches = ["sw1"] + ([] if self.unnumbered else [switch_name(uplink + 1) for uplink in
                                                               range(self.uplinks)])

    @classmethod
    def of(cls, settings):
        return cls(settings["nodes"], settings["uplinks"], settings["protocol"] == "unnumbered",
                   settings["vrf"])

    def ports(self, node):
        """Where each uplink of a node ends: (host, interface)."""
        hosts_there = self.edges if self.unnumbered else self.switches[1:]
        return [(host, switch_port(node)) for host in hosts_there]

    def links(self):
        """Pairs of (host, interface)."""
        pairs = [(("router", "swp1"), ("sw1", "swp1")), (("cli", "eth1"), ("sw1", "swp2"))]
        pairs += [(("router", core_port(leaf_number(leaf))), (leaf, "swp1")) for leaf in self.leaves]
        if not self.unnumbered:
            pairs += [((edge, "swp2"), (switch, "swp1")) for edge, switch in zip(self.edges, self.switches[1:])]
        return pairs + [((node, f"eth{uplink}"), port) for node in self.nodes
                        for uplink, port in enumerate(self.ports(node), 1)]

    def addresses(self):
        """Host -> interface -> addresses with prefix length; the link-local one comes last."""
        table = {"cli": {"eth1": ["172.16.100.2/24", "fd00:100::2/64", "fe80::2/64"]},
                 "router": {"swp1": [f"{CLIENT_GATEWAY}/24", "fd00:100::1/64", "fe80::1/64"]},
                 **{name: {} for name in [*self.leaves, *self.nodes]}}
        for leaf in self.leaves:
            number = leaf_number(leaf)
            table["router"][core_port(number)] = [f"{core_ipv4(number)}/31", f"{core_ipv6(number)}/64", "fe80::1/64"]
            table[leaf]["swp1"] = [f"{leaf_ipv4(number)}/31", f"{leaf_ipv6(number)}/64",
                                   f"{leaf_link_local(number)}/64"]
        for uplink, edge in enumerate(self.edges, 1):
            link_local = f"{leaf_link_local(uplink) if self.leaves else 'fe80::1'}/64"
            if not self.unnumbered:
                table[edge]["swp2"] = [f"{segment_ipv4(uplink)}1/24", f"{segment_ipv6(uplink)}1/64", link_local]
            for node in self.nodes:
                own = [] if self.unnumbered else [f"{node_ipv4(node, uplink)}/24", f"{node_ipv6(node, uplink)}/64"]
                table[node][f"eth{uplink}"] = [*own, f"{node_link_local(node)}/64"]
        return table

    def learns_default(self, name):
        """A load balancer takes its default route from the routers, unless there is but one, by address."""
        return name in self.nodes and (self.unnumbered or self.uplinks > 1)


def hosts(lab, shape):
    return {name: Host(lab, name) for name in ["cli", "router", *shape.switches, *shape.leaves, *shape.nodes]}


def _default_routes(name, shape):
    """Static ones, where no router offers them."""
    if name == "cli":
        via = (CLIENT_GATEWAY, "fd00:100::1")
    elif name in shape.nodes and not shape.learns_default(name):
        via = (ROUTER_IPV4, ROUTER_IPV6)
    else:
        return []
    vrf = f" vrf {shape.vrf}" if shape.vrf and name in shape.nodes else ""
    return [f"route replace default via {via[0]}{vrf}", f"route replace ::/0 via {via[1]}{vrf}"]


def shipped_sysctls():
    """The settings of deploy/sysctl.d for load balancers."""
    with open(SYSCTL_FILE) as file:
        lines = [line.partition("=") for line in file if line.strip() and not line.startswith("#")]
    return {name.strip(): value.strip() for name, _, value in lines}


def batch(host, commands):
    """Runs many ip(8) commands in the network of one host."""
    done = subprocess.run(["ip", "-n", host.netns, "-batch", "-"], input="\n".join(commands),
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise LabError(f"{host.name}: ip -batch: {done.stderr.strip()}")


# Who listens on all addresses is reached from each VRF.
_IN_ALL_VRFS = {"net.ipv4.tcp_l3mdev_accept": 1, "net.ipv4.udp_l3mdev_accept": 1}


def _make_vrf(all_hosts, shape, commands):
    """The VRF of each load balancer, with its uplink in it (which loses its IPv6 addresses at that moment)."""
    for name in shape.nodes:
        host = all_hosts[name]
        try:
            batch(host, [f"link add name {shape.vrf} type vrf table {VRF_TABLE}"])
        except LabError as error:
            raise LabError(f"this machine's kernel has no VRFs, but `lab vm` does: {error}") from None
        host.set_sysctls(_IN_ALL_VRFS)
        commands[name] += [f"link set {shape.vrf} up", f"address add {VRF_ADDRESS}/32 dev {shape.vrf}",
                           *[f"link set eth{uplink + 1} master {shape.vrf}" for uplink in range(shape.uplinks)]]


def connect(all_hosts, shape):
    """Links the hosts and gives them addresses, forwarding and default routes."""
    for name, host in all_hosts.items():
        forward = 1 if name == "router" or name in shape.leaves else 0
        host.set_sysctls({**_QUIET_IPV6, **_NO_RP_FILTER, "net.ipv4.ip_forward": forward,
                          "net.ipv6.conf.all.forwarding": forward})
        if shape.learns_default(name):
            host.set_sysctls(shipped_sysctls())
        elif shape.leaves:  # the routers in between use all their next hops too
            host.set_sysctls({"net.ipv4.fib_multipath_hash_policy": 1, "net.ipv6.fib_multipath_hash_policy": 1})
    commands = {name: ["link set lo up"] for name in all_hosts}
    if shape.vrf:
        _make_vrf(all_hosts, shape, commands)
    links = shape.links()
    for (host, port), (other, other_end) in links:
        # Created straight in their namespaces: a name in use on the machine or in another lab is no matter.
        batch(all_hosts[host], [f"link add name {port} type veth "
                                f"peer name {other_end} netns {all_hosts[other].netns}"])
        if shape.unnumbered and host in shape.nodes:
            # The kernel's own link-local address: it comes back with a port that was down, one given by hand does not.
            commands[other].append(f"link set {other_end} addrgenmode eui64")
        commands[host].append(f"link set {port} up")
        commands[other].append(f"link set {other_end} up")
    for switch in shape.switches:
        ports = [interface for pair in links for host, interface in pair if host == switch]
        commands[switch] += ["link add name br1 type bridge stp_state 0 mcast_snooping 0",
                             "link set br1 up", *[f"link set {port} master br1" for port in ports]]
    for name, interfaces in shape.addresses().items():
        for interface, addresses in interfaces.items():
            commands[name] += [f"address add {address} dev {interface}" for address in addresses]
        commands[name] += _default_routes(name, shape)
    for name, lines in commands.items():
        batch(all_hosts[name], lines)
