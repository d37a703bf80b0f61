"""Every file of deploy/frr is taken by the real daemons without a complaint, and those that no lab runs do what they
say."""

import glob
import json
import os

import pytest
from look import ALL, eventually, expect, fib
from vipherd_lab import rendered, scenarios, topology

FILES = sorted(os.path.basename(path) for path in glob.glob(f"{topology.FRR_CONFIGURATION}/*.conf"))
BOTH = {"lb1", "lb2"}


def complaints(lab, text, name):
    """What vtysh has to say about a file: it knows every command of every daemon."""
    path = f"/etc/frr/{name}.try"
    with open(lab.nodes["lb1"].host.path(path), "w") as file:
        file.write(text)
    said = lab.nodes["lb1"].host.run(["sh", "-c", f"vtysh -C -f {path} 2>&1; echo $?"]).splitlines()
    return [] if said == ["0"] else said


@pytest.mark.parametrize("name", FILES)
def test_vtysh_knows_every_line(lab, name):
    text = rendered.example(name)
    assert complaints(lab, text, name) == []
    assert complaints(lab, text + "router bgp 65001\n neighbour 192.0.2.1 remote-as 65000\n", name) != []


def install(node, text):
    """Gives a node's FRR another configuration, as one does: the file, and a restart."""
    node.frr.stop()
    with open(node.host.path("/etc/frr/frr.conf"), "w") as file:
        file.write(text)
    node.frr.start()


@pytest.fixture
def configured(lab, lb1):
    """A function that has lb1 run a file of deploy/frr."""
    with open(lb1.host.path("/etc/frr/frr.conf")) as file:
        before = file.read()

    def run(name):
        log = lb1.host.path("/var/log/frr/vtysh.log")
        size = os.path.getsize(log)
        install(lb1, rendered.example(name))
        with open(log) as file:
            file.seek(size)
            assert file.read() == ""  # what the daemons refused

    yield run
    install(lb1, before)


def bfd_sessions(node, peers):
    told = json.loads(node.frr.vtysh("show bfd peers json"))
    return {session["peer"]: session["status"] for session in told if session["peer"] in peers}


@pytest.mark.parametrize("name", ["ospf.conf", "ospf-without-bfd.conf"])
def test_ospf_alone_with_and_without_bfd(lab, lb1, configured, name):
    configured(name)
    eventually(lambda: fib(lab), expect(ALL, BOTH), 60)
    with_router = {"192.168.100.1": "up", "fe80::1": "up"}
    eventually(lambda: bfd_sessions(lb1, with_router), with_router if name == "ospf.conf" else {})
    scenarios.prepare(lab, "nginx-stop", lb1)()
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    scenarios.heal(lab, lb1)
    eventually(lambda: fib(lab), expect(ALL, BOTH))
    # A link that dies in silence is noticed either way.
    scenarios.prepare(lab, "link-silent", lb1)()
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    scenarios.heal(lab, lb1)
    eventually(lambda: fib(lab), expect(ALL, BOTH), 60)
