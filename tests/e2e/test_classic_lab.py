"""The classic story, in machines that boot: vagrant/'s scripts, as they are, make a router, two switches, two load
balancers and a client out of plain Debians; then things fail one after the other."""

import json
import os
import subprocess

import pytest
from look import eventually, eventually_true
from shared import lab_name
from vipherd_lab import booted, classic
from vipherd_lab.lab import down_undisturbed

LB1, LB2 = "192.168.100.2", "192.168.100.3"
VIPS = ["10.10.10.10", "10.10.10.11", "10.10.10.12"]
# FRR's default timers: 40 s until a designated router is elected, and until a dead neighbour is missed.
DEFAULT_TIMERS = 90


def over(*gateways):
    return {vip: set(gateways) for vip in VIPS}


@pytest.fixture(scope="module")
def lab(own_package, tmp_path_factory):
    if obstacle := booted.obstacle():
        pytest.skip(f"this machine cannot boot a container: {obstacle}")
    if booted.own_suite() != "bookworm":
        pytest.skip("the machines have Debian 12, and the package of this machine is for another release")
    name, found = lab_name("classic"), None
    try:
        try:
            found = classic.Classic(name, own_package, str(tmp_path_factory.mktemp("consoles")))
        except booted.CannotBoot as error:
            pytest.skip(f"this machine cannot boot a container: {error}")
        found.provision()
        yield found
    finally:
        if found:
            found.end()
        down_undisturbed(name)


def test_ospf_is_up_and_three_vips_have_two_next_hops(lab):
    eventually(lab.next_hops, over(LB1, LB2), DEFAULT_TIMERS)
    neighbours = json.loads(lab.machines["router"].sh("vtysh -c 'show ip ospf neighbor json'"))["neighbors"]
    assert {router_id: each[0]["nbrState"].split("/")[0] for router_id, each in neighbours.items()} == \
        {LB1: "Full", LB2: "Full"}


def test_load_balancers_need_less_than_512_mb(lab):
    """All processes of the machine; what they share is counted once."""
    pages = lab.machines["lb1"].sh("grep -h ^Pss: /proc/[0-9]*/smaps_rollup 2>/dev/null")
    used_mb = sum(int(line.split()[1]) for line in pages.splitlines()) / 1024
    assert 20 < used_mb < 256, "the kernel and the package manager want their part, too"


def test_provisioning_again_changes_no_route_and_restarts_no_frr(lab):
    names = ["router", "lb1", "sw2", "cli"]
    pids = {name: lab.machines[name].sh("pidof zebra ospfd") for name in ("router", "lb1")}
    lab.provision(names)
    assert {name: lab.machines[name].sh("pidof zebra ospfd") for name in pids} == pids
    assert lab.next_hops() == over(LB1, LB2)


def test_vagrant_up_ends_with_routes_and_requests_by_addresses_and_then_by_ports(lab, tmp_path):
    """vagrant/show, with `vagrant ssh MACHINE -c COMMAND` replaced by a way into the machines that run here."""
    leaders = "\n".join(f"{name}) leader={machine.leader};;" for name, machine in lab.machines.items())
    (tmp_path / "vagrant").write_text(
        f'#!/bin/sh\n[ "$1 $3" = "ssh -c" ] || exit 99\ncase $2 in\n{leaders}\nesac\n'
        f'sudo() {{ "$@"; }}\nexec nsenter -t "$leader" -a bash -c "sudo() {{ \\"\\$@\\"; }}; $4"\n')
    (tmp_path / "vagrant").chmod(0o755)
    done = subprocess.run([f"{classic.VAGRANT}/show"], capture_output=True, text=True, timeout=330,
                          env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert done.returncode == 0, done.stdout + done.stderr
    routes, by_address, by_port = done.stdout.split("40 requests of one client, by addresses:\n")[0], *done.stdout.split(
        "by addresses:\n")[1].split("and by addresses and ports:\n")
    assert all(vip in routes for vip in VIPS) and routes.count(f"nexthop via {LB1}") == 3
    assert len(by_address.split()) == 2 and by_address.split()[0] == "40"  # one node, all requests
    counts = dict(reversed(line.split()) for line in by_port.strip().splitlines())
    assert set(counts) == {"lb1", "lb2"} and sum(map(int, counts.values())) == 40


def test_nginx_stops_and_starts(lab):
    lab.machines["lb1"].run(["systemctl", "stop", "nginx"])
    eventually(lab.next_hops, over(LB2))
    assert lab.requests() == {"lb2": 40}
    eventually(lambda: lab.machines["lb1"].sh("ip -o route show table local proto 118"), "")
    lab.machines["lb1"].run(["systemctl", "start", "nginx"])
    eventually(lab.next_hops, over(LB1, LB2))


def test_frr_stops_and_starts(lab):
    lab.machines["lb1"].run(["systemctl", "stop", "frr"])
    eventually(lab.next_hops, over(LB2))
    eventually_true("the agent to say so", lambda: "zebra" in lab.machines["lb1"].run(
        ["vipherd", "status", "--nagios"], check=False).stdout)
    assert lab.requests() == {"lb2": 40}
    lab.machines["lb1"].run(["systemctl", "start", "frr"])
    eventually(lab.next_hops, over(LB1, LB2), DEFAULT_TIMERS)


def test_lb1_is_powered_off(lab):
    lab.power_off("lb1")
    eventually(lab.next_hops, over(LB2), DEFAULT_TIMERS)
    assert lab.requests() == {"lb2": 40}
