"""Whom FRR tells is derived from what can reach them, and a cause is looked up: FRR made wrong in just one way."""

import os
import re
import signal

import pytest
from look import ALL, IPV4, IPV6, PATIENCE, eventually, eventually_true, expect, fib, status
from shared import lab_name, lab_report, vipherd
from vipherd_lab import scenarios
from vipherd_lab.frr import LIBRARY
from vipherd_lab.lab import Lab, down_undisturbed
from vipherd_lab.processes import Process

BOTH = {"lb1", "lb2"}


def _own_lab(protocol):
    lab = Lab.up(lab_name(f"causes-{protocol}"), binary=os.environ.get("VIPHERD"), protocol=protocol)
    return lab


@pytest.fixture(scope="module", params=["ospf"])
def ospf_lab(request, labs):
    lab = _own_lab("ospf")
    yield lab
    down_undisturbed(lab.name)


@pytest.fixture(scope="module")
def bgp_lab(labs):
    lab = _own_lab("bgp")
    yield lab
    down_undisturbed(lab.name)


def daemon_of(node, vip, name):
    """What the node says of the daemon, or nothing as long as it has not asked it."""
    found = next(entry for entry in status(node)["vips"] if entry["vip"] == vip)
    return next((daemon for daemon in found["daemons"] if daemon["daemon"] == name), None)


def problem(node, vip, name):
    return (daemon_of(node, vip, name) or {}).get("problem") or ""


def configure(frr, *lines):
    """Lines of configuration, given to the running daemons."""
    frr.host.run(["vtysh", *[word for line in ("configure terminal", *lines) for word in ("-c", line)]])


# ---------------------------------------------------------------------------- areas


def put_into_area(lab, kind):
    """Everybody's links are in area 1, of that kind, from FRR's start on; the router's change as it runs."""
    lines = ["interface swp2", "no ip ospf area 0", "no ipv6 ospf6 area 0", "ip ospf area 1", "ipv6 ospf6 area 1", "exit"]
    configure(lab.router_frr, *lines, "router ospf", f"area 1 {kind}", "exit", "router ospf6", f"area 1 {kind}")
    for node in lab.nodes.values():
        path = node.host.path("/etc/frr/frr.conf")
        with open(path) as file:
            text = file.read()
        text = re.sub(r"(?m) area 0$", " area 1", text)
        text = re.sub(r"(?m)^router (ospf6?)$", rf"router \1\n area 1 {kind}", text)
        with open(path, "w") as file:
            file.write(text)
        node.frr.stop()
        node.frr.start()


def test_in_a_stub_area_nobody_hears_and_the_area_is_named():
    lab = _own_lab("ospf")
    try:
        lb1 = lab.nodes["lb1"]
        put_into_area(lab, "stub")
        eventually(lambda: fib(lab), {})
        for vip, daemon in ((IPV4[0], "ospfd"), (IPV6[0], "ospf6d")):
            eventually_true(f"the stub area of {daemon}", lambda: "area 0.0.0.1 is a stub" in problem(lb1, vip, daemon),
                            2 * PATIENCE)
            assert daemon_of(lb1, vip, daemon)["neighbours"] == []
            assert daemon_of(lb1, vip, daemon)["others"] is None, "in a stub area no node sees the others"
            assert "area 0.0.0.1 is a stub" in vipherd(lb1, "explain", vip).stdout
        assert '"ospf-stub-area"' in vipherd(lb1, "doctor", "--json").stdout
        eventually(lambda: lb1.agent.get("/health")[0], 503, 2 * PATIENCE)
    except BaseException:
        print(lab_report(lab))
        raise
    finally:
        down_undisturbed(lab.name)


def test_in_an_nssa_neighbours_hear_and_the_others_count():
    lab = _own_lab("ospf")
    try:
        lb1 = lab.nodes["lb1"]
        put_into_area(lab, "nssa")
        eventually(lambda: fib(lab), expect(ALL, BOTH), 3 * PATIENCE)
        for vip, daemon in ((IPV4[0], "ospfd"), (IPV6[0], "ospf6d")):
            eventually(lambda: (daemon_of(lb1, vip, daemon) or {}).get("others"), 1, 2 * PATIENCE)
            assert daemon_of(lb1, vip, daemon)["neighbours"] == ["192.168.100.1"]
            assert problem(lb1, vip, daemon) == ""
    except BaseException:
        print(lab_report(lab))
        raise
    finally:
        down_undisturbed(lab.name)


# ---------------------------------------------------------------------------- instances


