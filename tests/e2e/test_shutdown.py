"""An orderly end: withdraw, confirm, detach, exit 0; and a bounded one when zebra does not answer."""

import signal
import time

import configs
import pytest
from listener import LOCAL_TABLE, MAIN_TABLE, RouteListener
from look import ALL, IPV4, IPV6, Log, eventually, expect, fib, frozen, frr_routes, local_routes, reload
from shared import both_protocols
from vipherd_lab.client import PATIENT, Client, request, unexplained
from vipherd_lab.measure import L4Hashing

RATE = 200


def stop(node):
    """Stops the agent; its exit code as the supervisor saw it."""
    node.agent.stop()
    return node.agent.status()["last_end"]


def wait_for_traffic(lab, vip):
    """Until both nodes answer; the steady client has sent as many requests meanwhile."""
    eventually(lambda: set(request(lab.client, vip, 100)["nodes"]), {"lb1", "lb2"})


@pytest.mark.alone
@both_protocols
@pytest.mark.parametrize("vip", [IPV4[0], IPV6[0]], ids=["ipv4", "ipv6"])
def test_no_request_fails(lab, lb1, vip):
    with L4Hashing(lab.router), Client(lab.client, vip, RATE, router=lab.router, timeout=PATIENT) as client:
        wait_for_traffic(lab, vip)
        with RouteListener(lb1.host) as kernel:
            assert stop(lb1) == "exit code 0"
            changes = kernel.changes(addresses=ALL)
        eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
        assert local_routes(lb1) == frr_routes(lb1) == set()
        lb1.agent.start()
        lb1.agent.wait_ready()
        eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))
        wait_for_traffic(lab, vip)
        result = client.stop()
    # A connection that is under way while the router changes its next hops may be moved to the other node,
    # which resets it: nothing that an agent does can prevent that.
    assert unexplained(result) == []
    assert len(result["changes"]) >= 2  # the node went, and came back
    assert set(result["nodes"]) == {"lb1", "lb2"}
    assert result["requests"] > RATE  # it ran for more than a second
    for address in ALL:
        # Taken from zebra (which then may know the other node's route) before the kernel lets go of it.
        *first, last = [change for change in changes if change.address == address]
        assert last == (False, LOCAL_TABLE, 118, address)
        assert first and {change.table for change in first} == {MAIN_TABLE}


def test_the_log_tells_the_order(lab, lb1):
    reload(lb1, configs.render(lab, {"web": configs.service(ALL)}, extra='[log]\nlevel = "debug"\n'))
    log = Log(lb1)
    assert stop(lb1) == "exit code 0"
    for vip in ALL:
        steps = [line.split(f"VIP {vip} ")[1].split(":")[0] for line in log.matching(f"VIP {vip} ")]
        assert steps == ["withdrawing", "withdrawn", "detached"]
    log.expect("stopped: everything is withdrawn and detached", 1)


def timed_stop(lab, node, limit):
    """Stops an agent whose shutdown_timeout is 2 s; it must not take much longer than `limit` seconds."""
    begin = time.monotonic()
    code = stop(node)
    assert time.monotonic() - begin < limit
    assert local_routes(node) == set()
    return code


@pytest.fixture
def short_timeout(lab, lb1):
    reload(lb1, configs.render(lab, {"web": configs.service(ALL)}, extra='[node]\nshutdown_timeout = "2s"\n'))


def test_without_zebra_there_is_nothing_to_wait_for(lab, lb1, short_timeout):
    log = Log(lb1)
    lb1.frr.process("zebra").signal(signal.SIGKILL)
    log.wait("zebra lost")
    assert timed_stop(lab, lb1, 12) == "exit code 0"
    assert log.matching("stopped at the deadline") == []


def test_a_hung_zebra_is_waited_for_no_longer_than_the_limit(lab, lb1, short_timeout):
    log = Log(lb1)
    with frozen(lb1.frr.process("zebra")):
        timed_stop(lab, lb1, 12)
        # The session is closed, so zebra drops the routes as soon as it lives again.
        log.expect("not everything was confirmed withdrawn in time", 1)
    eventually(lambda: frr_routes(lb1), set())
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
