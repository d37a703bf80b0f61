"""The classic topology: cli - sw1 - router - sw2 - lb1..lbN; its names, addresses and links.

    cli  172.16.100.2 --- sw1 --- 172.16.100.1  router  192.168.100.1 --- sw2 --- lb1 192.168.100.2
                                                                            \\--- lb2 192.168.100.3 ...
"""

import subprocess

from .errors import LabError
from .namespaces import Host

VIPS = ["10.10.10.10", "10.10.10.11", "10.10.10.12",
        "2001:db8:10::10", "2001:db8:10::11", "2001:db8:10::12"]
POOL = ["10.10.10.0/24", "2001:db8:10::/64"]
MAX_NODES = 64

ROUTER_IPV4 = "192.168.100.1"
ROUTER_IPV6 = "fd00:192::1"

# In a lab nobody advertises routers and no address is used twice, so the delays of IPv6 start-up are
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


def node_ipv4(name):
    return f"192.168.100.{node_number(name) + 1}"


def node_ipv6(name):
    return f"fd00:192::{node_number(name) + 1:x}"


def node_link_local(name):
    return f"fe80::{node_number(name) + 1:x}"


def node_of_next_hop(count):
    """Next-hop address -> node, for each address by which the router may reach a node."""
    table = {}
    for name in node_names(count):
        for address in (node_ipv4(name), node_ipv6(name), node_link_local(name)):
            table[address] = name
    return table


def switch_port(name):
    """The port of sw2 that leads to a load balancer."""
    return f"swp{node_number(name) + 1}"


def hosts(lab, count):
    return {name: Host(lab, name) for name in ["cli", "router", "sw1", "sw2", *node_names(count)]}


def _links(count):
    """Pairs of (host, interface)."""
    pairs = [(("router", "swp1"), ("sw1", "swp1")), (("cli", "eth1"), ("sw1", "swp2")),
             (("router", "swp2"), ("sw2", "swp1"))]
    return pairs + [((name, "eth1"), ("sw2", switch_port(name))) for name in node_names(count)]


def _addresses(count):
    """Host -> interface -> addresses with prefix length; the link-local one comes last."""
    table = {
        "cli": {"eth1": ["172.16.100.2/24", "fd00:100::2/64", "fe80::2/64"]},
        "router": {"swp1": ["172.16.100.1/24", "fd00:100::1/64", "fe80::1/64"],
                   "swp2": [f"{ROUTER_IPV4}/24", f"{ROUTER_IPV6}/64", "fe80::1/64"]},
    }
    for name in node_names(count):
        table[name] = {"eth1": [f"{node_ipv4(name)}/24", f"{node_ipv6(name)}/64",
                                f"{node_link_local(name)}/64"]}
    return table


def _default_routes(name):
    via = ("172.16.100.1", "fd00:100::1") if name == "cli" else (ROUTER_IPV4, ROUTER_IPV6)
    return [f"route replace default via {via[0]}", f"route replace ::/0 via {via[1]}"]


def batch(host, commands):
    """Runs many ip(8) commands in the network of one host."""
    done = subprocess.run(["ip", "-n", host.netns, "-batch", "-"], input="\n".join(commands),
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise LabError(f"{host.name}: ip -batch: {done.stderr.strip()}")


def connect(all_hosts, count):
    """Links the hosts and gives them addresses, forwarding and default routes."""
    for name, host in all_hosts.items():
        forward = 1 if name == "router" else 0
        host.set_sysctls({**_QUIET_IPV6, **_NO_RP_FILTER, "net.ipv4.ip_forward": forward,
                          "net.ipv6.conf.all.forwarding": forward})
    commands = {name: ["link set lo up"] for name in all_hosts}
    for (host, port), (switch, switch_end) in _links(count):
        # Created straight in their namespaces: a name in use on the machine or in another lab is no matter.
        batch(all_hosts[host], [f"link add name {port} type veth "
                                f"peer name {switch_end} netns {all_hosts[switch].netns}"])
        commands[host].append(f"link set {port} up")
        commands[switch].append(f"link set {switch_end} up")
    for switch in ("sw1", "sw2"):
        ports = [end[1] for _, end in _links(count) if end[0] == switch]
        commands[switch] += ["link add name br1 type bridge stp_state 0 mcast_snooping 0",
                             "link set br1 up", *[f"link set {port} master br1" for port in ports]]
    for name, interfaces in _addresses(count).items():
        for interface, addresses in interfaces.items():
            commands[name] += [f"address add {address} dev {interface}" for address in addresses]
        if name != "router":
            commands[name] += _default_routes(name)
    for name, lines in commands.items():
        batch(all_hosts[name], lines)
