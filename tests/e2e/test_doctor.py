"""`vipherd doctor` finds what is wrong with a host, and that alone: a lab made wrong in just one way for each case, and
made right again by the script that the doctor printed, where commands can do that."""

import contextlib
import json
import os
import re
import socket
import struct
import subprocess
from dataclasses import dataclass, field

import pytest
from look import ALL, IPV4, PATIENCE, eventually, eventually_true, expect, fib
from shared import lab_name, lab_report, ok, vipherd
from vipherd_lab import topology
from vipherd_lab.agent import CONFIGURATION
from vipherd_lab.lab import Lab, down_undisturbed
from vipherd_lab.processes import end_all

PROBLEM, NOT_ALL_SEEN = 1, 3
ETH_P_ARP = 0x0806


def doctor(lab, host, *options, become=()):
    """(exit code, output)"""
    binary = next(iter(lab.nodes.values())).agent.binary
    done = subprocess.run(lab.hosts[host].command([*become, binary, "doctor", *options]), capture_output=True, text=True,
                          cwd="/", timeout=60)
    assert done.stderr == ""
    return done.returncode, done.stdout


def report(lab, host, *options, **more):
    """Exit code, and the ids of what was found, each once."""
    code, text = doctor(lab, host, "--json", *options, **more)
    return code, sorted({finding["id"] for finding in json.loads(text)["findings"]})


def run(lab, host, *lines):
    for line in lines:
        lab.hosts[host].run(["sh", "-euc", line])


def run_script(lab, host):
    """What --script prints, but for systemd, which the lab's hosts do not have."""
    script = doctor(lab, host, "--script")[1]
    lines = [line for line in script.splitlines() if not line.startswith("systemctl ")]
    lab.hosts[host].run(["sh", "-euc", "\n".join(lines)])


def vtysh(*lines, daemon=None):
    """A shell command that gives lines of configuration to all daemons, or to one."""
    only = f"-d {daemon} " if daemon else ""
    return f"vtysh {only}" + " ".join(f"-c '{line}'" for line in ("configure terminal", *lines))


@pytest.fixture(scope="module")
def clean(labs):
    """A lab whose hosts were set right by the doctor's own script, and what it has left to say of each."""
    lab = Lab.up(lab_name("doctor"), binary=os.environ.get("VIPHERD"), protocol="both")
    try:
        yield lab, {host: set_right(lab, host) for host in ("lb1", "router")}
    except BaseException:
        print(lab_report(lab))
        raise
    finally:
        down_undisturbed(lab.name)


def set_right(lab, host):
    expected = {"lb1": (0, ["keep-addr-on-down", "systemd-absent", "tcp-mtu-probing"]),
                "router": (PROBLEM, ["ecmp-dead-next-hop", "ecmp-hash-ipv4", "ecmp-hash-ipv6"])}
    left = ["systemd-absent"] if host == "lb1" else ["icmp-errors-by-ports"]
    eventually(lambda: report(lab, host), expected[host])  # as `lab up` leaves it
    run_script(lab, host)
    eventually(lambda: report(lab, host), (0, left))
    return left


@dataclass
class Case:
    what: str
    wrong: list  # shell commands
    found: list  # ids
    right: list = field(default_factory=list)  # commands; with `script` run after it, to leave nothing behind
    script: bool = False  # the doctor's own script sets it right
    host: str = "lb1"
    code: int = PROBLEM


SECOND_NIC = ["ip link add eth9 type veth peer name eth9p", "ip link set eth9p up", "ip link set eth9 up"]
NO_SECOND_NIC = ["ip link del eth9"]
LIST = "ip prefix-list VIPHERD-POOL seq 10 permit"
BGP = ("router bgp 65001", "address-family ipv4 unicast")
POLICY = "net.ipv4.fib_multipath_hash_policy"

