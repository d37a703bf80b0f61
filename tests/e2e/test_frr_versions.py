"""The agent on each FRR that Debian has had, with a router of another version, by OSPF and BGP at once."""

import copy
import json
import os
import socket
import struct

import configs
import pytest
from look import (ALL, IPV4, IPV6, PATIENCE, Log, eventually, eventually_true, everything, frr_routes, learned,
                  presence, reload, restart, status, vip_states, vips, wait_until_old)
from shared import lab_name, lab_report, restore_node, vipherd
from vipherd_lab import scenarios, topology
from vipherd_lab.agent import CONFIGURATION
from vipherd_lab.lab import Lab, down_undisturbed, frr_of

# FRR of the load balancers, that of the router, and the dialect that the agent has to find.
VERSIONS = {"7.5": ("8.4", "7.5"), "8.4": ("10.3", "8.2 to 9.0"), "10.3": ("8.4", "10.2 to 10.5"),
            "10.7": ("8.4", "10.6 to 10.7")}
BOTH = {"lb1", "lb2"}
LB1, LB2 = topology.node_ipv4("lb1"), topology.node_ipv4("lb2")


@pytest.fixture(scope="module", params=VERSIONS)
def old_and_new(request, labs):
    """A lab whose load balancers run one FRR and whose router another one."""
    version = request.param
    lab = Lab.up(lab_name(f"frr{version.replace('.', '')}"), binary=os.environ.get("VIPHERD"), protocol="both",
                 frr=version, router_frr=VERSIONS[version][0])
    with open(lab.nodes["lb1"].host.path(CONFIGURATION)) as file:
        lab.baseline = file.read()
    lab.version = lab.nodes["lb1"].frr.version
    yield lab
    down_undisturbed(lab.name)


@pytest.fixture
def lab(old_and_new):
    """The lab, healthy before and after each test."""
    try:
        yield old_and_new
        node = old_and_new.nodes["lb1"]
        if node.frr.version != old_and_new.version:  # of a test that failed in between
            put_in_its_place(node, frr_of(node.host, old_and_new.settings))
        restore_node(old_and_new, node, old_and_new.baseline)
        eventually(lambda: learned(old_and_new), everything(BOTH))
    except BaseException:
        print(lab_report(old_and_new))
        raise


def dialect(lab):
    return VERSIONS[lab.settings["frr"]][1]


def test_the_vips_follow_the_service(lab):
    lb1 = lab.nodes["lb1"]
    told = status(lb1)["zebra"]
    assert told["state"] == "connected"
    with open(lb1.agent.log) as file:
        connected = [line for line in file if "zebra connected" in line]
    assert f"FRR {lb1.frr.version} (ZAPI of {dialect(lab)})" in connected[-1]
    assert lb1.frr.version.startswith(lab.settings["frr"])
    eventually(lambda: learned(lab), everything(BOTH))
    assert frr_routes(lb1) == set(ALL)

    scenarios.prepare(lab, "nginx-stop", lb1)()
    eventually(lambda: learned(lab), everything({"lb2"}))
    # Confirmed by zebra, in its own way of writing notifications.
    eventually(lambda: vip_states(lb1), {vip: ("detached", "withdrawn") for vip in ALL})
    assert frr_routes(lb1) == set()

    scenarios.heal(lab, lb1)
    eventually(lambda: learned(lab), everything(BOTH))
    eventually(lambda: vip_states(lb1), {vip: ("attached", "announced") for vip in ALL})


def received(lab, vip):
    """Router id -> MED, as the router's bgpd received it."""
    family = "ipv6" if vip in IPV6 else "ipv4"
    told = json.loads(lab.router_frr.vtysh(f"show bgp {family} unicast {vip} json"))
    return {path["peer"]["routerId"]: path.get("metric") for path in told.get("paths", [])}


def by_ospf(lab):
    """VIP -> tag and metric of the routes that the router learned by OSPF."""
    found = {}
    for command in ("show ip route json", "show ipv6 route json"):
        for prefix, routes in json.loads(lab.router_frr.vtysh(command)).items():
            for route in routes if prefix.split("/")[0] in ALL else []:
                if route["protocol"].startswith("ospf"):
                    found.setdefault(prefix.split("/")[0], set()).add((route.get("tag"), route["metric"]))
    return found


