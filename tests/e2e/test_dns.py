"""An anycast DNS cluster: NSD on every node, answering from the VIPs, and checked there."""

import json
import re
import subprocess
import sys

import configs
import pytest
from look import ALL, IPV4, IPV6, PATIENCE, check, eventually, expect, fib, vip_states
from vipherd_lab import client, scenarios
from vipherd_lab.errors import LabError
from vipherd_lab.companion import lab_program
from vipherd_lab.measure import L4Hashing

QUERIES = 100

pytestmark = pytest.mark.parametrize("lab", ["dns"], indirect=True)


@pytest.fixture(autouse=True)
def l4_hashing(lab):
    """The router spreads queries over both nodes, so that one to a failed node would show."""
    with L4Hashing(lab.router):
        yield


def answers(lab, vip, count=QUERIES):
    """Queries to a VIP, each from a port of its own: how many each node answered."""
    result = client.request(lab.client, vip, count, service="dns")
    assert result["failures"] == []
    assert sum(result["nodes"].values()) == count
    return result["nodes"]


def run(*arguments):
    done = subprocess.run([sys.executable, lab_program(), *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("vip", [IPV4[0], IPV6[0], IPV6[2]])
def test_both_nodes_answer_from_the_vip(lab, vip):
    # The client's socket is connected: it takes answers of the VIP only.
    assert set(answers(lab, vip)) == {"lb1", "lb2"}


def test_the_check_asks_at_every_vip(lab, lb1):
    eventually(lambda: check(lb1, "dns", "dns")["last"]["reason"],
               f"NOERROR, 1 SOA record (the last of {len(ALL)} VIPs)")


@pytest.mark.parametrize("scenario, reason", [
    ("nsd-kill", "connect to .*:53 refused"),
    ("nsd-stop", "connect to .*:53 refused"),
    ("nsd-hang", "no answer of .*:53 within TIMEOUT"),
])
def test_a_node_without_nsd_is_left_until_it_is_healed(lab, lb1, scenario, reason):
    scenarios.prepare(lab, scenario, lb1)()
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    told = check(lb1, "dns", "dns")["last"]["reason"]
    assert re.fullmatch(reason.replace("TIMEOUT", configs.timeout_in_words(lab)), told), told
    for vip in (IPV4[0], IPV6[0]):
        assert answers(lab, vip) == {"lb2": QUERIES}
    # The VIPs stay local: the checks ask this node's own NSD, not that of lb2.
    eventually(lambda: vip_states(lb1), {vip: ("attached", "withdrawn") for vip in ALL})
    scenarios.heal(lab, lb1)
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}), PATIENCE * 2)
    assert set(answers(lab, IPV4[0])) == {"lb1", "lb2"}


def test_the_commands_of_the_lab_know_the_service(lab, lb1):
    counted = json.loads(run("request", "--name", lab.name, "-n", "50", "--json"))
    assert (counted["requests"], counted["failed"]) == (50, 0)
    assert set(counted["nodes"]) == {"lb1", "lb2"}
    shown = json.loads(run("show", "--name", lab.name, "--json"))
    assert [(node["node"], node["nsd"], node["health"]) for node in shown["nodes"]] == [
        ("lb1", "running", 200), ("lb2", "running", 200)]
    assert f"{lab.name}: bgp, 2 load balancers, dns" in run("list").splitlines()
    with pytest.raises(LabError, match="nginx-kill needs nginx, which a dns lab does not run"):
        scenarios.prepare(lab, "nginx-kill", lb1)


def test_failures_are_measured(lab, tmp_path):
    path = tmp_path / "measured.json"
    run("measure", "nsd-kill", "nginx-kill", "--runs", "1", "--name", lab.name, "--json", str(path))
    measured, skipped = json.loads(path.read_text())
    assert measured["scenario"] == "nsd-kill"
    assert measured["withdraw_ms"] > 0 and measured["return_ms"] > 0
    assert measured["failed_requests"] >= 0
    assert skipped["withdraw_ms"] is None
