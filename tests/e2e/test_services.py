"""Several services on a node: each decides about its own VIPs, and about all of them."""

import signal
import time

import configs
from listener import RouteListener
from look import (ALL, IPV4, IPV6, check, eventually, expect, fib, local_routes, reload, router_changes, status,
                  vip_states)
from shared import both_protocols
from vipherd_lab import scenarios

WEB = [IPV4[0], IPV4[1], IPV6[0]]
OTHER = [IPV4[2], IPV6[1], IPV6[2]]
BOTH = {"lb1", "lb2"}


@both_protocols
def test_only_the_vips_of_the_failing_service_leave(lab, lb1):
    services = {"web": configs.service(WEB), "other": configs.service(OTHER, {"port": configs.tcp(8081)})}
    with configs.listening(lb1, 8081):
        reload(lb1, configs.render(lab, services))
        eventually(lambda: vip_states(lb1), {vip: ("attached", "announced") for vip in ALL})
        assert fib(lab) == expect(ALL, BOTH)
        watch = lab.watch(WEB)
    with watch, RouteListener(lb1.host) as kernel:
        begin = time.monotonic_ns()
        eventually(lambda: fib(lab), {**expect(WEB, BOTH), **expect(OTHER, {"lb2"})})
        eventually(lambda: local_routes(lb1), set(WEB))
        code, health = lb1.agent.get("/health")
        assert code == 503
        assert any("other" in problem for problem in health["problems"])
        assert not any("web" in problem for problem in health["problems"])
        with configs.listening(lb1, 8081):
            eventually(lambda: fib(lab), expect(ALL, BOTH))
            assert router_changes(watch, begin) == []
            assert kernel.changes(addresses=WEB) == []


def test_all_vips_that_share_a_service_leave_together(lab, lb1):
    with configs.listening(lb1, 8081):
        services = {"web": configs.service(WEB), "other": configs.service(OTHER, {"port": configs.tcp(8081)})}
        reload(lb1, configs.render(lab, services))
        eventually(lambda: vip_states(lb1), {vip: ("attached", "announced") for vip in ALL})
        scenarios.prepare(lab, "nginx-500", lb1)()
        eventually(lambda: fib(lab), {**expect(WEB, {"lb2"}), **expect(OTHER, BOTH)})


def verdict(node):
    return {part["name"]: part["verdict"]["state"] for part in status(node)["services"]}


def test_needs_says_how_many_checks_must_be_up(lab, lb1):
    checks = {"one": configs.tcp(8081), "two": configs.tcp(8082)}
    services = {"any": configs.service([IPV4[0]], checks, needs="any"),
                "all": configs.service([IPV4[1]], checks, needs="all"),
                "both": configs.service([IPV4[2]], checks, needs=2)}
    with configs.listening(lb1, 8081):
        with configs.listening(lb1, 8082):
            reload(lb1, configs.render(lab, services))
            eventually(lambda: verdict(lb1), {"any": "up", "all": "up", "both": "up"})
            eventually(lambda: {vip for vip, nodes in fib(lab).items() if "lb1" in nodes}, set(IPV4))
        eventually(lambda: verdict(lb1), {"any": "up", "all": "down", "both": "down"})
        eventually(lambda: {vip for vip, nodes in fib(lab).items() if "lb1" in nodes}, {IPV4[0]})
    eventually(lambda: verdict(lb1), {"any": "down", "all": "down", "both": "down"})
    eventually(lambda: {vip for vip, nodes in fib(lab).items() if "lb1" in nodes}, set())


def test_rise_and_fall_hold_a_single_result_back(lab, lb1):
    """One failed probe of three is no failure; three are."""
    slow = {**configs.tcp(8081), "interval": "200ms", "fast_interval": "100ms", "fall": 1000, "rise": 1}
    with configs.listening(lb1, 8081):
        reload(lb1, configs.render(lab, {"web": configs.service([IPV4[0]], {"port": slow})}))
        eventually(lambda: fib(lab).get(IPV4[0]), BOTH)
    # It fails from here on, but not often enough.
    eventually(lambda: status(lb1)["services"][0]["checks"][0]["fails"] >= 5, True)
    assert verdict(lb1) == {"web": "up"}
    assert fib(lab)[IPV4[0]] == BOTH
    reload(lb1, configs.render(lab, {"web": configs.service([IPV4[0]], {"port": {**slow, "fall": 3}})}))
    eventually(lambda: fib(lab).get(IPV4[0]), {"lb2"})


def test_sigusr1_probes_at_once(lab, lb1):
    seldom = {**configs.tcp(8081), "interval": "60s", "fast_interval": "60s", "rise": 1, "fall": 1}
    reload(lb1, configs.render(lab, {"web": configs.service(WEB), "other": configs.service(OTHER, {"port": seldom})}))
    eventually(lambda: check(lb1, "other", "port")["verdict"]["state"], "down")
    eventually(lambda: fib(lab), {**expect(WEB, BOTH), **expect(OTHER, {"lb2"})})
    with configs.listening(lb1, 8081):
        lb1.agent.process().signal(signal.SIGUSR1)
        eventually(lambda: check(lb1, "other", "port")["verdict"]["state"], "up")
        eventually(lambda: fib(lab), expect(ALL, BOTH))
