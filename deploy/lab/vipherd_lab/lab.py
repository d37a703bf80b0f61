"""All hosts of one lab together: bringing them up, finding them again, taking them down."""

import contextlib
import fcntl
import json
import os
import re
import signal

from . import frr as frr_module
from . import frr_root, mptcp, topology
from .agent import Agent, configuration, find_binary, relay_part
from .errors import LabError, wait_until
from .fib import FibWatch
from .frr import Frr
from .namespaces import ROOT, Host, remove_tree
from .nginx import Nginx
from .nsd import Nsd

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,19}")
_HOST_NAME = re.compile(r"cli|router|sw[1-5]|leaf[1-4]|lb[0-9]+")

SERVICES = {"web": Nginx, "dns": Nsd}
ANNOUNCERS = ("zapi", "vty", "connected")

DEFAULTS = {"service": "web", "protocol": "ospf", "announcer": "zapi", "nodes": 2, "uplinks": 1,
            "interval": "100ms", "timeout": os.environ.get("VIPHERD_LAB_CHECK_TIMEOUT", "250ms"), "rise": 1, "fall": 1,
            "vrf": None, "mptcp": False, "relay": False, "drain": None, "config": None, "frr": None, "router_frr": None, "default_timers": False,
            "binary": None, "agent": True, "watchdog": 2.0}


def frr_of(host, settings):
    return Frr(host, settings["binary"], settings["protocol"], settings["default_timers"], topology.Shape.of(settings),
               settings["announcer"], mixed=bool(settings["frr"] or settings["router_frr"]))


class Node:
    """A load balancer with all that runs on it."""

    def __init__(self, host, settings):
        self.name = host.name
        self.host = host
        self.frr = frr_of(host, settings)
        self.service = SERVICES[settings["service"]](host)
        self.nginx = self.service if settings["service"] == "web" else None
        if settings["mptcp"]:
            self.nginx.launcher = mptcp.LAUNCHER
        self.nsd = self.service if settings["service"] == "dns" else None
        self.agent = Agent(host, settings["binary"], settings["watchdog"]) if settings["agent"] else None
        known = topology.node_of_next_hop(topology.node_number(host.name), settings["uplinks"])
        self.next_hops = {hop for hop, name in known.items() if name == host.name}


