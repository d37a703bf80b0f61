"""The agent is killed: its routes leave the router although the service is fine, and what it had
attached is cleaned up, or adopted by the next start."""

import contextlib
import signal

import pytest
from listener import LOCAL_TABLE, RouteListener
from look import (ALL, Log, eventually, eventually_true, expect, fib, frr_routes, local_routes,
                  status_or_nothing, unsupervised, vip_states)
from shared import both_protocols
from vipherd_lab import client, topology
from vipherd_lab.agent import CONFIGURATION
from vipherd_lab.measure import L4Hashing

OURS = 118


@pytest.fixture
def no_supervisor(lab, lb1):
    """The agent on lb1 has no supervisor that notices its end."""
    with unsupervised(lb1):
        yield


def kill(lb1):
    agent = lb1.agent.process()
    agent.signal(signal.SIGKILL)
    assert agent.wait_gone(5)


@contextlib.contextmanager
def started_by_hand(node):
    """An agent beside the supervisor's dead one; it is stopped in an orderly way in the end."""
    child = node.host.start([node.agent.binary, "run", "--config", CONFIGURATION], node.agent.log)
    try:
        eventually_true("the agent's answer", lambda: status_or_nothing(node))
        yield child
    finally:
        child.terminate()
        child.wait(20)


@both_protocols
def test_its_routes_leave_though_the_service_is_fine(lab, lb1, no_supervisor):
    kill(lb1)
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    assert frr_routes(lb1) == set()
    # Nothing has cleaned up yet: packets that are still on their way are answered.
    assert local_routes(lb1) == set(ALL)
    assert lb1.nginx.master()
    with L4Hashing(lab.router):
        assert client.request(lab.client, ALL[0], 20)["nodes"] == {"lb2": 20}


def test_the_supervisors_clean_up_detaches_and_the_next_start_attaches_again(lab, lb1):
    log = Log(lb1)
    with RouteListener(lb1.host) as kernel:
        kill(lb1)
        log.wait(f"removed {len(ALL)} VIP routes of protocol {OURS}")
        for vip in ALL:  # by the next agent: the router may have the routes of the dead one still
            log.wait(f"VIP {vip} announced")
        eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))
        changes = kernel.changes(LOCAL_TABLE, OURS)
    for vip in ALL:
        assert [change.added for change in changes if change.address == vip] == [False, True]
    assert log.matching("adopted") == []


def test_what_is_attached_is_adopted_without_a_flap(lab, lb1, no_supervisor):
    kill(lb1)
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    log = Log(lb1)
    with RouteListener(lb1.host) as kernel, started_by_hand(lb1) as agent:
        eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))
        eventually(lambda: vip_states(lb1), {vip: ("attached", "announced") for vip in ALL})
        assert kernel.changes(LOCAL_TABLE) == []
        log.expect("adopted", len(ALL))
        agent.terminate()
        assert agent.wait(20) == 0
    assert local_routes(lb1) == set()


def test_routes_of_an_earlier_configuration_are_cleaned_at_the_start(lab, lb1, no_supervisor):
    kill(lb1)
    ours, foreign = ["10.10.10.77", "2001:db8:10::77"], ["10.10.10.78", "2001:db8:10::78"]
    topology.batch(lb1.host, [f"route add local {address} dev lo table local proto {protocol}"
                              for addresses, protocol in ((ours, OURS), (foreign, 99)) for address in addresses])
    with RouteListener(lb1.host) as kernel, started_by_hand(lb1):
        eventually(lambda: local_routes(lb1), set(ALL))
        eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))
        # They are no VIPs any more: removed once, never announced; what another program made is left alone.
        changes = kernel.changes(addresses=ours + foreign)
        assert sorted(changes) == sorted((False, LOCAL_TABLE, OURS, address) for address in ours)
    topology.batch(lb1.host, [f"route del local {address} dev lo table local proto 99" for address in foreign])
