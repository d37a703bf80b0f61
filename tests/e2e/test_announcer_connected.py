"""The announcer connected: the VIP's address on lo is the announcement, and a lease that ends by itself."""

import json
import signal
import time

import configs
import pytest
from listener import RouteListener
from look import (ALL, IPV4, IPV6, Log, eventually, eventually_true, expect, fib, frozen, frr_routes,
                  lo_addresses, local_routes, restart, router_changes, set_configuration,
                  status_or_nothing, unsupervised, vip_states)
from vipherd_lab import scenarios, topology
from vipherd_lab.agent import CONFIGURATION
from vipherd_lab.namespaces import ip

both_protocols = pytest.mark.parametrize("lab", ["con-ospf", "con-bgp"], indirect=True)
bgp = pytest.mark.parametrize("lab", ["con-bgp"], indirect=True)

LEASE = 5  # [vips] lease
LENGTH = {IPV4[0]: 32, IPV6[0]: 128}
ANNOUNCED = {vip: ("attached", "announced") for vip in ALL}


def vips_on_lo(node):
    return lo_addresses(node) & set(ALL)


@both_protocols
def test_a_vip_comes_and_goes_with_its_address(lab, lb1):
    assert fib(lab) == expect(ALL, {"lb1", "lb2"})
    assert vips_on_lo(lb1) == set(ALL)
    assert local_routes(lb1) == frr_routes(lb1) == set()
    eventually(lambda: vip_states(lb1), ANNOUNCED)
    scenarios.prepare(lab, "nginx-stop", lb1)()
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    eventually(lambda: vips_on_lo(lb1), set())
    eventually(lambda: vip_states(lb1), {vip: ("detached", "withdrawn") for vip in ALL})
    scenarios.heal(lab, lb1)
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))
    eventually(lambda: vip_states(lb1), ANNOUNCED)


@both_protocols
def test_renewals_change_no_route(lab, lb1):
    with lab.watch(ALL) as watch, RouteListener(lb1.host) as kernel:
        begin = time.monotonic_ns()
        log = Log(lb1)
        # Without at least two renewals the addresses would have gone by the end.
        while time.monotonic_ns() - begin < 3 * LEASE * 10**9:
            watch.pump(0.2)
            assert vips_on_lo(lb1) == set(ALL)
        assert router_changes(watch, begin) == []
        assert kernel.changes(addresses=ALL) == []
        assert log.lines() == []
    assert vip_states(lb1) == ANNOUNCED


@both_protocols
def test_the_kernel_ends_what_a_killed_agent_announced(lab, lb1):
    with unsupervised(lb1):
        agent = lb1.agent.process()
        agent.signal(signal.SIGKILL)
        assert agent.wait_gone(5)
        eventually(lambda: vips_on_lo(lb1), set())
        eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))


@both_protocols
def test_an_agent_that_hangs_loses_its_lease_and_recovers(lab, lb1):
    with unsupervised(lb1):
        log = Log(lb1)
        with frozen(lb1.agent.process()):
            eventually(lambda: vips_on_lo(lb1), set())
            eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
        eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))
        eventually(lambda: vip_states(lb1), ANNOUNCED)
        log.wait("putting it back")


@bgp
def test_what_a_killed_agent_left_is_cleaned_up_at_once(lab, lb1):
    # With this lease nothing goes by itself while the test lasts.
    restart(lb1, with_lease(lab, "1h"))
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))
    log = Log(lb1)
    lb1.agent.process().signal(signal.SIGKILL)
    log.wait(f"removed {len(ALL)} VIP addresses of protocol 118")
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))


def with_lease(lab, lease):
    return configs.render(lab, {"web": configs.service(ALL)},
                          extra=f'[vips]\npool = ["10.10.10.0/24", "2001:db8:10::/64"]\nlease = "{lease}"\n')


@both_protocols
def test_a_restarted_agent_adopts_without_a_change_at_the_router(lab, lb1):
    restart(lb1, with_lease(lab, "1m"))
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))
    with lab.watch(ALL) as watch, unsupervised(lb1):
        begin = time.monotonic_ns()
        log = Log(lb1)
        agent = lb1.agent.process()
        agent.signal(signal.SIGKILL)
        assert agent.wait_gone(5)
        child = lb1.host.start([lb1.agent.binary, "run", "--config", CONFIGURATION], lb1.agent.log)
        try:
            eventually_true("the agent's answer", lambda: status_or_nothing(lb1))
            eventually(lambda: vip_states(lb1), ANNOUNCED)
            log.expect("adopted", len(ALL))
            assert router_changes(watch, begin) == []
        finally:
            child.terminate()
            assert child.wait(20) == 0
        assert vips_on_lo(lb1) == set()


