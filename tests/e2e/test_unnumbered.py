"""BGP over links without addresses, and one family's VIPs over the other family's sessions."""

import json
import os

import pytest
from look import ALL, IPV4, IPV6, eventually, expect, fib, vip_states
from shared import lab_name
from vipherd_lab import client, scenarios
from vipherd_lab.lab import Lab, down_undisturbed
from vipherd_lab.measure import L4Hashing
from vipherd_lab.namespaces import ip

BOTH = {"lb1", "lb2"}


@pytest.fixture(scope="module", params=[1, 2], ids=["one-uplink", "two-uplinks"])
def unnumbered(request):
    name = lab_name(f"unn{request.param}")
    lab = Lab.up(name, protocol="unnumbered", uplinks=request.param, binary=os.environ.get("VIPHERD"))
    try:
        yield lab
    finally:
        down_undisturbed(name)


def next_hops(host, vip):
    """Address family and gateway of each next hop in the kernel's route, as `ip` tells them."""
    family = "-6" if ":" in vip else "-4"
    found = set()
    for route in json.loads(ip("-n", host.netns, "-j", family, "route", "show", vip) or "[]"):
        for hop in route.get("nexthops", [route]):
            via = hop.get("via", {"family": "inet6" if family == "-6" else "inet", "host": hop.get("gateway")})
            found.add((via["family"], via["host"]))
    return found


def addresses(host):
    """IPv4 addresses but those of lo."""
    return {entry["local"] for link in json.loads(ip("-n", host.netns, "-j", "-4", "address", "show"))
            if link["ifname"] != "lo" for entry in link["addr_info"]}


def answering(lab, vip):
    result = client.request(lab.client, vip, 100)
    assert result["failures"] == []
    return set(result["nodes"])


def test_a_vip_follows_its_service_over_links_without_addresses(unnumbered):
    lb1, lb2 = unnumbered.nodes.values()
    assert addresses(lb1.host) == set()
    over = {"lb1": ("inet6", "fe80::2"), "lb2": ("inet6", "fe80::3")}

    def expect_nodes(*nodes):
        for edge in unnumbered.edges:
            for vip in ALL:
                eventually(lambda edge=edge, vip=vip: next_hops(edge, vip), {over[node] for node in nodes})

    with L4Hashing(unnumbered.router):
        expect_nodes("lb1", "lb2")
        for vip in (IPV4[0], IPV6[0]):
            assert answering(unnumbered, vip) == BOTH
        scenarios.prepare(unnumbered, "nginx-stop", lb1)()
        expect_nodes("lb2")
        for vip in (IPV4[0], IPV6[0]):
            assert answering(unnumbered, vip) == {"lb2"}
        scenarios.heal(unnumbered, lb1)
        expect_nodes("lb1", "lb2")
        for vip in (IPV4[0], IPV6[0]):
            assert answering(unnumbered, vip) == BOTH


def configure(frr, *commands):
    frr.host.run(["vtysh", *[part for command in ["configure terminal", *commands] for part in ("-c", command)]])


def carry_ipv6(lab, by_ipv4):
    """Has the IPv6 VIPs announced over the IPv4 sessions, or over those of their own."""
    yes, no = ("", "no ") if by_ipv4 else ("no ", "")
    for frr, asn, over4, over6 in [(lab.router_frr, 65000, "LB4", "LB6"),
                                   *((node.frr, 65001, "192.168.100.1", "fd00:192::1") for node in lab.nodes.values())]:
        router = frr is lab.router_frr
        lists = {"in": "VIPHERD-POOL" if router else "NOTHING", "out": "NOTHING" if router else "VIPHERD-POOL"}
        configure(frr, f"router bgp {asn}", "address-family ipv6 unicast", f"{yes}neighbor {over4} activate",
                  *[f"neighbor {over4} prefix-list {name} {way}" for way, name in lists.items() if by_ipv4],
                  f"{no}neighbor {over6} activate")


def sessions_with_ipv6(lab):
    told = json.loads(lab.router_frr.vtysh("show bgp ipv6 unicast summary json"))
    return {peer for peer, state in told.get("peers", {}).items() if state["state"] == "Established"}


@pytest.mark.parametrize("lab", ["bgp"], indirect=True)
def test_ipv6_vips_over_ipv4_sessions(lab, lb1):
    try:
        carry_ipv6(lab, True)
        eventually(lambda: sessions_with_ipv6(lab), {"192.168.100.2", "192.168.100.3"})
        eventually(lambda: fib(lab), expect(ALL, BOTH))
        assert {family for family, _ in next_hops(lab.router, IPV6[0])} == {"inet6"}
        with L4Hashing(lab.router):
            assert answering(lab, IPV6[0]) == BOTH
        scenarios.prepare(lab, "nginx-stop", lb1)()
        eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
        scenarios.heal(lab, lb1)
        eventually(lambda: fib(lab), expect(ALL, BOTH))
        assert vip_states(lb1) == {vip: ("attached", "announced") for vip in ALL}
    finally:
        carry_ipv6(lab, False)
    eventually(lambda: sessions_with_ipv6(lab), {"fd00:192::2", "fd00:192::3"})
