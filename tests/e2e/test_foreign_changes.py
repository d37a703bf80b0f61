"""Another program works on the node: removes a VIP, adds it as an address, adds other routes."""

import contextlib
import json
import re
import time

import pytest
from listener import LOCAL_TABLE, RouteListener
from look import (ALL, IPV4, IPV6, Log, announced_by_another_program, eventually, expect, fib, lo_addresses,
                  local_routes, reload_frr, router_changes, tell_of_another_program, vip_states, vips)
from shared import both_protocols
from vipherd_lab import scenarios, topology

LENGTH = {IPV4[0]: 32, IPV6[0]: 128}
each_family = pytest.mark.parametrize("vip", [IPV4[0], IPV6[0]], ids=["ipv4", "ipv6"])


@each_family
def test_a_deleted_vip_is_put_back_and_the_router_does_not_notice(lab, lb1, vip):
    log = Log(lb1)
    with lab.watch(ALL) as watch, RouteListener(lb1.host) as kernel:
        begin = time.monotonic_ns()
        topology.batch(lb1.host, [f"route del local {vip} dev lo table local proto 118"])
        eventually(lambda: [change.added for change in kernel.changes(LOCAL_TABLE, 118, [vip])], [False, True])
        line = log.wait("putting it back")
        assert f"VIP {vip} was detached by another program" in line
        eventually(lambda: vip_states(lb1)[vip], ("attached", "announced"))
        # Deleting and adding another route shows in the router when all of it has arrived there.
        topology.batch(lb1.host, ["route add blackhole 10.10.10.250"])
        try:
            eventually(lambda: fib(lab).get("10.10.10.250"), {"lb1"})
        finally:
            topology.batch(lb1.host, ["route del blackhole 10.10.10.250"])
        assert router_changes(watch, begin) == []
    assert local_routes(lb1) == set(ALL)


@pytest.fixture
def stray_address(lb1, vip):
    """Another program has given lo the VIP as an address, and may have removed it already."""
    address = f"{vip}/{LENGTH[vip]}"
    with without_kernel_routes(lb1):
        topology.batch(lb1.host, [f"address add {address} dev lo"])
        yield address
        if vip in lo_addresses(lb1):
            topology.batch(lb1.host, [f"address del {address} dev lo"])


@contextlib.contextmanager
def without_kernel_routes(node):
    """ospf6d 10.3 that redistributes them as well, as the lab's does, keeps a VIP that lost (docs/frr.md)."""
    redistribute = re.search(r"(?m)^router ospf6\n.*?^ (redistribute kernel .*)$",
                             node.frr.vtysh("show running-config ospf6d"), re.DOTALL)
    if not node.frr.version.startswith("10.3") or not redistribute:
        yield
        return
    router = ["vtysh", "-d", "ospf6d", "-c", "configure", "-c", "router ospf6", "-c"]
    node.host.run([*router, "no redistribute kernel"])
    try:
        yield
    finally:
        node.host.run([*router, redistribute[1]])


@both_protocols
@each_family
def test_an_address_on_lo_stops_the_announcement_as_long_as_it_is_there(lab, lb1, vip, stray_address):
    others = {other: {"lb1", "lb2"} for other in ALL if other != vip}
    eventually(lambda: vips(lb1)[vip]["announced"]["state"], "losing")
    eventually(lambda: fib(lab), {**others, vip: {"lb2"}})
    eventually(lambda: "connected route on lo" in vips(lb1)[vip]["announced"]["why"], True)
    code, health = lb1.agent.get("/health")
    assert code == 503
    assert any(vip in problem and "connected" in problem for problem in health["problems"]), health

    topology.batch(lb1.host, [f"address del {stray_address} dev lo"])
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))
    eventually(lambda: vip_states(lb1)[vip], ("attached", "announced"))
    eventually(lambda: lb1.agent.get("/health")[0], 200)
    assert local_routes(lb1) == set(ALL)


@each_family
def test_an_address_of_somebody_else_is_never_removed(lab, lb1, vip, stray_address):
    eventually(lambda: vips(lb1)[vip]["announced"]["state"], "losing")
    scenarios.prepare(lab, "nginx-stop", lb1)()
    eventually(lambda: local_routes(lb1), set())
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    assert vip in lo_addresses(lb1)
    scenarios.heal(lab, lb1)
    eventually(lambda: vips(lb1)[vip]["announced"]["state"], "losing")
    lb1.agent.stop()
    assert vip in lo_addresses(lb1)
    lb1.agent.start()  # finds the address in place
    lb1.agent.wait_ready()
    eventually(lambda: vips(lb1)[vip]["announced"]["state"], "losing")
    lb1.agent.stop()
    assert vip in lo_addresses(lb1)
    assert local_routes(lb1) == set()


@both_protocols
@each_family
def test_a_withdrawn_vip_that_another_program_has_announced_is_a_problem(lab, lb1, vip):
    daemon = "bgpd" if lab.settings["protocol"] == "bgp" else "ospf6d" if ":" in vip else "ospfd"
    scenarios.prepare(lab, "nginx-stop", lb1)()
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    with announced_by_another_program(lb1, vip, lambda: fib(lab) == expect(ALL, {"lb2"})):
        tell_of_another_program(lb1, vip, daemon)
    eventually(lambda: "still announced" in json.dumps(lb1.agent.get("/health")[1]), False, 60)


@pytest.mark.parametrize("lab", ["bgp", "ospf", "con-bgp", "con-ospf"], indirect=True)
def test_a_reload_of_frr_changes_no_route(lab, lb1):
    """With zapi and connected vipherd has written nothing into FRR's configuration. (vty: test_announcer_vty.py)"""
    with lab.watch(ALL) as watch:
        begin = time.monotonic_ns()
        assert "VIPHERD-VTY" not in reload_frr(lb1)
        watch.pump(1)
        assert router_changes(watch, begin) == []
    eventually(lambda: vip_states(lb1), {vip: ("attached", "announced") for vip in ALL})
