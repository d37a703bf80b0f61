"""VIPs of a VRF, in a machine whose kernel knows VRFs: test_in_machine.py runs this in a virtual one, slowly."""

import json
import signal

import configs
import shared
from look import (ALL, FRR_PROTOCOL, IPV4, IPV6, LOCAL_PROTOCOL, check, eventually, expect, fib, fib_protocols,
                  restart, vip_states, vips)
from vipherd_lab import client, scenarios, topology
from vipherd_lab.namespaces import ip

VRF = "blue"
PATIENCE = 300
# An emulated machine takes its time.
SLOW = {"interval": "500ms", "timeout": "5s", "watchdog": 30.0}
ANNOUNCED = {vip: ("attached", "announced") for vip in ALL}
WITHDRAWN = {vip: ("detached", "withdrawn") for vip in ALL}


def lab_in_vrf(**options):
    return shared.own_lab("vrf", nodes=1, vrf=VRF, **SLOW, **options)


def routes(node, table, *arguments):
    """Addresses of the pool with such a route in this table."""
    found = [route for family in ("-4", "-6")
             for route in json.loads(ip("-n", node.host.netns, "-N", "-j", family, "route", "show",
                                        "table", str(table), *arguments) or "[]")]
    return {route["dst"] for route in found} & set(ALL)


def attached_by_routes(node):
    """In the VRF's table, and in table local."""
    return [routes(node, table, "proto", LOCAL_PROTOCOL) for table in (topology.VRF_TABLE, "local")]


def addresses(node, device):
    found = json.loads(ip("-n", node.host.netns, "-j", "address", "show", "dev", device))
    return {entry["local"] for link in found for entry in link["addr_info"]} & set(ALL)


def requests_answered(lab):
    """Of ten to a VIP of each family."""
    found = []
    for vip in (IPV4[0], IPV6[0]):
        result = client.request(lab.client, vip, 10, 10)
        found.append((result["nodes"], [reason for _, reason, *_ in result["failures"]]))
    return found


ALL_ANSWERED = [({"lb1": 10}, []), ({"lb1": 10}, [])]


def lsas_of_vips(lab):
    """VIPs that the router has an external LSA of."""
    ospf = lab.router_frr.vtysh("show ip ospf database external")
    ospf6 = lab.router_frr.vtysh("show ipv6 ospf6 database as-external detail")
    return ({vip for vip in IPV4 if f"Link State ID: {vip} " in ospf} |
            {vip for vip in IPV6 if f"Prefix: {vip}/128" in ospf6})


def is_whole(lab, by_ospf):
    """With both protocols the router's routes are BGP's, and OSPF's show in its database."""
    node = lab.nodes["lb1"]
    eventually(lambda: vip_states(node), ANNOUNCED, PATIENCE)
    eventually(lambda: fib(lab), expect(ALL, {"lb1"}), PATIENCE)
    eventually(lambda: fib_protocols(lab), {"bgp"}, PATIENCE)
    eventually(lambda: lsas_of_vips(lab), by_ospf, PATIENCE)
    eventually(lambda: requests_answered(lab), ALL_ANSWERED, PATIENCE)


def is_gone(lab):
    eventually(lambda: fib(lab), {}, PATIENCE)
    eventually(lambda: vip_states(lab.nodes["lb1"]), WITHDRAWN, PATIENCE)


def test_zapi():
    with lab_in_vrf(protocol="both", announcer="zapi") as lab:
        node = lab.nodes["lb1"]
        is_whole(lab, set(ALL))
        assert attached_by_routes(node) == [set(ALL), set(IPV4)]
        # zebra holds them in the VRF, and there alone.
        assert routes(node, topology.VRF_TABLE, "proto", FRR_PROTOCOL) == set(ALL)
        assert routes(node, "main") == set()

        scenarios.prepare(lab, "nginx-stop", node)()
        is_gone(lab)
        assert attached_by_routes(node) == [set(), set()]
        assert routes(node, topology.VRF_TABLE) == set()
        assert check(node)["last"]["reason"].endswith(" refused")
        scenarios.heal(lab, node)
        eventually(lambda: fib(lab), expect(ALL, {"lb1"}), PATIENCE)

        node.agent.stop()
        eventually(lambda: fib(lab), {}, PATIENCE)
        assert attached_by_routes(node) == [set(), set()]
        vrf_comes_and_goes(lab, node)


def vrf_comes_and_goes(lab, node):
    inside = {"type": "tcp", "address": f"{topology.VRF_ADDRESS}:80", "advisory": True}
    outside = {"type": "http", "url": "http://127.0.0.1/", "vrf": "default"}
    ip("-n", node.host.netns, "link", "del", VRF)
    restart(node, configs.render(lab, {"web": configs.service(ALL, {"inside": inside, "http": outside}, vrf=VRF)}))
    reason = f"there is no VRF device {VRF}"
    eventually(lambda: check(node)["verdict"]["state"], "up", PATIENCE)
    eventually(lambda: check(node, name="inside")["last"]["reason"], reason, PATIENCE)
    eventually(lambda: {entry["attached"]["state"] for entry in vips(node).values()}, {"failed"}, PATIENCE)
    assert {entry["attached"]["why"].partition(": ")[2] for entry in vips(node).values()} == {reason}
    for table in (topology.VRF_TABLE, 1000):  # made anew elsewhere, the second time
        ip("-n", node.host.netns, "link", "add", VRF, "type", "vrf", "table", str(table))
        ip("-n", node.host.netns, "link", "set", VRF, "up")
        eventually(lambda: [routes(node, where, "proto", LOCAL_PROTOCOL) for where in (table, "local")],
                   [set(ALL), set(IPV4)], PATIENCE)
        ip("-n", node.host.netns, "link", "del", VRF)
        eventually(lambda: routes(node, "local", "proto", LOCAL_PROTOCOL), set(), PATIENCE)


def test_vty():
    with lab_in_vrf(protocol="both", announcer="vty") as lab:
        node = lab.nodes["lb1"]
        is_whole(lab, set(IPV4))  # OSPFv3 has the others in an LSA of the area
        assert (addresses(node, VRF), addresses(node, "lo")) == (set(ALL), set())

        scenarios.prepare(lab, "nginx-stop", node)()
        is_gone(lab)
        eventually(lambda: lsas_of_vips(lab), set(), PATIENCE)
        assert addresses(node, VRF) == set()
        scenarios.heal(lab, node)
        eventually(lambda: fib(lab), expect(ALL, {"lb1"}), PATIENCE)

        # A clean-up after an agent that is dead finds what it left in the VRF: the lines, and the
        # addresses whose lease has not ended yet.
        agent = node.agent.process()
        node.agent.supervisor().signal(signal.SIGKILL)
        agent.signal(signal.SIGKILL)
        assert agent.wait_gone(PATIENCE)
        shared.ok(node, "cleanup")
        assert addresses(node, VRF) == set()
        eventually(lambda: fib(lab), {}, PATIENCE)