CASES = [
    Case("address on lo", [f"ip address add {IPV4[0]}/32 dev lo"], ["vip-on-interface"], script=True),
    Case("stray address of the pool", ["ip address add 10.10.10.99/32 dev lo"], ["pool-address"], script=True, code=0),
    Case("VIP in a file of networkd", [f"mkdir -p /run/systemd/network; echo Address={IPV4[0]}/32 "
                                       ">/run/systemd/network/lo.network"], ["vip-in-network-files"],
         ["rm /run/systemd/network/lo.network"]),
    Case("networkd's directory, which every boot makes", ["mkdir -p /run/systemd/netif/links"], [],
         ["rm -r /run/systemd/netif"], code=0),
    Case("rp_filter", [*SECOND_NIC, "ip address add 192.168.77.2/24 dev eth9",
                       "sysctl -qw net.ipv4.conf.all.rp_filter=1"],
         ["rp-filter"], [*NO_SECOND_NIC, "sysctl -qw net.ipv4.conf.all.rp_filter=0"], script=True),
    Case("VIP in a subnet", [*SECOND_NIC, "ip address add 10.10.10.254/24 dev eth9"], ["vip-in-subnet"], NO_SECOND_NIC,
         code=0),
    Case("control socket for all", ["chmod 666 /run/vipherd/control.sock"], ["control-socket-open"],
         ["chmod 660 /run/vipherd/control.sock"]),
    Case("configuration", [f"cp {CONFIGURATION} /run/kept; echo nonsense >>{CONFIGURATION}"],
         ["configuration-invalid"], [f"cp /run/kept {CONFIGURATION}"]),
    Case("daemon not enabled", ["sed -i s/ospf6d=yes/ospf6d=no/ /etc/frr/daemons"], ["frr-daemon-disabled"], script=True),
    Case("not saved", ["sed -i '/redistribute openfabric/d' /etc/frr/frr.conf"], ["frr-not-saved"], script=True),
    Case("no redistribute, BGP", [vtysh(*BGP, "no redistribute openfabric")], ["redistribute-missing"], script=True),
    Case("no redistribute, OSPF", [vtysh("router ospf", "no redistribute openfabric")], ["redistribute-missing"],
         script=True),
    Case("no redistribute, OSPFv3", [vtysh("router ospf6", "no redistribute openfabric")], ["redistribute-missing"],
         script=True),
    Case("prefix-list denies", [vtysh(f"{LIST} 10.10.20.0/24 ge 32", daemon="ospfd")], ["prefix-list-denies"],
         [vtysh("no ip prefix-list VIPHERD-POOL", f"{LIST} 10.10.10.0/24 ge 32")], script=True),
    Case("prefix-list with less than the pool", [vtysh(f"{LIST} 10.10.10.0/28 ge 32", daemon="ospfd")], ["pool-mismatch"],
         [vtysh(f"{LIST} 10.10.10.0/24 ge 32", daemon="ospfd")], code=0),
    Case("route-map denies", [vtysh("no route-map VIPHERD permit 10", daemon="ospfd")], ["route-map-denies"],
         [vtysh("route-map VIPHERD permit 10", "match ip address prefix-list VIPHERD-POOL", "match tag 100",
                daemon="ospfd")]),
    Case("no drained state", [vtysh("no route-map VIPHERD6 permit 20", daemon="ospf6d")], ["drain-denied"],
         [vtysh("route-map VIPHERD6 permit 20", "match ipv6 address prefix-list VIPHERD-POOL", "match tag 200",
                "set metric 16777214", "set metric-type type-2", daemon="ospf6d")], code=0),
    Case("zebra's own filter", [vtysh("route-map NONE deny 10", "exit", "ip protocol openfabric route-map NONE")],
         ["ip-protocol-route-map"], [vtysh("no route-map NONE")], script=True),
    Case("filter towards the neighbour", [vtysh(*BGP, "neighbor 192.168.100.1 prefix-list NOTHING out")],
         ["bgp-out-filter"], [vtysh(*BGP, "neighbor 192.168.100.1 prefix-list VIPHERD-POOL out")]),
    Case("no filter towards the neighbour", [vtysh(*BGP, "no neighbor 192.168.100.1 prefix-list VIPHERD-POOL out")],
         ["bgp-requires-policy"], [vtysh(*BGP, "neighbor 192.168.100.1 prefix-list VIPHERD-POOL out")]),
    Case("session down", [vtysh("router bgp 65001", "neighbor 192.168.100.1 shutdown")], ["bgp-session-down"],
         [vtysh("router bgp 65001", "no neighbor 192.168.100.1 shutdown")]),
    Case("adjacency missing", [vtysh("interface eth1", "no ip ospf area 0")], ["ospf-no-adjacency"],
         [vtysh("interface eth1", "ip ospf area 0")]),
    Case("VIP for a router id", [vtysh("router bgp 65001", f"bgp router-id {IPV4[0]}")], ["router-id-is-vip"], script=True),
    Case("no router id", [vtysh("router ospf6", "no ospf6 router-id")], ["router-id-not-configured"], script=True, code=0),
    Case("work queue", [vtysh("zebra work-queue 10")], ["zebra-work-queue"], script=True, code=0),
    Case("min-arrival", [vtysh("router ospf", "timers lsa min-arrival 1000")], ["ospf-min-arrival"], script=True, code=0),
    Case("MRAI", [vtysh("router bgp 65001", "neighbor 192.168.100.1 advertisement-interval 5")],
         ["bgp-advertisement-interval"], script=True, code=0),
    Case("BFD's profile", [vtysh("bfd", "no profile vipherd")], ["bfd-profile-missing"], script=True, code=0),
    Case("L3 hashing", [f"sysctl -qw {POLICY}=0"], ["ecmp-hash-ipv4"], script=True, host="router"),
    Case("one next hop", [vtysh("router ospf6", "maximum-paths 1")], ["maximum-paths"], script=True, host="router"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_finds_what_is_wrong_and_that_alone(clean, case):
    lab, left = clean
    run(lab, case.host, *case.wrong)
    try:
        eventually(lambda: report(lab, case.host), (case.code, sorted([*left[case.host], *case.found])))
        if case.script:
            run_script(lab, case.host)
            eventually(lambda: report(lab, case.host), (0, left[case.host]))
    except BaseException:
        if case.script:
            run_script(lab, case.host)
        raise
    finally:
        run(lab, case.host, *case.right)
    eventually(lambda: report(lab, case.host), (0, left[case.host]))


def answering(lab, address):
    """The link addresses that answer when the router asks for an address by ARP."""
    found = set()
    with lab.router.network():
        asker = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ARP))
    with asker:
        asker.bind(("swp2", 0))
        own = asker.getsockname()[4]
        request = struct.pack("!6s6sHHHBBH6s4s6s4s", b"\xff" * 6, own, ETH_P_ARP, 1, 0x0800, 6, 4, 1, own,
                              socket.inet_aton(topology.ROUTER_IPV4), bytes(6), socket.inet_aton(address))
        asker.send(request)
        asker.settimeout(0.3)  # both answers are on their way at once
        with contextlib.suppress(TimeoutError):
            while True:
                frame = asker.recv(128)
                if frame[20:22] == b"\0\2" and frame[28:32] == socket.inet_aton(address):
                    found.add(frame[22:28])
    return found


