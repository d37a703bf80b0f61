"""A service's tag and metric, and what FRR's route-map and the router make of them."""

import json
import time

import configs
import pytest
from look import (ALL, IPV4, IPV6, eventually, eventually_true, expect, fib, frr_routes, presence, reload,
                  vip_states, vips)
from shared import both_protocols
from vipherd_lab import client, scenarios
from vipherd_lab.measure import L4Hashing

MARKED = [IPV4[0], IPV6[0]]
REST = [vip for vip in ALL if vip not in MARKED]
BOTH = {"lb1", "lb2"}


DRAINED = 300  # what these tests make FRR's route-map take for the tag of drained VIPs


def configuration(lab, **keys):
    return configs.render(lab, {"web": configs.service(REST), "marked": configs.service(MARKED, **keys)})


@pytest.fixture
def marked(lab, lb1):
    """Two of the VIPs belong to a service of their own."""
    reload(lb1, configuration(lab))
    eventually(lambda: vip_states(lb1), {vip: ("attached", "announced") for vip in ALL})
    eventually(lambda: fib(lab), expect(ALL, BOTH))


@both_protocols
def test_an_unknown_tag_is_not_announced(lab, lb1, marked):
    reload(lb1, configuration(lab, tag=300))
    eventually(lambda: fib(lab), {**expect(REST, BOTH), **expect(MARKED, {"lb2"})})
    # It is the route-map that stops it: zebra has the route.
    eventually(lambda: vip_states(lb1), {vip: ("attached", "announced") for vip in ALL})
    assert {vips(lb1)[vip]["tag"] for vip in MARKED} == {300}
    assert frr_routes(lb1) == set(ALL)
    reload(lb1, configuration(lab, tag=100))
    eventually(lambda: fib(lab), expect(ALL, BOTH))


def set_drain_tag(node, tag):
    commands = ["configure terminal"]
    for route_map in ("VIPHERD", "VIPHERD6"):
        commands += [f"route-map {route_map} permit 20", f"match tag {tag}", "exit"]
    node.host.run(["vtysh", *[part for command in commands for part in ("-c", command)]])


@pytest.fixture
def drain_tag(lb1):
    """No service may have the tag 200 of its own accord: so the route-map takes another one for it."""
    set_drain_tag(lb1, DRAINED)
    yield
    set_drain_tag(lb1, 200)


@both_protocols
def test_a_drained_vip_is_least_preferred_but_reachable(lab, lb1, marked, drain_tag):
    reload(lb1, configuration(lab, tag=DRAINED))
    eventually(lambda: fib(lab), {**expect(REST, BOTH), **expect(MARKED, {"lb2"})})
    with L4Hashing(lab.router):
        for vip in MARKED:
            assert client.request(lab.client, vip, 20)["nodes"] == {"lb2": 20}
        # The one that is left serves it, drained or not.
        scenarios.prepare(lab, "nginx-stop", lab.nodes["lb2"])()
        eventually(lambda: fib(lab), expect(ALL, {"lb1"}))
        for vip in MARKED:
            assert client.request(lab.client, vip, 20)["nodes"] == {"lb1": 20}


def meds(lab, vip):
    """Next hop -> MED, as the router's bgpd received it."""
    family = "ipv6" if ":" in vip else "ipv4"
    told = json.loads(lab.router_frr.vtysh(f"show bgp {family} unicast {vip} json"))
    return {path["peer"]["routerId"]: path.get("metric") for path in told["paths"]}


@pytest.mark.parametrize("lab", ["bgp"], indirect=True)
def test_the_metric_becomes_the_med(lab, lb1, marked):
    lb1_id, lb2_id = "192.168.100.2", "192.168.100.3"
    reload(lb1, configuration(lab, metric=50))
    for vip in MARKED:
        eventually(lambda vip=vip: meds(lab, vip), {lb1_id: 50, lb2_id: 0})
    assert meds(lab, REST[0]) == {lb1_id: 0, lb2_id: 0}
    # The lower MED is preferred.
    eventually(lambda: fib(lab), {**expect(REST, BOTH), **expect(MARKED, {"lb2"})})
    reload(lb1, configuration(lab, metric=0))
    eventually(lambda: fib(lab), expect(ALL, BOTH))


@pytest.mark.parametrize("lab", ["bgp"], indirect=True)
def test_a_vip_may_have_a_metric_of_its_own(lab, lb1):
    text = configs.render(lab, {"web": configs.service(ALL)})
    for vip in MARKED:
        text = text.replace(f'"{vip}"', f'{{ address = "{vip}", metric = 50 }}')
    reload(lb1, text)
    for vip, metric in {**dict.fromkeys(MARKED, 50), **dict.fromkeys(REST, 0)}.items():
        eventually(lambda vip=vip: meds(lab, vip).get("192.168.100.2"), metric)
    eventually(lambda: fib(lab), {**expect(REST, BOTH), **expect(MARKED, {"lb2"})})
    assert {vips(lb1)[vip]["metric"] for vip in MARKED} == {50}


def test_a_new_metric_does_not_make_the_vip_leave(lab, lb1, marked):
    """The route is replaced, not withdrawn and announced again (OSPF takes its metric from FRR)."""
    with lab.watch(MARKED) as watch:
        begin = time.monotonic_ns()
        reload(lb1, configuration(lab, metric=70))
        eventually(lambda: {vips(lb1)[vip]["metric"] for vip in MARKED}, {70})
        eventually(lambda: vip_states(lb1), {vip: ("attached", "announced") for vip in ALL})
        # A change that the router does see comes after it: the one and only.
        reload(lb1, configuration(lab, metric=70, tag=300))
        for vip in MARKED:
            eventually_true("the change", lambda vip=vip: presence(watch, lb1, vip, begin))
            assert presence(watch, lb1, vip, begin) == [False]
