"""Routers of another make than FRR, with the configurations of deploy/routers."""

import contextlib
import json
import os
import re

import pytest
from look import ALL, IPV6, eventually, eventually_true, expect, fib, unsupervised, vip_states
from shared import lab_name, lab_report
from vipherd_lab import client, rendered, scenarios, topology
from vipherd_lab.agent import find_binary
from vipherd_lab.frr import slowed_bfd
from vipherd_lab.lab import Lab, down_undisturbed
from vipherd_lab.measure import L4Hashing

CONFIGURATIONS = os.path.realpath(f"{os.path.dirname(__file__)}/../../deploy/routers")
BOTH = {"lb1", "lb2"}
NEXT_HOPS = topology.node_of_next_hop(2)


@pytest.fixture(scope="module")
def shared_lab(labs):
    """A lab whose FRR on the router has gone, to be replaced."""
    lab = Lab.up(lab_name("others"), binary=os.environ.get("VIPHERD"), protocol="both")
    lab.router_frr.stop()
    eventually(lambda: fib(lab), {})
    for node in lab.nodes.values():
        # BIRD has no hello interval below one second.
        text = slowed_bfd(rendered.node(find_binary(os.environ.get("VIPHERD")), node.name, lab.shape, "zapi", "seconds"))
        node.frr.stop()
        with open(node.host.path("/etc/frr/frr.conf"), "w") as file:
            file.write(text)
        node.frr.start()
        if node.frr.version.startswith("10.3"):  # whose bgpd waits for BFD, and these have ranges (docs/frr.md)
            node.host.run(["vtysh", "-c", "configure terminal", "-c", "router bgp 65001",
                           "-c", "no neighbor 192.168.100.1 bfd", "-c", "no neighbor fd00:192::1 bfd"])
    yield lab
    down_undisturbed(lab.name)


@pytest.fixture
def lab(shared_lab):
    """Healthy before and after each test."""
    try:
        yield shared_lab
        scenarios.heal(shared_lab, shared_lab.nodes["lb1"])
        for node in shared_lab.nodes.values():
            eventually(lambda node=node: vip_states(node), {vip: ("attached", "announced") for vip in ALL})
    except BaseException:
        print(lab_report(shared_lab))
        raise


@contextlib.contextmanager
def running(host, argv, configuration, text):
    """A router's daemon on a host, until this ends."""
    with open(host.path(f"/run/{configuration}"), "w") as file:
        file.write(text)
    log = host.path(f"/var/log/{configuration}.log")
    child = host.start([*argv, f"/run/{configuration}"], log)
    try:
        yield child
    except BaseException:
        with open(log, errors="replace") as file:
            print(file.read()[-3000:])
        raise
    finally:
        child.terminate()
        child.wait(20)


def configured(name, without=None):
    """The file of deploy/routers, without BIRD's protocols of one kind."""
    with open(f"{CONFIGURATIONS}/{name}") as file:
        text = file.read()
    return re.sub(rf"^protocol {without} .*?^}}\n", "", text, flags=re.MULTILINE | re.DOTALL) if without else text


def birdc(lab, *command):
    return lab.router.run(["birdc", "-s", "/run/bird.ctl", *command], check=False)


@pytest.mark.parametrize("protocol, other", [("ospf", "bgp"), ("bgp", "ospf")])
def test_bird_uses_every_node_that_serves_a_vip(lab, protocol, other):
    lb1 = lab.nodes["lb1"]
    bird = ["bird", "-f", "-s", "/run/bird.ctl", "-c"]
    with running(lab.router, bird, "bird.conf", configured("bird.conf", without=other)):
        eventually_true("BIRD", lambda: "up and running" in birdc(lab, "show", "status"))
        eventually(lambda: fib(lab), expect(ALL, BOTH), 60)
        with L4Hashing(lab.router):
            for vip in (ALL[0], IPV6[0]):
                answered = client.request(lab.client, vip, 60)
                assert answered["failures"] == []
                assert set(answered["nodes"]) == BOTH
        scenarios.prepare(lab, "nginx-stop", lb1)()
        eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
        scenarios.heal(lab, lb1)
        eventually(lambda: fib(lab), expect(ALL, BOTH))
        with unsupervised(lb1):  # no other agent until BIRD has computed its routes
            scenarios.prepare(lab, "agent-kill", lb1)()
            eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
        eventually(lambda: fib(lab), expect(ALL, BOTH))
        told = birdc(lab, "show", "protocols")
        assert f" {protocol.upper()} " in told and f" {other.upper()} " not in told
    eventually(lambda: fib(lab), {})


def gobgp(lab, *arguments):
    return json.loads(lab.router.run(["gobgp", *arguments, "-j"], check=False) or "null")


def paths(lab):
    """VIP -> nodes from which GoBGP has a path to it."""
    found = {}
    for family in ("ipv4", "ipv6"):
        for prefix, entries in (gobgp(lab, "global", "rib", "-a", family) or {}).items():
            found[prefix.split("/")[0]] = {NEXT_HOPS.get(entry["source-id"], entry["source-id"]) for entry in entries}
    return found


def test_gobgp_has_a_path_from_every_node_that_serves_a_vip(lab):
    lb1 = lab.nodes["lb1"]
    with running(lab.router, ["gobgpd", "-t", "toml", "-f"], "gobgp.toml", configured("gobgp.toml")):
        eventually_true("gobgpd", lambda: gobgp(lab, "global"), 30)
        eventually(lambda: paths(lab), expect(ALL, BOTH), 60)
        scenarios.prepare(lab, "nginx-stop", lb1)()
        eventually(lambda: paths(lab), expect(ALL, {"lb2"}))
        scenarios.heal(lab, lb1)
        eventually(lambda: paths(lab), expect(ALL, BOTH))