def test_one_nic_answers_for_another_until_the_script_was_run(clean):
    """Both are on the router's segment; what the doctor says is so on the wire."""
    lab, left = clean
    address = "192.168.100.77"
    far = lab.hosts["sw2"]
    run(lab, "lb1", f"ip link add eth9 type veth peer name second netns /proc/{far.holder().pid}/ns/net")
    try:
        run(lab, "sw2", "ip link set second master br1 up")
        run(lab, "lb1", "ip link set eth9 up", f"ip address add {address}/24 dev eth9")
        eventually(lambda: len(answering(lab, address)), 2)
        eventually(lambda: report(lab, "lb1"), (PROBLEM, sorted([*left["lb1"], "arp-flux"])))
        run_script(lab, "lb1")
        eventually(lambda: len(answering(lab, address)), 1)
    finally:
        run(lab, "lb1", "ip link del eth9", "sysctl -qw net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0")
    eventually(lambda: report(lab, "lb1"), (0, left["lb1"]))


def test_a_drain_is_for_explain_and_nothing_wrong_with_the_host(clean):
    lab, left = clean
    lb1 = lab.nodes["lb1"]
    ok(lb1, "drain", "web")
    try:
        eventually_true("the drain", lambda: "drain" in vipherd(lb1, "explain", IPV4[0]).stdout)
        eventually(lambda: report(lab, "lb1"), (0, left["lb1"]))
    finally:
        ok(lb1, "resume")
    eventually_true("its end", lambda: vipherd(lb1, "explain", IPV4[0]).returncode == 0)


