"""Connections outlive changes of the routes on nodes with two uplinks, and those of clients that speak MPTCP, beside the relay."""

import contextlib
import os
import time

import pytest
from look import ALL, IPV4, IPV6, eventually, expect, status
from shared import lab_name, ok
from vipherd_lab import mptcp, show, survive
from vipherd_lab.lab import Lab, down_undisturbed
from vipherd_lab.measure import L4Hashing
from vipherd_lab.stayers import Stayers

pytestmark = pytest.mark.alone
CONNECTIONS = 60  # to a VIP of each family
LEAVING = "lb2"
SHAPES = {"bgp-2-uplinks": {"protocol": "bgp", "uplinks": 2}, "ospf-2-uplinks": {"protocol": "ospf", "uplinks": 2},
          "bgp-mptcp": {"protocol": "bgp", "mptcp": True}}


@pytest.fixture(params=SHAPES.values(), ids=SHAPES.keys())
def lab(request):
    if request.param.get("mptcp") and not os.path.exists("/proc/sys/net/mptcp/enabled"):
        pytest.skip("a kernel without MPTCP: MPTCP is not tested")
    name = lab_name("surv2")
    made = Lab.up(name, nodes=3, relay=True, drain=survive.DRAIN, interval="1s", timeout="10s",
                  binary=os.environ.get("VIPHERD"), **request.param)
    try:
        if not status(made.nodes["lb1"])["relay"]:
            pytest.skip("built without the relay (clang, bpftool, libbpf-dev): it is not tested")
        with contextlib.ExitStack() as hashing:
            for router in {made.router, *made.edges}:
                hashing.enter_context(L4Hashing(router))
            yield made
    finally:
        down_undisturbed(name)


def routed_over(lab, nodes):
    eventually(lambda: {address: set(route["next_hops"]) for address, route in show.router_routes(lab).items()},
               expect(ALL, nodes))


def relayed(lab):
    """Connections that siblings passed on to their owners."""
    return sum(sibling["connections_accepted"] for node in lab.nodes.values()
               for sibling in status(node)["relay"]["siblings"])


def test_a_drain_and_a_return_cost_no_connection(lab):
    survive.wait_for_relay(lab)
    # Otherwise a socket that has to send again would choose another path by itself.
    lab.client.set_sysctls({"net.core.txrehash": 0})
    protocol = mptcp.IPPROTO_MPTCP if lab.settings["mptcp"] else 0
    with contextlib.ExitStack() as opened:
        clients = [opened.enter_context(contextlib.closing(Stayers(lab.client, vip, CONNECTIONS, protocol)))
                   for vip in (IPV4[0], IPV6[0])]
        for others in (set(lab.nodes) - {LEAVING}, set(lab.nodes)):
            ok(lab.nodes[LEAVING], "resume" if LEAVING in others else "drain")
            routed_over(lab, others)
            time.sleep(2)  # in which each is used twenty times
        connections = [each for client in clients for each in survive.when_decided(client)["connections"]]
    assert [each for each in connections if each["lost"] or survive.is_silent(each)] == []
    assert {each["node"] for each in connections} == set(lab.nodes)
    assert relayed(lab) > 0
