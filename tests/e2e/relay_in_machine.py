"""The agents' relay on the kernel of Debian 12: test_relay_in_machine.py runs this in a virtual machine, slowly."""

import contextlib
import os
import time

import shared
from look import ALL, IPV4, IPV6, eventually, expect, fib, status
from vipherd_lab import survive
from vipherd_lab.lab import Lab, down_undisturbed
from vipherd_lab.measure import L4Hashing
from vipherd_lab.stayers import Stayers

PATIENCE = 300
CONNECTIONS = 8  # to a VIP of each family
LEAVING = "lb2"


def passed_on(node):
    return sum(sibling["connections_passed_on"] for sibling in status(node)["relay"]["siblings"])


def test_a_drained_nodes_connections_go_on():
    assert os.uname().release.startswith("6.1."), "another kernel than was meant"
    name = shared.lab_name("relay61")
    try:
        # An emulated machine takes its time.
        lab = Lab.up(name, nodes=2, protocol="bgp", relay=True, drain=("500ms", "300s"), interval="2s", timeout="20s",
                     watchdog=60.0, binary=os.environ.get("VIPHERD"))
        eventually(lambda: fib(lab), expect(ALL, lab.nodes), PATIENCE)
        survive.wait_for_relay(lab)
        with L4Hashing(lab.router), contextlib.ExitStack() as opened:
            clients = [opened.enter_context(contextlib.closing(Stayers(lab.client, vip, CONNECTIONS)))
                       for vip in (IPV4[0], IPV6[0])]
            before = [each for client in clients for each in client.ask()["connections"]]
            assert {each["node"] for each in before} == set(lab.nodes)
            shared.ok(lab.nodes[LEAVING], "drain")
            eventually(lambda: fib(lab), expect(ALL, set(lab.nodes) - {LEAVING}), PATIENCE)
            time.sleep(20)
            after = [each for client in clients for each in client.ask()["connections"]]
        assert [each["lost"] for each in after] == [None] * len(after)
        assert passed_on(lab.nodes["lb1"]) == len([each for each in before if each["node"] == LEAVING])
    except BaseException:
        if name in Lab.names():
            print(shared.lab_report(Lab.find(name)))
        raise
    finally:
        down_undisturbed(name)