def test_a_service_that_is_down(clean):
    lab, left = clean
    lb1 = lab.nodes["lb1"]
    end_all(lb1.nginx.processes())
    try:
        eventually(lambda: report(lab, "lb1"), (PROBLEM, sorted([*left["lb1"], "service-not-listening"])))
    finally:
        lb1.nginx.start()
    eventually(lambda: report(lab, "lb1"), (0, left["lb1"]))


def test_without_rights_it_says_what_it_cannot_tell(clean):
    lab, _ = clean
    code, text = doctor(lab, "lb1", "--json", become=["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"])
    findings = json.loads(text)["findings"]
    unknown = {finding["id"] for finding in findings if finding["certainty"] == "cannot tell"}
    assert code == NOT_ALL_SEEN
    assert {"frr-daemon-silent", "frr-zserv"} <= unknown
    assert all("ermission denied" in finding["seen"] for finding in findings if finding["id"] == "frr-daemon-silent")


def test_the_role_follows_from_the_configuration(clean):
    lab, _ = clean
    assert doctor(lab, "lb1")[1].startswith("lb1, a node: ")
    assert doctor(lab, "router")[1].startswith("router, a router: ")
    assert doctor(lab, "lb1", "--role", "router")[1].startswith("lb1, a router: ")
    binary = lab.nodes["lb1"].agent.binary
    for options in (["--role", "switch"], ["--config", "/etc/vipherd/none.toml"], ["--json", "--script"]):
        done = subprocess.run(lab.router.command([binary, "doctor", *options]), capture_output=True, text=True, cwd="/",
                              timeout=60)
        assert done.returncode == 2 and done.stderr, options


def test_a_router_without_frr(clean):
    """The client's host has none."""
    lab, _ = clean
    code, found = report(lab, "cli")
    assert (code, "frr-missing" in found) == (PROBLEM, True)
    assert not [name for name in found if name.startswith("frr-daemon")], found


def test_it_changes_nothing(clean):
    lab, _ = clean
    def state():
        settings = lab.hosts["lb1"].run(["sysctl", "-a", "--pattern", r"^net\.ipv[46]\.(conf|fib|tcp_mtu)"])
        return (settings, lab.nodes["lb1"].frr.vtysh("show running-config"), lab.hosts["lb1"].run(["ip", "address"]),
                lab.hosts["lb1"].run(["find", "/etc/frr", "/etc/sysctl.d", "/run/vipherd"]))
    before = state()
    for options in ([], ["--script"], ["--json"]):
        doctor(lab, "lb1", *options)
    assert state() == before


def test_zebra_is_gone(clean):
    """The last one: all of FRR has to be started anew."""
    lab, left = clean
    lb1 = lab.nodes["lb1"]
    zebra = lb1.frr.process("zebra")
    os.kill(zebra.pid, 9)
    assert zebra.wait_gone(10)
    try:
        code, found = report(lab, "lb1")
        assert (code, "frr-daemon-absent" in found) == (PROBLEM, True)
        told = vipherd(lb1, "explain", IPV4[0])
        assert told.returncode == 1 and re.search("BROKEN +FRR ", told.stdout), told.stdout
        assert re.search("frr-daemon-absent\n  seen  zebra does not run: ", doctor(lab, "lb1")[1])
    finally:
        lb1.frr.stop()
        lb1.frr.start()
    eventually(lambda: report(lab, "lb1"), (0, left["lb1"]), 2 * PATIENCE)
    eventually(lambda: fib(lab), expect(ALL, lab.nodes), 2 * PATIENCE)
