"""The agents' relay on the kernel of Debian 12: test_in_machine.py runs this in a virtual machine, slowly."""

import contextlib
import os

import pytest
import shared
from look import ALL, IPV4, IPV6, eventually, eventually_true, expect, fib, status
from vipherd_lab import survive
from vipherd_lab.measure import L4Hashing
from vipherd_lab.stayers import Stayers

PATIENCE = 300
CONNECTIONS = 24  # to a VIP of each family: each node has some
LEAVING = "lb2"


def relayed(lab, node, family, what):
    """Connections that lb1 passed on, or lb2 accepted."""
    return sum(sibling[what] for sibling in status(lab.nodes[node])["relay"]["siblings"]
               if (":" in sibling["address"]) == (family == "ipv6"))


def test_a_drained_nodes_connections_are_passed_on_to_it():
    """Here heartbeats come late now and then, and what is passed on with them: that none is lost is shown on fast machines."""
    assert os.uname().release.startswith("6.1."), "another kernel than was meant"
    # An emulated machine takes its time.
    with shared.own_lab("relay61", nodes=2, protocol="bgp", relay=True, drain=("500ms", "300s"), interval="2s", timeout="20s",
                        watchdog=60.0) as lab:
        if not status(lab.nodes["lb1"])["relay"]:
            pytest.skip("built without the relay (clang, bpftool, libbpf-dev): it is not tested")
        eventually(lambda: fib(lab), expect(ALL, lab.nodes), PATIENCE)
        survive.wait_for_relay(lab)
        with L4Hashing(lab.router), contextlib.ExitStack() as opened:
            clients = [opened.enter_context(contextlib.closing(Stayers(lab.client, vip, CONNECTIONS)))
                       for vip in (IPV4[0], IPV6[0])]
            assert [{each["node"] for each in client.ask()["connections"]} for client in clients] == 2 * [set(lab.nodes)]
            shared.ok(lab.nodes[LEAVING], "drain")
            eventually(lambda: fib(lab), expect(ALL, set(lab.nodes) - {LEAVING}), PATIENCE)
            for family in ("ipv4", "ipv6"):
                eventually_true(f"{family} connections, passed on by lb1 and accepted by lb2",
                                lambda family=family: relayed(lab, "lb1", family, "connections_passed_on") > 0 and
                                relayed(lab, "lb2", family, "connections_accepted") > 0, PATIENCE)