def test_attributes_arrive(lab):
    lb1 = lab.nodes["lb1"]
    marked, rest = [IPV4[0], IPV6[0]], [vip for vip in ALL if vip not in (IPV4[0], IPV6[0])]
    # E1: 100 as in redistribute, and 10 to the node.
    eventually(lambda: by_ospf(lab), {vip: {(100, 110)} for vip in ALL})
    reload(lb1, configs.render(lab, {"web": configs.service(rest), "marked": configs.service(marked, metric=50)}))
    for vip in ALL:
        eventually(lambda vip=vip: received(lab, vip), {LB1: 50 if vip in marked else 0, LB2: 0})
    # A tag that the route-maps do not know is announced by no daemon, though zebra has the route.
    reload(lb1, configs.render(lab, {"web": configs.service(rest), "marked": configs.service(marked, tag=300)}))
    eventually(lambda: learned(lab), {(vip, protocol): {"lb2"} if vip in marked else BOTH
                                      for vip, protocol in everything(BOTH)})
    assert frr_routes(lb1) == set(ALL)


def test_a_better_route_is_noticed(lab):
    """What zebra says of a route that loses differs: a notification from 10.0 on, silence before."""
    lb1 = lab.nodes["lb1"]
    lost = {IPV4[0]: "32", IPV6[0]: "128"}
    addresses = [f"{vip}/{length}" for vip, length in lost.items()]
    topology.batch(lb1.host, [f"address add {address} dev lo" for address in addresses])
    try:
        for vip in lost:
            eventually(lambda vip=vip: vips(lb1)[vip]["announced"]["state"], "losing")
            # First that it lost, then, when zebra was asked, against what.
            eventually_true("the reason", lambda vip=vip: "is selected (distance 0)" in
                            vips(lb1)[vip]["announced"]["why"])
    finally:
        topology.batch(lb1.host, [f"address del {address} dev lo" for address in addresses])
    eventually(lambda: vip_states(lb1), {vip: ("attached", "announced") for vip in ALL})


def test_a_killed_agent_announces_nothing(lab):
    lb1 = lab.nodes["lb1"]
    log = Log(lb1)
    with lab.watch(ALL) as watch:
        scenarios.prepare(lab, "agent-kill", lb1)()
        for vip in ALL:
            eventually_true("the routes to leave and to return",
                            lambda vip=vip: presence(watch, lb1, vip, 0)[:3] == [True, False, True])
    log.wait("zebra connected")
    eventually(lambda: learned(lab), everything(BOTH))


# ------------------------------------------------------------------------- another FRR in its place

def machines_own(lab, node):
    """The FRR of the machine itself, on a node that has one of another version mounted."""
    host = copy.copy(node.host)
    host.frr_root = None
    return frr_of(host, lab.settings)


def put_in_its_place(node, frr):
    """As an upgrade of the package does: all daemons stop, those of the other FRR start with their configuration."""
    node.frr.stop()
    node.frr = frr
    frr.install()
    frr.start()


def test_frr_is_exchanged_under_the_agent(lab):
    """For the machine's own version and back again; the sockets are where they were."""
    lb1 = lab.nodes["lb1"]
    agent = lb1.agent.process()
    of_lab, own = lb1.frr, machines_own(lab, lb1)
    for frr, found in ((own, VERSIONS[".".join(own.version.split(".")[:2])][1]), (of_lab, dialect(lab))):
        log = Log(lb1)
        wait_until_old(lb1, ALL)  # OSPF takes no second instance of an LSA within a second
        put_in_its_place(lb1, frr)
        log.wait("zebra lost, nothing is announced")
        assert f"zebra connected: FRR {frr.version} (ZAPI of {found})" in log.wait("zebra connected")
        eventually(lambda: vip_states(lb1), {vip: ("attached", "announced") for vip in ALL}, PATIENCE * 2)
        eventually(lambda: learned(lab), everything(BOTH), PATIENCE * 2)
        eventually(lambda: vipherd(lb1, "status").returncode, 0)  # a check may fail now and then on a busy machine
        assert f"FRR {frr.version}" in vipherd(lb1, "status").stdout
        scenarios.prepare(lab, "nginx-stop", lb1)()
        eventually(lambda: learned(lab), everything({"lb2"}), PATIENCE * 2)
        scenarios.heal(lab, lb1)
        eventually(lambda: learned(lab), everything(BOTH), PATIENCE * 2)
    assert lb1.agent.process() == agent


