"""deploy/containerlab without containerlab: its topology file against what containerlab's published schema says of the
keys that it has, and the topology itself, brought up as containerlab would, with an image built by the Dockerfile's
steps."""

import json
import os
import shlex

import jsonschema
import pytest
import yaml
from look import eventually, eventually_true, expect, fib
from shared import lab_name
from vipherd_lab import booted, containers
from vipherd_lab.agent import CONFIGURATION
from vipherd_lab.errors import LabError
from vipherd_lab.lab import down_undisturbed
from vipherd_lab.namespaces import ROOT, Host, ip

with open(f"{containers.CONTEXT}/vipherd.clab.yml") as _file:
    TOPOLOGY = yaml.safe_load(_file)
VIPS = ["10.10.10.10", "10.10.10.11", "10.10.10.12", "2001:db8:10::10", "2001:db8:10::11", "2001:db8:10::12"]

# What https://containerlab.dev/clab.schema.json (read in August 2026) says of the keys of this file, in our own words. The
# whole schema knows more keys; a node may have none that it does not know. It has no kind for FRR.
_STRINGS = {"type": "array", "minItems": 1, "items": {"type": "string"}}
_NODE = {
    "type": "object", "additionalProperties": False,
    "properties": {
        "kind": {"enum": ["linux", "bridge"]}, "image": {"type": "string"}, "cmd": {"type": "string"},
        "image-pull-policy": {"enum": ["always", "Always", "never", "Never", "ifnotpresent", "IfNotPresent"]},
        "network-mode": {"type": "string", "pattern": r"^(host|none|container:\S+)$"},
        "binds": {**_STRINGS, "uniqueItems": True}, "exec": _STRINGS,
        "sysctls": {"type": "object", "additionalProperties": {"type": ["string", "number"]}}}}
SCHEMA = {
    "type": "object", "additionalProperties": False, "required": ["name", "topology"],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-zA-Z0-9][a-zA-Z0-9-._]*$"},
        "topology": {
            "type": "object", "additionalProperties": False, "required": ["nodes"],
            "properties": {
                "kinds": {"type": "object", "additionalProperties": False, "properties": {"linux": _NODE, "bridge": _NODE}},
                "nodes": {"type": "object", "additionalProperties": False,
                          "patternProperties": {"^[a-zA-Z0-9][a-zA-Z0-9-._|]*$": _NODE}},
                "links": {"type": "array", "minItems": 1, "items": {
                    "type": "object", "additionalProperties": False, "required": ["endpoints"],
                    "properties": {"endpoints": {"type": "array", "minItems": 2, "maxItems": 2, "uniqueItems": True,
                                                 "items": {"type": "string", "pattern": r"^\S+:\S+$"}}}}}}}}}


def errors(topology):
    return [error.message for error in jsonschema.Draft7Validator(SCHEMA).iter_errors(topology)]


def test_the_topology_is_what_the_schema_allows():
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert errors(TOPOLOGY) == []


@pytest.mark.parametrize("what", [{"kind": "frr"}, {"kind": "linux", "command": "x"}, {"kind": "linux", "exec": "x"}])
def test_the_schema_would_not_allow(what):
    changed = json.loads(json.dumps(TOPOLOGY))
    changed["topology"]["nodes"]["router"] = what
    assert errors(changed)


def test_links_join_nodes_and_interfaces_have_names_that_linux_allows():
    nodes = TOPOLOGY["topology"]["nodes"]
    ends = [tuple(end.split(":")) for link in TOPOLOGY["topology"]["links"] for end in link["endpoints"]]
    assert {node for node, _ in ends} == set(nodes) and len(set(ends)) == len(ends)
    assert all(len(port) <= 15 for _, port in ends) and all(len(name) <= 15 for name in nodes)


@pytest.fixture(scope="module")
def image(own_package, tmp_path_factory):
    if obstacle := booted.obstacle():
        pytest.skip(f"there is nothing to build an image of: {obstacle}")
    if booted.own_suite() != "bookworm":
        pytest.skip("the image has Debian 12, and the package of this machine is for another release")
    return containers.Image(own_package, str(tmp_path_factory.mktemp("image")))


def host_of(node):
    return node.removeprefix("vipherd-")


