"""`lab scale`: hundreds of VIPs reach the router and leave it again, with the agent as without it."""

import ipaddress
import json
import os
import struct
import subprocess
import sys

import pytest
from shared import lab_name
from vipherd_lab import netlink
from vipherd_lab.agent import find_binary
from vipherd_lab.companion import lab_program
from vipherd_lab.lab import Lab, down_undisturbed
from vipherd_lab.prefixes import Counter
from vipherd_lab.scale import vips

VIPS = 500
MILLISECONDS = ["announce_ms", "withdraw_ms", "floor_announce_ms", "floor_withdraw_ms"]


@pytest.fixture
def name():
    name = lab_name("scale")
    yield name
    down_undisturbed(name)


@pytest.mark.alone
@pytest.mark.parametrize("protocol", ["ospf", "bgp"])
def test_hundreds_of_vips_come_and_go(name, protocol, tmp_path):
    path = tmp_path / "scale.json"
    done = subprocess.run([sys.executable, lab_program(), "scale", "--vips", str(VIPS), "--protocol", protocol,
                           "--repeat", "1", "--changes", "2", "--name", name, "--json", str(path),
                           "--binary", find_binary(os.environ.get("VIPHERD"))],
                          capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    result = json.loads(path.read_text())
    assert list(result) == ["vips", "announcer", "protocol", *MILLISECONDS, "rss_mib"]
    assert (result["vips"], result["announcer"], result["protocol"]) == (VIPS, "zapi", protocol)
    # Each waits for the router to have all routes, or none: that it has an end is what is asserted.
    assert all(0 < result[key] for key in MILLISECONDS)
    # The goal for 10,000.
    assert 0 < result["rss_mib"] < 64
    assert f"one VIP among {VIPS} changes: " in done.stdout
    assert name not in Lab.names()


def test_only_a_sensible_number_is_measured(name):
    done = subprocess.run([sys.executable, lab_program(), "scale", "--vips", "1", "--name", name],
                          capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (1, "lab: 1 VIPs: 2 to 60000 are possible\n")
    assert name not in Lab.names()


def route_message(kind, address, length, table):
    """As the kernel sends it: the table's number comes before the destination."""
    packed = ipaddress.IPv4Address(address).packed
    body = struct.pack("=BBBBBBBBI", 2, length, 0, 0, table, 0, 0, 1, 0)
    body += netlink.attribute(15, struct.pack("=I", table)) + netlink.attribute(1, packed)
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + body


def test_the_counter_counts_host_routes_of_the_main_table_alone():
    counter = Counter("10.64.0.0/16")
    first, second = vips(2)
    for kind, address, length, table in [(24, first, 32, 254), (24, second, 32, 254), (24, second, 32, 254),
                                         (24, "10.65.0.1", 32, 254), (24, "10.64.9.0", 24, 254),
                                         (24, "10.64.9.9", 32, 255), (25, "10.64.9.8", 32, 254)]:
        counter.feed(route_message(kind, address, length, table))
    assert len(counter.present) == 2
    counter.feed(route_message(25, first, 32, 254) + route_message(25, second, 32, 255))
    assert len(counter.present) == 1
