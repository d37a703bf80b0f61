"""Whatever fails on a node: the router stops using it, the other node answers, and it comes back."""

import time

import pytest
from look import ALL, IPV4, IPV6, PATIENCE, eventually, expect, fib, presence
from shared import both_protocols
from vipherd_lab import client, scenarios
from vipherd_lab.measure import L4Hashing

# On every protocol that a lab of these tests runs; the other scenarios have tests of their own.
ANYWHERE = ["nginx-stop", "nginx-kill", "nginx-hang", "nginx-500", "frr-stop", "link-silent", "node-off"]


@pytest.fixture(autouse=True)
def l4_hashing(lab):
    """The router spreads requests over both nodes, so that one to a failed node would show."""
    with L4Hashing(lab.router):
        yield


def fail(lab, scenario):
    scenarios.prepare(lab, scenario, lab.nodes["lb1"])()


def expect_answers_of_lb2_alone(lab, vips=(IPV4[0], IPV6[0])):
    for vip in vips:
        result = client.request(lab.client, vip, 20, router=lab.router)
        assert client.unexplained(result) == []
        assert result["nodes"] == {"lb2": 20 - len(result["failures"])}
        assert result["nodes"]["lb2"] > 0


@both_protocols
@pytest.mark.parametrize("scenario", ANYWHERE)
def test_a_failed_node_is_left_until_it_is_healed(lab, lb1, scenario):
    fail(lab, scenario)
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    expect_answers_of_lb2_alone(lab)
    eventually(lambda: scenarios.SCENARIOS[scenario].takes_time(lb1), False)  # what is stopped goes one after the other
    scenarios.heal(lab, lb1)
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}), PATIENCE * 2)


@pytest.mark.parametrize("lab, scenario, lost", [("bgp", "bgpd-kill", ALL), ("ospf", "ospfd-kill", IPV4),
                                                 ("ospf", "ospf6d-kill", IPV6)], indirect=["lab"])
def test_a_protocol_daemon_that_dies_takes_its_routes_along(lab, lb1, scenario, lost):
    fail(lab, scenario)
    kept = [vip for vip in ALL if vip not in lost]
    eventually(lambda: fib(lab), {**expect(lost, {"lb2"}), **expect(kept, {"lb1", "lb2"})})
    expect_answers_of_lb2_alone(lab, [lost[0]])
    scenarios.heal(lab, lb1)
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}), PATIENCE * 2)


@both_protocols
def test_a_hanging_agent_is_ended_by_the_watchdog(lab, lb1):
    with lab.watch(ALL) as watch:
        begin = time.monotonic_ns()
        starts = lb1.agent.status()["starts"]
        fail(lab, "agent-hang")
        # The routes leave with the old agent and return with the new one.
        for vip in ALL:
            eventually(lambda vip=vip: presence(watch, lb1, vip, begin)[:2], [False, True])
    assert lb1.agent.status()["last_end"] == "killed by SIGABRT"
    assert lb1.agent.status()["starts"] == starts + 1