# ----------------------------------------------------------------- what a graceful restart leaves

# ZAPI of each dialect: HELLO, ROUTE_ADD, CLIENT_CAPABILITIES and the number of openfabric.
NUMBERS = {"7.5": (18, 8, 113, 26), "8.2 to 9.0": (18, 8, 119, 26), "10.2 to 10.5": (19, 9, 121, 27),
           "10.6 to 10.7": (19, 9, 121, 27)}


def message(command, body):
    return struct.pack("!HBBIH", 10 + len(body), 0xfe, 6, 0, command) + body


def announce_for_a_successor(lab, node, vip):
    """A client of the agent's type that asks zebra to keep its route for ten minutes, and is gone."""
    hello, route_add, capabilities, kind = NUMBERS[dialect(lab)]
    notify = b"\x01" if hello == 18 else b""
    route = struct.pack("!BHIIBBB4sHIBBBBII", kind, 0, 0, 0xf, 1, socket.AF_INET, 32, socket.inet_aton(vip),
                        1, 0, 6, 0, 1, 1, 0, 100)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as zebra:
        zebra.connect(node.host.path("/run/frr/zserv.api"))
        zebra.sendall(message(hello, struct.pack("!BHI", kind, 0, 0) + notify + b"\x00")
                      + message(capabilities, struct.pack("!III", 1, 600, 0))
                      + message(route_add, route))
        eventually(lambda: frr_routes(node), {vip})
        wait_until_old(node, [vip])
    eventually_true("zebra to notice that the client is gone",
                    lambda: "openfabric" not in node.frr.vtysh("show zebra client summary"))


def test_cleanup_ends_what_a_successor_that_never_came_was_to_take_over(lab):
    lb1, vip = lab.nodes["lb1"], IPV4[0]
    lb1.agent.stop()
    eventually(lambda: learned(lab), everything({"lb2"}))
    announce_for_a_successor(lab, lb1, vip)
    # No client answers for it, and FRR 9.0 to 10.4 would keep it for ever.
    eventually(lambda: learned(lab)[vip, "bgp"], BOTH)
    assert frr_routes(lb1) == {vip}
    said = lb1.host.run([lb1.agent.binary, "cleanup", "--config", CONFIGURATION])
    assert said == "removed 0 VIP routes of protocol 118\n"
    eventually(lambda: frr_routes(lb1), set())
    eventually(lambda: learned(lab), everything({"lb2"}))


# ------------------------------------------------------------------------- the operator's word

def test_the_operator_names_the_dialect(lab):
    lb1 = lab.nodes["lb1"]
    log = Log(lb1)
    restart(lb1, lab.baseline.replace("[frr]\n", f'[frr]\ndialect = "{lab.settings["frr"]}"\n'))
    assert f"(ZAPI of {dialect(lab)}, as configured)" in log.wait("zebra connected")
    eventually(lambda: vip_states(lb1), {vip: ("attached", "announced") for vip in ALL})
    eventually(lambda: learned(lab), everything(BOTH))
    restart(lb1, lab.baseline)


def test_a_wrong_word_of_the_operator_announces_nothing(lab):
    """HELLO has another number before and after 10.0, so such a zebra never takes it for what it is not."""
    lb1 = lab.nodes["lb1"]
    wrong = "8.4" if lab.settings["frr"].startswith("10.") else "10.7"
    log = Log(lb1)
    restart(lb1, lab.baseline.replace("[frr]\n", f'[frr]\ndialect = "{wrong}"\n'))
    log.wait("zebra did not answer within 2s to HELLO")
    assert status(lb1)["zebra"]["state"] == "disconnected"
    assert lb1.agent.get("/health")[0] == 503
    assert frr_routes(lb1) == set()
    eventually(lambda: learned(lab), everything({"lb2"}))
    restart(lb1, lab.baseline)