class Lab:
    """A lab that is up (or coming up); get one by Lab.up() or Lab.find()."""

    def __init__(self, name, settings):
        self.name = name
        self.settings = settings
        self.shape = topology.Shape.of(settings)
        self.hosts = topology.hosts(name, self.shape)
        for host in topology.node_names(settings["nodes"]):
            self.hosts[host].frr_root = frr_root.path(settings["frr"])
        self.router = self.hosts["router"]
        self.router.frr_root = frr_root.path(settings["router_frr"])
        self.client = self.hosts["cli"]
        self.router_frr = frr_of(self.router, settings)
        self.leaf_frrs = [frr_of(self.hosts[leaf], settings) for leaf in self.shape.leaves]
        # The routers that the load balancers are connected to.
        self.edges = [self.hosts[edge] for edge in self.shape.edges]
        self.nodes = {host: Node(self.hosts[host], settings) for host in topology.node_names(settings["nodes"])}

    # -- finding ---------------------------------------------------------------------------------

    @staticmethod
    def names():
        return sorted(os.listdir(ROOT)) if os.path.isdir(ROOT) else []

    @classmethod
    def find(cls, name):
        try:
            with open(f"{ROOT}/{name}/lab.json") as file:
                # With what this version knows of more, if the lab was brought up by an older one.
                return cls(name, {**DEFAULTS, **json.load(file)})
        except FileNotFoundError:
            raise LabError(f"no lab named {name} is up (lab up --name {name})") from None

    def node(self, name):
        if name not in self.nodes:
            raise LabError(f"lab {self.name} has no load balancer {name}; it has {', '.join(self.nodes)}")
        return self.nodes[name]

    def host(self, name):
        if name not in self.hosts:
            raise LabError(f"lab {self.name} has no host {name}; it has {', '.join(self.hosts)}")
        return self.hosts[name]

    # -- up --------------------------------------------------------------------------------------

    @classmethod
    def up(cls, name, say=lambda text: None, keep=False, **options):
        """Brings a lab up and waits until the router has routes to the VIPs over every node.

        When it does not come up it is taken down again, unless `keep` asks to leave it for a look.
        """
        settings = {**DEFAULTS, **options}
        cls._check(name, settings)
        settings["binary"] = find_binary(settings["binary"])  # it also writes FRR's configurations
        for version in {settings["frr"], settings["router_frr"]} - {None}:
            say(f"FRR {frr_root.version_of(frr_root.provide(version))} of Debian's {frr_root.SUITES[version]}")
        try:
            os.makedirs(f"{ROOT}/{name}")
        except FileExistsError:
            raise LabError(f"lab {name} is up already, or was left half-way (lab down --name {name})") from None
        try:
            lab = cls(name, settings)
            lab._build(say)
        except BaseException:
            if not keep:
                down_undisturbed(name)
            raise
        return lab

    @staticmethod
    def _check(name, settings):
        if not NAME.fullmatch(name):
            raise LabError(f"{name!r} is no lab name (small letters, digits and dashes, at most 20)")
        if not 1 <= settings["nodes"] <= topology.MAX_NODES:
            raise LabError(f"{settings['nodes']} nodes: 1 to {topology.MAX_NODES} are possible")
        if settings["vrf"] and (settings["uplinks"] > 1 or settings["protocol"] == "unnumbered"):
            raise LabError("--vrf: with one uplink that has addresses only")
        if settings["mptcp"] and (settings["service"] != "web" or settings["vrf"] or settings["protocol"] == "unnumbered"):
            raise LabError("--mptcp: with service web, and uplinks that have addresses and are in no VRF, only")
        if settings["relay"] and (settings["nodes"] < 2 or settings["protocol"] == "unnumbered"):
            raise LabError("--relay: with two nodes or more, whose uplinks have addresses, only")
        if not 1 <= settings["uplinks"] <= topology.MAX_UPLINKS:
            raise LabError(f"{settings['uplinks']} uplinks: 1 to {topology.MAX_UPLINKS} are possible")

    def _build(self, say):
        with open(f"{ROOT}/{self.name}/lab.json", "w") as file:
            json.dump(self.settings, file, indent=1)
        say(f"namespaces and links for {', '.join(self.hosts)}")
        for host in self.hosts.values():
            host.create()
        topology.connect(self.hosts, self.shape)
        if self.settings["mptcp"]:
            mptcp.configure(self.hosts, self.shape)
        routers = f"the router, {len(self.leaf_frrs)} leaves" if self.leaf_frrs else "the router"
        say(f"FRR on {routers} and {len(self.nodes)} load balancers: {', '.join(self.router_frr.daemons)}")
        for frr in [self.router_frr, *self.leaf_frrs, *[node.frr for node in self.nodes.values()]]:
            frr.install()
            frr.start()
        service = SERVICES[self.settings["service"]].name
        say(service + (f" and {self.settings['binary']}" if self.settings["agent"] else ""))
        for node in self.nodes.values():
            node.service.install()
            node.service.start()
            if node.agent:
                node.agent.install(self._agent_configuration())
                node.agent.start()
        say("waiting for adjacencies, sessions and routes")
        limit = 120 if self.settings["default_timers"] else 30
        # A leaf has a neighbour more: the router.
        for frr in self.leaf_frrs or [self.router_frr]:
            frr_module.wait_ready(frr, len(self.nodes) + (1 if self.leaf_frrs else 0), limit)
        for node in self.nodes.values():
            if node.agent:
                node.agent.wait_ready()
        if self.settings["agent"] and not self.settings["config"]:
            self.wait_announced(topology.VIPS, 60)

    def _agent_configuration(self):
        if self.settings["config"]:
            with open(self.settings["config"]) as file:
                return file.read()
        keys = ("service", "vrf", "protocol", "announcer", "interval", "timeout", "rise", "fall", "drain")
        relay = relay_part(self.shape.nodes) if self.settings["relay"] else ""
        return configuration(**{key: self.settings[key] for key in keys}) + relay

    def watch(self, addresses=topology.VIPS):
        return FibWatch(self.router, addresses)

    def wait_announced(self, addresses, timeout):
        """Waits until each router in front of the load balancers has a next hop of every node for every
        address, and the router in the middle, if there is one, one of every leaf."""
        nodes = [node.next_hops for node in self.nodes.values()]
        leaves = [topology.leaf_next_hops(number) for number in range(1, len(self.leaf_frrs) + 1)]
        for host in self.edges:
            self._wait_next_hops(host, addresses, nodes, timeout)
        if leaves:
            self._wait_next_hops(self.router, addresses, leaves, timeout)

    def _wait_next_hops(self, host, addresses, groups, timeout):
        with FibWatch(host, addresses) as watch:
            def complete():
                watch.pump(0.05)
                return all(watch.next_hops(address) & group for address in addresses for group in groups)
            first = next(iter(self.nodes.values()))
            log = first.agent.log if first.agent else self.router_frr.log("zebra")
            wait_until(f"the routes of {host.name} to the VIPs over every node", complete, timeout, log, interval=0)


@contextlib.contextmanager
def _held(directory):
    """Within this context no other process removes the directory. One that waited finds it gone."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def down(name):
    """Ends and removes everything of a lab, also of one that crashed or was never finished. Of several that do so
    at once one does it, the others wait for it."""
    directory = f"{ROOT}/{name}"
    if not NAME.fullmatch(name):
        return False
    try:
        with _held(directory):
            return _down_held(name, directory)
    except FileNotFoundError:
        if os.path.exists(directory):
            raise
        return False


def _down_held(name, directory):
    for entry in sorted(os.listdir(directory)):
        if _HOST_NAME.fullmatch(entry):
            Host(name, entry).destroy()
    remove_tree(directory)
    with contextlib.suppress(OSError):  # other labs live on, or are just coming up
        os.rmdir(ROOT)
    return True


def down_undisturbed(name):
    """down() for one that was interrupted: a second Ctrl-C does not stop the cleaning."""
    before = {number: signal.signal(number, signal.SIG_IGN)
              for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        down(name)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
