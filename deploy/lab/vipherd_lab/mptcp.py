"""MPTCP in the lab: nginx and the client speak it, and each node signals the addresses of its uplinks.

A client that speaks MPTCP opens a further subflow to each address that it is told of, beside the first, which goes to
the VIP: one connection then uses all uplinks, and outlives that the router sends the first subflow elsewhere. It is the
configuration of docs/several-uplinks.md.
"""

from . import topology
from .namespaces import ip

IPPROTO_MPTCP = 262
LAUNCHER = ["mptcpize", "run"]  # has an unmodified server make MPTCP sockets
_FIRST_TABLE = 101  # of the routes of what has the first uplink's address


def configure(hosts, shape):
    """Before FRR starts. The routers in between have to know the way to the uplinks' segments."""
    ip("-n", hosts["cli"].netns, "mptcp", "limits", "set", "subflow", "8", "add_addr_accepted", "8")
    for name in shape.nodes:
        netns = hosts[name].netns
        ip("-n", netns, "mptcp", "limits", "set", "subflow", "8", "add_addr_accepted", "0")
        for uplink in range(1, shape.uplinks + 1):
            _signal(netns, uplink, "-4", topology.node_ipv4(name, uplink), f"{topology.segment_ipv4(uplink)}1")
            _signal(netns, uplink, "-6", topology.node_ipv6(name, uplink), f"{topology.segment_ipv6(uplink)}1")
    for leaf in shape.leaves:
        number = topology.leaf_number(leaf)
        topology.batch(hosts["router"],
                       [f"route replace {topology.segment_ipv4(number)}0/24 via {topology.leaf_ipv4(number)}",
                        f"route replace {topology.segment_ipv6(number)}/64 via {topology.leaf_ipv6(number)}"])


def _signal(netns, uplink, family, address, gateway):
    """Clients are told of the address, and what is sent from it leaves by its uplink."""
    table = str(_FIRST_TABLE + uplink - 1)
    ip("-n", netns, family, "route", "replace", "default", "via", gateway, "dev", f"eth{uplink}", "table", table)
    ip("-n", netns, family, "rule", "add", "from", address, "table", table)
    ip("-n", netns, "mptcp", "endpoint", "add", address, "dev", f"eth{uplink}", "signal")