@bgp
@pytest.mark.parametrize("vip", [IPV4[0], IPV6[0]], ids=["ipv4", "ipv6"])
def test_an_address_of_somebody_else_is_never_removed(lab, lb1, vip):
    lb1.agent.stop()
    assert vips_on_lo(lb1) == set()
    topology.batch(lb1.host, [f"address add {vip}/{LENGTH[vip]} dev lo"])
    try:
        lb1.agent.start()
        lb1.agent.wait_ready()
        eventually(lambda: vip_states(lb1), {**ANNOUNCED, vip: ("foreign", "announced")})
        scenarios.prepare(lab, "nginx-stop", lb1)()
        eventually(lambda: vips_on_lo(lb1), {vip})
        eventually(lambda: {address: nodes for address, nodes in fib(lab).items() if address != vip},
                   expect([address for address in ALL if address != vip], {"lb2"}))
        lb1.agent.stop()
        assert vips_on_lo(lb1) == {vip}
        assert "removed 0 VIP routes" in lb1.host.run([lb1.agent.binary, "cleanup", "--config", CONFIGURATION])
        assert vips_on_lo(lb1) == {vip}
    finally:
        topology.batch(lb1.host, [f"address del {vip}/{LENGTH[vip]} dev lo"])


@bgp
def test_a_deleted_vip_is_put_back(lab, lb1):
    for vip, length in LENGTH.items():
        log = Log(lb1)
        topology.batch(lb1.host, [f"address del {vip}/{length} dev lo"])
        assert f"VIP {vip} was detached by another program" in log.wait("putting it back")
    eventually(lambda: vip_states(lb1), ANNOUNCED)
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))


@bgp
def test_a_vip_is_no_source_address(lab, lb1):
    for family, destination in (("-4", "198.51.100.1"), ("-6", "2001:db8:ffff::1")):
        route = ip("-n", lb1.host.netns, family, "route", "get", destination)
        assert "src " in route
        assert not any(f"src {vip} " in route for vip in ALL), route


@bgp
def test_zebra_may_end_and_return(lab, lb1):
    scenarios.prepare(lab, "zebra-kill", lb1)()
    eventually_true("the loss in the status", lambda: lb1.agent.get("/health")[0] == 503)
    assert vips_on_lo(lb1) == set(ALL)  # they are the kernel's, not zebra's
    scenarios.heal(lab, lb1)
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))
    eventually(lambda: vip_states(lb1), ANNOUNCED)


@bgp
def test_the_lease_does_not_change_while_running(lab, lb1):
    log = Log(lb1)
    set_configuration(lb1, with_lease(lab, "7s"))
    lb1.agent.reload()
    assert "vips.lease cannot change while running" in log.wait("reload rejected")


@both_protocols
@pytest.mark.parametrize("vip", [IPV4[0], IPV6[0]], ids=["ipv4", "ipv6"])
def test_a_withdrawn_vip_whose_address_another_program_holds_is_a_problem(lab, lb1, vip):
    told = "an address that another program added; remove it"

    def problem():
        code, health = lb1.agent.get("/health")
        return code == 503 and f"VIP {vip} is withdrawn, but still announced by" in json.dumps(health) \
            and told in json.dumps(health)

    address = f"{vip}/{LENGTH[vip]}"
    topology.batch(lb1.host, [f"address replace {address} dev lo"])
    try:
        log = Log(lb1)
        scenarios.prepare(lab, "nginx-stop", lb1)()
        eventually(lambda: fib(lab), {**expect(ALL, {"lb2"}), vip: {"lb1", "lb2"}})
        eventually_true("the problem", problem, 60)
        assert told in log.wait("still announced by")
        assert vip in lo_addresses(lb1)
    finally:
        topology.batch(lb1.host, [f"address del {address} dev lo"])
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    eventually(lambda: "still announced" in json.dumps(lb1.agent.get("/health")[1]), False, 60)
