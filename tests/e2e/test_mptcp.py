"""`lab up --uplinks 2 --mptcp`: one connection uses both uplinks, and outlives that its node leaves the next hops."""

import contextlib
import json
import os
import shutil
import socket
import time

import pytest
from look import ALL, IPV4, IPV6, eventually, eventually_true, expect
from shared import findings, lab_name, ok
from vipherd_lab import show, topology
from vipherd_lab.lab import Lab, down_undisturbed
from vipherd_lab.mptcp import IPPROTO_MPTCP

MEGABIT = 20  # of each uplink; small enough for a busy machine
UPLINKS = 2


@pytest.fixture(scope="module")
def lab():
    if not shutil.which("mptcpize") or not os.path.exists("/proc/sys/net/mptcp/enabled"):
        pytest.skip("no mptcpize, or a kernel without MPTCP: MPTCP is not tested")
    name = lab_name("mptcp")
    made = Lab.up(name, uplinks=UPLINKS, protocol="bgp", mptcp=True, drain=("500ms", "60s"),
                  binary=os.environ.get("VIPHERD"))
    try:
        for node in made.nodes.values():
            for uplink in range(1, UPLINKS + 1):
                node.host.run(["tc", "qdisc", "add", "dev", f"eth{uplink}", "root", "tbf", "rate", f"{MEGABIT}mbit",
                               "burst", "64kb", "latency", "100ms"])
        yield made
    finally:
        down_undisturbed(name)


class Download:
    """A gigabyte from nginx, as far as it is read."""

    def __init__(self, lab, vip, protocol):
        family = socket.AF_INET6 if ":" in vip else socket.AF_INET
        with lab.client.network():
            self.socket = socket.socket(family, socket.SOCK_STREAM, protocol)
        self.socket.settimeout(10)
        self.socket.connect((vip, 80))
        self.socket.sendall(b"GET /large HTTP/1.0\r\n\r\n")
        assert self.socket.recv(9) == b"HTTP/1.1 "

    def rate(self, seconds):
        """Megabits a second."""
        begin, received = time.monotonic(), 0
        while time.monotonic() < begin + seconds:
            data = self.socket.recv(1 << 20)
            assert data, "the connection has ended"
            received += len(data)
        return 8e-6 * received / (time.monotonic() - begin)

    def best(self, enough, windows=10):
        """The highest rate of a few windows of two seconds, the last of them the first that is enough.
        A subflow that was opened late or lost its first packets needs a while to reach its rate."""
        best = 0
        for _ in range(windows):
            best = max(best, self.rate(2))
            if best > enough:
                break
        return best


@contextlib.contextmanager
def download(lab, vip, protocol=IPPROTO_MPTCP):
    opened = Download(lab, vip, protocol)
    try:
        yield opened
    finally:
        opened.socket.close()


def owner(lab):
    """The node with an established connection that sends much."""
    found = []

    def one_sends():
        found[:] = [node for node in lab.nodes.values()
                    if any(int(line.split()[1]) > 0 for line in
                           node.host.run(["ss", "-HtnO", "state", "established", "sport = :80"]).splitlines())]
        return len(found) == 1

    eventually_true("one node that sends", one_sends)
    return found[0]


@pytest.mark.alone
@pytest.mark.parametrize("vip", [IPV4[0], IPV6[0]], ids=["ipv4", "ipv6"])
def test_one_connection_uses_both_uplinks_and_outlives_a_drain(lab, vip):
    with download(lab, vip, socket.IPPROTO_TCP) as plain:
        plain.rate(1)
        alone = plain.rate(3)
    with download(lab, vip) as several:
        # The goal is 1.8; the rest is for a machine that has other work.
        together = several.best(1.6 * alone)
        node = owner(lab)
        ok(node, "drain")
        try:
            others = set(lab.nodes) - {node.name}
            eventually(lambda: {address: set(route["next_hops"]) for address, route in
                                show.router_routes(lab).items()}, expect(ALL, others))
            several.rate(1)
            later = several.best(0.5 * alone)
        finally:
            ok(node, "resume")
    print(f"TCP {alone:.1f} Mbit/s, MPTCP {together:.1f}, after {node.name} has left the next hops {later:.1f}")
    assert 0.5 * MEGABIT < alone < 1.2 * MEGABIT
    assert together > 1.6 * alone
    assert later > 0.5 * alone
    eventually(lambda: {address: set(route["next_hops"]) for address, route in show.router_routes(lab).items()},
               expect(ALL, lab.nodes))


def test_the_doctor_knows_the_settings(lab):
    host = lab.nodes["lb1"].host
    address = topology.node_ipv4("lb1", 2)
    assert findings(lab.nodes["lb1"], "mptcp") == []
    table = next(rule["table"] for rule in json.loads(host.run(["ip", "-j", "rule"])) if rule["src"] == address)
    host.run(["ip", "rule", "del", "from", address])
    host.run(["ip", "mptcp", "limits", "set", "subflow", "1"])
    host.set_sysctls({"net.mptcp.enabled": 0})
    try:
        assert dict(findings(lab.nodes["lb1"], "mptcp")) == {
            "mptcp-enabled": "net.mptcp.enabled = 0",
            "mptcp-subflows": "2 addresses of one family are signalled, and the limit of subflows is 1",
            "mptcp-source-rule": f"there is no rule from {address}"}
    finally:
        host.set_sysctls({"net.mptcp.enabled": 1})
        host.run(["ip", "mptcp", "limits", "set", "subflow", "8"])
        host.run(["ip", "rule", "add", "from", address, "table", table])
    assert findings(lab.nodes["lb1"], "mptcp") == []
