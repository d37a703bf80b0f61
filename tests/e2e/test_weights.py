"""Weights: the agent tells them by the tags 101 to 110, FRR's route-map makes them link bandwidths, and the router
divides by them."""

import json

import configs
import pytest
from look import ALL, IPV4, IPV6, eventually, expect, fib, reload, vips
from vipherd_lab import client, topology
from vipherd_lab.measure import L4Hashing
from vipherd_lab.namespaces import ip

BOTH = {"lb1", "lb2"}
REQUESTS = 6000
by_bgp = pytest.mark.parametrize("lab", ["bgp"], indirect=True)


def weigh(lab, **tags):
    """Gives each node's VIPs a tag: lb1=103 is a weight of 30 %."""
    for node, tag in tags.items():
        reload(lab.nodes[node], configs.render(lab, {"web": configs.service(ALL, tag=tag)}))
        eventually(lambda node=node: {entry["tag"] for entry in vips(lab.nodes[node]).values()}, {tag})


def weights(lab, vip):
    """Node -> its share in per cent, by the weights of the router's kernel route."""
    names = topology.node_of_next_hop(lab.settings["nodes"])
    family = "-6" if ":" in vip else "-4"
    routes = json.loads(ip("-n", lab.router.netns, "-j", family, "route", "show", vip))
    hops = {names[hop["gateway"]]: hop["weight"] for route in routes for hop in route.get("nexthops", [])}
    return {node: round(100 * weight / sum(hops.values())) for node, weight in hops.items()}


def shares(lab, vip):
    result = client.request(lab.client, vip, REQUESTS, rate=1500)
    assert result["failures"] == []
    return {node: count / REQUESTS for node, count in result["nodes"].items()}


@pytest.mark.alone
@by_bgp
def test_the_nodes_share_the_requests_by_their_weights(lab):
    for node, weight in (("lb1", 30), ("lb2", 100)):
        keys = {"weighting": "bandwidth", "weight": weight}
        reload(lab.nodes[node], configs.render(lab, {"web": configs.service(ALL, **keys)}))
    for vip in ALL:
        eventually(lambda vip=vip: weights(lab, vip), {"lb1": 23, "lb2": 77})
    assert fib(lab) == expect(ALL, BOTH)
    with L4Hashing(lab.router):
        for vip in (IPV4[0], IPV6[0]):
            seen = shares(lab, vip)
            # Within 10 % of 30/130, which is more than four times the standard deviation of so many requests.
            assert seen["lb1"] == pytest.approx(30 / 130, rel=0.1)
            assert seen["lb2"] == pytest.approx(100 / 130, rel=0.1)


def bandwidths(lab, vip):
    """Node -> megabits a second, as the router's bgpd received them."""
    family = "ipv6" if ":" in vip else "ipv4"
    told = json.loads(lab.router_frr.vtysh(f"show bgp {family} unicast {vip} json"))
    found = {}
    for path in told["paths"]:
        community = path.get("extendedCommunity", {}).get("string", "")
        found[path["peer"]["routerId"]] = community.partition("(")[2].partition(" Mbps")[0]
    return found


@by_bgp
def test_every_tag_is_the_weight_that_it_says(lab):
    for step in range(1, 11):
        weigh(lab, lb1=100 + step)
        for vip in (IPV4[0], IPV6[0]):
            eventually(lambda vip=vip: bandwidths(lab, vip)["192.168.100.2"], f"{10 * step}.000")


@by_bgp
def test_one_node_without_a_weight_makes_all_equal(lab):
    weigh(lab, lb1=103, lb2=110)
    for vip in (IPV4[0], IPV6[0]):
        eventually(lambda vip=vip: weights(lab, vip), {"lb1": 23, "lb2": 77})
    weigh(lab, lb2=100)
    for vip in (IPV4[0], IPV6[0]):
        eventually(lambda vip=vip: bandwidths(lab, vip), {"192.168.100.2": "30.000", "192.168.100.3": ""})
        eventually(lambda vip=vip: weights(lab, vip), {"lb1": 50, "lb2": 50})


def test_ospf_announces_whatever_the_weight(lab):
    weigh(lab, lb1=103, lb2=110)
    for vip in ALL:
        eventually(lambda vip=vip: weights(lab, vip), {"lb1": 50, "lb2": 50})
    # Not what an unknown tag does.
    weigh(lab, lb1=111)
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    weigh(lab, lb1=101)
    eventually(lambda: fib(lab), expect(ALL, BOTH))