class Deployed:
    """What `containerlab deploy` does with the file: links, containers, commands. A bridge of the machine is one in a
    namespace of its own here."""

    def __init__(self, name, image):
        os.makedirs(f"{ROOT}/{name}")
        self.nodes = TOPOLOGY["topology"]["nodes"]
        self.hosts = {node: Host(name, host_of(node)) for node in self.nodes}
        self.containers = {}
        for host in self.hosts.values():
            host.create()
        for node in self.nodes:
            if self.nodes[node]["kind"] == "bridge":
                ip("-n", self.hosts[node].netns, "link", "add", "name", node, "type", "bridge")
                ip("-n", self.hosts[node].netns, "link", "set", node, "up")
            else:
                self._start(image, node)
        for link in TOPOLOGY["topology"]["links"]:
            self._connect(*[end.split(":") for end in link["endpoints"]])
        for node in self.containers:
            for line in self.nodes[node].get("exec", []):
                self.containers[node].run(shlex.split(line))

    def _start(self, image, node):
        settings = {**TOPOLOGY["topology"]["kinds"]["linux"], **self.nodes[node]}
        sysctls = {**TOPOLOGY["topology"]["kinds"]["linux"]["sysctls"], **self.nodes[node].get("sysctls", {})}
        binds = [(f"{containers.CONTEXT}/{bind.split(':')[0]}", bind.split(":")[1]) for bind in settings.get("binds", [])]
        ip("-n", self.hosts[node].netns, "link", "set", "lo", "up")
        self.containers[node] = containers.Container(image, node, self.hosts[node], settings["cmd"], binds,
                                                     sysctls.items())

    def _connect(self, one, other):
        (node, port), (bridge, its_port) = one, other
        ip("-n", self.hosts[node].netns, "link", "add", "name", port, "type", "veth", "peer", "name", its_port,
           "netns", self.hosts[bridge].netns)
        ip("-n", self.hosts[bridge].netns, "link", "set", its_port, "master", bridge, "up")

    def next_hops(self):
        found = {}
        for family in ("-4", "-6"):
            for route in json.loads(self.containers["router"].run(["ip", "-j", family, "route", "show"])):
                if route["dst"] in VIPS:
                    found[route["dst"]] = len(route.get("nexthops", [route]))
        return found


@pytest.fixture(scope="module")
def deployed(image):
    name, found = lab_name("clab"), None
    try:
        found = Deployed(name, image)
        yield found
    finally:
        for container in found.containers.values() if found else []:
            container.kill()
        down_undisturbed(name)


def logs(deployed):
    return "".join(f"--- {name}\n{open(container.log).read()[-1500:]}" for name, container in deployed.containers.items())


def test_the_topology_comes_up_and_both_nodes_answer(deployed):
    try:
        eventually(deployed.next_hops, {vip: 2 for vip in VIPS}, 60)
    except AssertionError as error:
        raise LabError(f"{error}\n{logs(deployed)}") from None
    for url in ("http://10.10.10.10/", "http://[2001:db8:10::10]/"):
        answers = deployed.containers["cli"].run(["sh", "-c", f"for n in $(seq 40); do curl -s -m 2 '{url}'; done"]).split()
        assert len(answers) == 40 and set(answers) == {"lb1", "lb2"}


def test_a_killed_nginx_takes_its_node_out_of_the_routes(deployed):
    deployed.containers["lb1"].run(["pkill", "-x", "nginx"])
    eventually(deployed.next_hops, {vip: 1 for vip in VIPS})
    deployed.containers["lb1"].run(["nginx"])
    eventually(deployed.next_hops, {vip: 2 for vip in VIPS})


def test_a_stopped_container_withdraws(deployed):
    assert deployed.containers["lb1"].stop(), logs(deployed)
    eventually(deployed.next_hops, {vip: 1 for vip in VIPS})


@pytest.mark.parametrize("lab", ["ospf"], indirect=True)
def test_the_image_is_the_agent_of_a_host_whose_frr_sockets_it_is_given(lab, lb1, image):
    """As README.md starts it: the host's network, NET_ADMIN and DAC_OVERRIDE, /run/frr and the configuration."""
    lb1.agent.stop()
    eventually(lambda: fib(lab), expect(VIPS, {"lb2"}))
    container = containers.Container(
        image, "agent", lb1.host, "agent", [(lb1.host.path("/run/frr"), "/run/frr"),
                                            (lb1.host.path(CONFIGURATION), "/etc/vipherd/vipherd.toml")],
        capabilities="+net_admin,+dac_override")
    try:
        eventually(lambda: fib(lab), expect(VIPS, {"lb1", "lb2"}))
        eventually_true("a healthy agent", lambda: "healthy" in container.run(["vipherd", "status"], check=False))
        assert container.stop()
        eventually(lambda: fib(lab), expect(VIPS, {"lb2"}))
    finally:
        container.kill()
