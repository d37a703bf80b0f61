"""`vipherd render`, typed as its users do: what it writes is loaded into the real daemons, is what they then run, and
gives the router every node. BIRD, GoBGP and `--timers seconds` are in test_other_routers.py."""

import glob
import os
import re
import subprocess

import pytest
from look import ALL, IPV4, IPV6, eventually, expect, fib, restart, set_configuration, vip_states
from vipherd_lab import client, topology
from vipherd_lab.agent import CONFIGURATION, find_binary

FRR_CONF = "/etc/frr/frr.conf"
BOTH = {"lb1", "lb2"}
POOL = ",".join(topology.POOL)
AS = ["--node-as", "65001", "--router-as", "65000"]
NAMED = "192.168.100.2,192.168.100.3,fd00:192::2,fd00:192::3"
ROUTER = ["router", "--pool", POOL, "--nodes", NAMED, "--interface", "swp2"]



def render(host, *arguments):
    binary = os.environ.get("VIPHERD")
    return subprocess.run(host.command([find_binary(binary), "render", *arguments]), capture_output=True, text=True,
                          cwd="/", timeout=60)


def render_node(node, *more):
    return render(node.host, "node", *AS, "--router", "192.168.100.1,fd00:192::1", "--interface", "eth1",
                  "--router-id", topology.node_ipv4(node.name), *more)


both = pytest.mark.parametrize("lab", ["both"], indirect=True)


def read(host, path):
    with open(host.path(path)) as file:
        return file.read()


def restart_frr(frr, text=None):
    """With another configuration if there is one; what the daemons refuse of it is returned."""
    log = frr.host.path("/var/log/frr/vtysh.log")
    size = os.path.getsize(log)
    frr.stop()
    if text is not None:
        with open(frr.host.path(FRR_CONF), "w") as file:
            file.write(text)
    frr.start()
    with open(log) as file:
        file.seek(size)
        return file.read()


GOLDEN = os.path.realpath(f"{os.path.dirname(__file__)}/../golden/render")
PARSERS = {"bird": ["bird", "-p", "-c"], "gobgp": ["gobgpd", "-t", "toml", "--dry-run", "-f"],
           "frr": ["vtysh", "-C", "-f"], "node": ["vtysh", "-C", "-f"]}


@pytest.mark.parametrize("parser", PARSERS)
def test_the_daemons_parsers_take_what_is_rendered_of_other_answers(tmp_path, parser):
    """Those of deploy/ are run: test_frr_files.py, test_other_routers.py."""
    files = [path for path in sorted(glob.glob(f"{GOLDEN}/{parser}-*")) if path.endswith((".conf", ".toml"))]
    assert files
    for path in files:
        done = subprocess.run([*PARSERS[parser], path], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
    with open(files[0]) as file:
        broken = file.read().replace("router", "rooter")
    (tmp_path / "broken").write_text(broken)
    done = subprocess.run([*PARSERS[parser], tmp_path / "broken"], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0


@pytest.fixture
def restored(lab):
    """FRR's configurations of the nodes and of the router, and the nodes' own, as they were."""
    nodes = list(lab.nodes.values())
    frrs = [*(node.frr for node in nodes), lab.router_frr]
    before = [read(frr.host, FRR_CONF) for frr in frrs]
    configurations = [read(node.host, CONFIGURATION) for node in nodes]
    yield
    for frr, text in zip(frrs, before):
        if read(frr.host, FRR_CONF) != text or frr.missing():
            restart_frr(frr, text)
    for node, text in zip(nodes, configurations):
        if read(node.host, CONFIGURATION) != text:
            restart(node, text)
    eventually(lambda: fib(lab), expect(ALL, BOTH), 60)


def told(done):
    return done.returncode, done.stdout, done.stderr


@both
@pytest.mark.parametrize("announcer", ["zapi", "vty", "connected"])
def test_nodes_run_what_is_rendered(lab, restored, announcer):
    for node in lab.nodes.values():
        text = re.sub(r'announcer = "\w+"', f'announcer = "{announcer}"', read(node.host, CONFIGURATION))
        node.agent.stop()
        set_configuration(node, text)
        before = read(node.host, FRR_CONF)
        code, shown, complaints = told(render_node(node, "--diff"))
        assert (code, complaints) == (1, "") and "\n-! Added by the lab: " in shown
        assert read(node.host, FRR_CONF) == before  # only shown
        assert told(render_node(node, "--output", FRR_CONF)) == (0, "", "")
        assert restart_frr(node.frr) == ""
        node.agent.start()
    for node in lab.nodes.values():
        node.agent.wait_ready()
    eventually(lambda: fib(lab), expect(ALL, BOTH), 60)

    node = lab.nodes["lb1"]
    eventually(lambda: vip_states(node), {vip: ("attached", "announced") for vip in ALL})
    assert told(render_node(node, "--diff")) == (0, "", "")
    assert told(render_node(node, "--against", "running")) == (0, "", "")
    code, shown, _ = told(render_node(node, "--against", "running", "--protocol", "bgp"))
    assert code == 1
    assert "\n-router ospf\n" in shown and "\n+" not in shown.replace("\n+++ rendered\n", "\n")


@both
def test_a_router_runs_what_is_rendered_for_frr(lab, restored):
    frr = [*ROUTER, *AS, "--platform", "frr", "--router-id", "192.168.100.1"]
    assert told(render(lab.router, *frr, "--output", FRR_CONF)) == (0, "", "")
    assert restart_frr(lab.router_frr) == ""
    eventually(lambda: fib(lab), expect(ALL, BOTH), 60)
    assert told(render(lab.router, *frr, "--against", "running")) == (0, "", "")


@both
def test_static_routes_lead_to_every_node(lab, restored):
    script = render(lab.router, *ROUTER, "--platform", "iproute2").stdout
    names = ["net.ipv4.fib_multipath_hash_policy", "net.ipv6.fib_multipath_hash_policy",
             "net.ipv4.fib_multipath_use_neigh"]
    before = [lab.router.run(["sysctl", "-n", name]).strip() for name in names]
    lab.router_frr.stop()
    eventually(lambda: fib(lab), {})
    try:
        lab.router.run(["sh", "-c", script])
        for vip in (IPV4[0], IPV6[0]):
            answered = client.request(lab.client, vip, 60)
            assert answered["failures"] == []
            assert set(answered["nodes"]) == BOTH
    finally:
        for family in ("-4", "-6"):
            lab.router.run(["ip", family, "route", "flush", "proto", "static"])
        for name, value in zip(names, before):
            lab.router.run(["sysctl", "-q", "-w", f"{name}={value}"])
