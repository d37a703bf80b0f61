"""What else a router may do with connections that are under way when its next hops change."""

import contextlib
import subprocess

from vipherd_lab import topology
from vipherd_lab.namespaces import ip

_FIRST_MARK = 1001  # of the connections to lb1, and the table that leads there

_RULES = """
table inet keep {{
    chain remember {{
        type filter hook postrouting priority 0;
        oifname "swp2" ct mark 0 ct mark set rt ip nexthop map {{ {ipv4} }}
        oifname "swp2" ct mark 0 ct mark set rt ip6 nexthop map {{ {ipv6} }}
    }}
    chain follow {{
        type filter hook prerouting priority mangle;
        iifname "swp1" ct mark != 0 meta mark set ct mark
    }}
}}
"""


@contextlib.contextmanager
def keeping_connections(lab):
    """Within this context the router keeps a table of connections, as firewalls and others that route by session do:
    each stays with the node to which its first packet went, new ones follow the routes."""
    maps = {4: {}, 6: {}}
    commands = []
    for mark, name in enumerate(lab.nodes, _FIRST_MARK):
        hops = {4: [topology.node_ipv4(name)], 6: [topology.node_link_local(name), topology.node_ipv6(name)]}
        for family, addresses in hops.items():
            maps[family].update(dict.fromkeys(addresses, mark))
            commands.append(f"-{family} rule add fwmark {mark} lookup {mark}")
            commands.append(f"-{family} route add default via {addresses[0]} dev swp2 table {mark}")
    rules = _RULES.format(**{f"ipv{family}": ", ".join(f"{hop} : {mark}" for hop, mark in known.items())
                             for family, known in maps.items()})
    with contextlib.ExitStack() as undo:
        for command in commands:
            ip("-n", lab.router.netns, *command.split())
            undo.callback(ip, "-n", lab.router.netns, *command.replace(" add ", " del ").split())
        subprocess.run(lab.router.command(["nft", "-f", "-"]), input=rules, text=True, check=True)
        undo.callback(lab.router.run, ["nft", "delete table inet keep"])
        yield
