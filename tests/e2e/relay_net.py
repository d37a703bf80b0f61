"""Three nodes behind a plain router with ECMP, and a client, for the relay's tests: namespaces without an agent and
without FRR, in which the test itself plays both. Each node runs a server and, if asked to, relay_node."""

import contextlib
import json
import os
import subprocess
import sys

from vipherd_lab.namespaces import ip

TRAFFIC = f"{os.path.dirname(os.path.realpath(__file__))}/relay_traffic.py"
VIPS = ["10.99.0.1", "fd99::1"]
PORT = 8080
RELAY_PORT = 6511
TOKEN = 77
NODES = ["n1", "n2", "n3"]


def binary():
    """relay_node lies beside the agent that is tested."""
    tree = os.path.realpath(f"{os.path.dirname(__file__)}/../..")
    beside = os.path.dirname(os.environ.get("VIPHERD") or f"{tree}/build/dev/vipherd")
    for place in (beside, f"{tree}/build/dev", f"{tree}/build/e2e"):
        if os.access(f"{place}/relay_node", os.X_OK):
            return f"{place}/relay_node"
    return None


class Talk:
    """A process in a namespace that answers each line with a line."""

    def __init__(self, namespace, *argv):
        self.process = subprocess.Popen(["ip", "netns", "exec", namespace, *argv], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)

    def line(self):
        return self.process.stdout.readline().strip()

    def ask(self, text):
        self.process.stdin.write(text + "\n")
        return self.line()

    def end(self):
        """Its input ends, and with it the process."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self):
        self.process.kill()
        self.process.wait()


class Network:
    def __init__(self, layout):
        self.layout = layout  # "subnet": one for all, one uplink a node; "routed": two uplinks with subnets of their own
        self.prefix = f"relay{os.getpid()}"
        self.names = ["cli", "rt", *NODES]
        self.servers = []
        self.relays = {}  # node -> Talk

    def netns(self, name):
        return f"{self.prefix}-{name}"

    def netns_path(self, name):
        return f"/run/netns/{self.netns(name)}"

    def ip(self, name, *arguments):
        return ip("-n", self.netns(name), *arguments)

    def sysctl(self, name, *settings):
        subprocess.run(["ip", "netns", "exec", self.netns(name), "sysctl", "-qw", *settings], check=True)

    def interfaces(self):
        return ["e0"] if self.layout == "subnet" else ["e0", "e1"]

    def addresses(self, node):
        """By which the siblings know it."""
        number = NODES.index(node) + 1
        return [f"172.31.0.1{number}", f"fd31::1{number}"] if self.layout == "subnet" else \
               [f"172.31.255.{number}", f"fd31:ff::{number}"]

    # -- life ------------------------------------------------------------------------------------

    def up(self):
        for name in self.names:
            ip("netns", "add", self.netns(name))
            # Strict checks of the source belong to the host's policy; here two uplinks carry one route.
            self.sysctl(name, "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0",
                        "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0")
            self.ip(name, "link", "set", "lo", "up")
        self.sysctl("rt", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1",
                    "net.ipv4.fib_multipath_hash_policy=1", "net.ipv6.fib_multipath_hash_policy=1")
        self.link("cli", "c0", "172.31.100", "fd31:100:", gateway=True)
        if self.layout == "subnet":
            self.ip("rt", "link", "add", "br0", "type", "bridge")
            self.ip("rt", "addr", "add", "172.31.0.1/24", "dev", "br0")
            self.ip("rt", "addr", "add", "fd31::1/64", "dev", "br0")
            self.ip("rt", "link", "set", "br0", "up")
        for node in NODES:
            self.connect(node)
            for vip, option in zip(VIPS, ("-4", "-6")):
                self.ip(node, option, "route", "add", "local", vip, "dev", "lo")
            server = Talk(self.netns(node), sys.executable, TRAFFIC, "server", node, str(PORT))
            self.servers.append(server)
            assert server.line() == "ready"
        self.route(NODES)

    def link(self, name, device, v4, v6, gateway=False):
        """A point-to-point network of .1 (the router) and .2."""
        peer = f"{name}-{device}"
        self.ip("rt", "link", "add", peer, "type", "veth", "peer", "name", device, "netns", self.netns(name))
        for where, interface, host in (("rt", peer, 1), (name, device, 2)):
            self.ip(where, "addr", "add", f"{v4}.{host}/24", "dev", interface)
            self.ip(where, "addr", "add", f"{v6}:{host}/64", "dev", interface)
            self.ip(where, "link", "set", interface, "up")
        if gateway:
            self.ip(name, "route", "add", "default", "via", f"{v4}.1")
            self.ip(name, "-6", "route", "add", "default", "via", f"{v6}:1")

    def connect(self, node):
        number = NODES.index(node) + 1
        v4, v6 = self.addresses(node)
        if self.layout == "subnet":
            self.ip("rt", "link", "add", node, "type", "veth", "peer", "name", "e0", "netns", self.netns(node))
            self.ip("rt", "link", "set", node, "master", "br0", "up")
            self.ip(node, "addr", "add", f"{v4}/24", "dev", "e0")
            self.ip(node, "addr", "add", f"{v6}/64", "dev", "e0")
            self.ip(node, "link", "set", "e0", "up")
            self.ip(node, "route", "add", "default", "via", "172.31.0.1")
            self.ip(node, "-6", "route", "add", "default", "via", "fd31::1")
            return
        subnets = [(f"172.31.{number}{uplink}", f"fd31:{number}{uplink}:") for uplink in (0, 1)]
        for uplink, (own_v4, own_v6) in enumerate(subnets):
            self.link(node, f"e{uplink}", own_v4, own_v6)
        self.ip(node, "addr", "add", f"{v4}/32", "dev", "lo")
        self.ip(node, "addr", "add", f"{v6}/128", "dev", "lo")
        self.ip(node, "route", "add", "default", *_hops(f"{own}.1" for own, _ in subnets))
        self.ip(node, "-6", "route", "add", "default", *_hops(f"{own}:1" for _, own in subnets))
        self.ip("rt", "route", "add", v4, *_hops(f"{own}.2" for own, _ in subnets))
        self.ip("rt", "-6", "route", "add", v6, *_hops(f"{own}:2" for _, own in subnets))

    def down(self):
        for process in [*self.relays.values(), *self.servers]:
            process.kill()
        for name in self.names:
            subprocess.run(["ip", "netns", "del", self.netns(name)], capture_output=True)

    # -- what a test changes -----------------------------------------------------------------------

    def route(self, nodes):
        """The router's next hops of the VIPs."""
        for family, vip in enumerate(VIPS):
            hops = []
            for node in nodes:
                number = NODES.index(node) + 1
                if self.layout == "subnet":
                    hops.append(self.addresses(node)[family])
                else:
                    hops += [(f"172.31.{number}{uplink}.2", f"fd31:{number}{uplink}::2")[family] for uplink in (0, 1)]
            self.ip("rt", *(["-6"] if family else []), "route", "replace", vip, *_hops(hops))

    def start_relay(self, node):
        siblings = ",".join(address for other in self.after(node) for address in self.addresses(other))
        relay = Talk(self.netns(node), binary(), ",".join(self.addresses(node)), siblings, ",".join(VIPS),
                     ",".join(self.interfaces()), str(RELAY_PORT), str(TOKEN), "100000")
        assert relay.line() == "ok"
        self.relays[node] = relay

    @staticmethod
    def after(node):
        """The others, in the order of the ring."""
        at = NODES.index(node)
        return NODES[at + 1:] + NODES[:at]

    def ring(self, node, alive):
        order = [each for each in self.after(node) if each in alive]
        if not order:
            assert self.relays[node].ask("live") == "ok"
        for family in (0, 1) if order else ():
            addresses = [self.addresses(each)[family] for each in order]
            assert self.relays[node].ask("live " + " ".join(addresses)) == "ok"

    def start_relays(self):
        for node in NODES:
            self.start_relay(node)

    def end_relays(self):
        for relay in self.relays.values():
            relay.end()
        self.relays = {}

    def counters(self, node):
        return json.loads(self.relays[node].ask("counters"))

    def total_of(self, nodes, what):
        """Over all their siblings."""
        return sum(sibling[what] for node in nodes for sibling in self.counters(node)["siblings"].values())

    def total(self, what):
        return self.total_of(self.relays, what)

    def traffic(self, *arguments):
        return Talk(self.netns("cli"), sys.executable, TRAFFIC, *map(str, arguments))


def _hops(gateways):
    return [word for gateway in gateways for word in ("nexthop", "via", gateway)]


@contextlib.contextmanager
def network(layout):
    made = Network(layout)
    try:
        made.up()
        yield made
    finally:
        made.down()