def test_an_ospfd_of_another_instance_is_asked(ospf_lab):
    lab, lb1 = ospf_lab, ospf_lab.nodes["lb1"]
    path = lb1.host.path("/etc/frr/frr.conf")
    with open(path) as file:
        before = file.read()
    text = re.sub(r"(?m)^router ospf$", "router ospf 1", before).replace(" ip ospf area 0", " ip ospf 1 area 0")
    try:
        lb1.frr.process("ospfd").signal(signal.SIGTERM)
        eventually(lambda: fib(lab).get(IPV4[0]), {"lb2"})
        eventually_true("its end", lambda: "ospfd" in problem(lb1, IPV4[0], "ospfd"), 2 * PATIENCE)
        assert "does not run" in problem(lb1, IPV4[0], "ospfd")
        with open(path, "w") as file:
            file.write(text)
        # A daemon of FRR 10.3 keeps its output in the background, too: a pipe would be read for ever.
        lb1.host.run(["sh", "-c", f"{LIBRARY}/ospfd -d -n 1 -F traditional -A 127.0.0.1 >/dev/null 2>&1"])
        lb1.host.run(["vtysh", "-f", "/etc/frr/frr.conf"], check=False)
        eventually(lambda: fib(lab)[IPV4[0]], BOTH)
        eventually(lambda: (daemon_of(lb1, IPV4[0], "ospfd") or {}).get("neighbours"), ["192.168.100.1"], 2 * PATIENCE)
        assert problem(lb1, IPV4[0], "ospfd") == ""
    finally:
        with open(path, "w") as file:
            file.write(before)
        pid_file = lb1.host.path("/run/frr/ospfd-1.pid")
        if os.path.exists(pid_file):
            with open(pid_file) as file:
                instance = Process.of(int(file.read()))
            if instance:
                instance.signal(signal.SIGTERM)
        scenarios.heal(lab, lb1)


# ---------------------------------------------------------------------------- BGP

BGP_CAUSES = {
    "no policy": (["bgp ebgp-requires-policy", "address-family ipv4 unicast",
                   "no neighbor 192.168.100.1 prefix-list VIPHERD-POOL out"],
                  ["no bgp ebgp-requires-policy", "address-family ipv4 unicast",
                   "neighbor 192.168.100.1 prefix-list VIPHERD-POOL out"],
                  "eBGP to 192.168.100.1 has no outbound policy"),
    "aggregate": (["address-family ipv4 unicast", "aggregate-address 10.10.10.0/24 summary-only"],
                  ["address-family ipv4 unicast", "no aggregate-address 10.10.10.0/24 summary-only"],
                  "suppressed by an aggregate"),
    "filter": (["address-family ipv4 unicast", "neighbor 192.168.100.1 prefix-list NOTHING out"],
               ["address-family ipv4 unicast", "neighbor 192.168.100.1 prefix-list VIPHERD-POOL out"],
               "all that is left to deny it towards 192.168.100.1 is prefix-list NOTHING"),
    "redistribution": (["address-family ipv4 unicast", "no redistribute openfabric"],
                       ["address-family ipv4 unicast", "redistribute openfabric route-map VIPHERD"],
                       "its `address-family ipv4 unicast` has no `redistribute openfabric route-map …`"),
    "shut": (["neighbor 192.168.100.1 shutdown"], ["no neighbor 192.168.100.1 shutdown"],
             "192.168.100.1 Idle (Admin)"),
}


def test_explain_asks_the_daemons_now(bgp_lab):
    lab, lb1 = bgp_lab, bgp_lab.nodes["lb1"]
    eventually(lambda: (daemon_of(lb1, IPV4[0], "bgpd") or {}).get("neighbours"), ["192.168.100.1"], 2 * PATIENCE)
    assert "path complete" in vipherd(lb1, "explain", IPV4[0]).stdout
    try:
        configure(lb1.frr, "router bgp 65001", "neighbor 192.168.100.1 shutdown")
        # No waiting: what the agent's last round saw does not count.
        told = vipherd(lb1, "explain", IPV4[0])
        assert told.returncode == 1
        row = next(line for line in told.stdout.splitlines() if " bgpd " in line)
        assert "BROKEN" in row and "0s ago" in row and "192.168.100.1 Idle (Admin)" in row
    finally:
        configure(lb1.frr, "router bgp 65001", "no neighbor 192.168.100.1 shutdown")
        eventually(lambda: fib(lab).get(IPV4[0]), BOTH)


@pytest.mark.parametrize("cause", BGP_CAUSES)
def test_the_cause_is_looked_up_in_bgpd(bgp_lab, cause):
    lab, lb1 = bgp_lab, bgp_lab.nodes["lb1"]
    breaking, fixing, sentence = BGP_CAUSES[cause]
    try:
        configure(lb1.frr, "router bgp 65001", *breaking)
        eventually(lambda: fib(lab).get(IPV4[0]), {"lb2"})
        eventually_true(sentence, lambda: sentence in problem(lb1, IPV4[0], "bgpd"), 2 * PATIENCE)
        assert sentence in vipherd(lb1, "explain", IPV4[0]).stdout
    except BaseException:
        print(problem(lb1, IPV4[0], "bgpd"), lab_report(lab))
        raise
    finally:
        configure(lb1.frr, "router bgp 65001", *fixing)
        eventually(lambda: fib(lab).get(IPV4[0]), BOTH)
