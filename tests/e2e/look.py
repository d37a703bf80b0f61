"""Looking at a lab, and waiting with a deadline until it looks as it should."""

import contextlib
import ipaddress
import json
import os
import re
import signal
import time

from vipherd_lab import show, topology
from vipherd_lab.agent import CONFIGURATION
from vipherd_lab.errors import SLOWNESS
from vipherd_lab.namespaces import ip

# Generous: machines that run tests are busy. Nothing waits longer than it has to.
PATIENCE = 20 * SLOWNESS

ALL = topology.VIPS
IPV4, IPV6 = topology.VIPS[:3], topology.VIPS[3:]
LOCAL_PROTOCOL = "118"  # [vips] route_protocol
FRR_PROTOCOL = "197"  # RTPROT_OPENFABRIC
_POOL = [ipaddress.ip_network(prefix) for prefix in topology.POOL]


def _reads(read, timeout):
    """What is read, until the time is over. Between two reads is twice the time that one takes: what is waited for needs the
    processor, too, and a read may be three programs."""
    deadline = time.monotonic() + timeout
    while True:
        begin = time.monotonic()
        yield read()
        if time.monotonic() >= deadline:
            return
        time.sleep(min(max(0.05, 2 * (time.monotonic() - begin)), 0.5))


def eventually(read, expected, timeout=PATIENCE):
    """Reads until the value is the expected one; what was read last is compared for the report."""
    for seen in _reads(read, timeout):
        if seen == expected:
            break
    assert seen == expected


def eventually_true(what, read, timeout=PATIENCE):
    """Reads until the value is true, and returns it."""
    for seen in _reads(read, timeout):
        if seen:
            return seen
    raise AssertionError(f"waited {timeout:g} s in vain for: {what}")


# ---------------------------------------------------------------------------- routes


def _routes(host, *arguments):
    """Routes of both families with numbers instead of names of protocols."""
    return [route for family in ("-4", "-6")
            for route in json.loads(ip("-n", host.netns, "-N", "-j", family, "route", "show", *arguments) or "[]")]


def _in_pool(destination):
    try:
        address = ipaddress.ip_address(destination)
    except ValueError:  # default, or a prefix that is no host route
        return False
    return any(address in prefix for prefix in _POOL)


def fib(lab):
    """Every address of the pool in the router's kernel FIB -> names of the nodes it goes to."""
    names = topology.node_of_next_hop(lab.settings["nodes"])
    found = {}
    for route in _routes(lab.router):
        if _in_pool(route["dst"]):
            hops = set(map(show.gateway, route.get("nexthops", [route])))
            found[route["dst"]] = {names.get(hop, hop) for hop in hops}
    return found


def fib_protocols(lab):
    """Names of the protocols that the router's routes to the pool came by."""
    found = set()
    for family in ("-4", "-6"):
        for route in json.loads(ip("-n", lab.router.netns, "-j", family, "route", "show")):
            if _in_pool(route["dst"]):
                found.add(route["protocol"])
    return found


def expect(addresses, nodes):
    """What fib() has to be when each of the addresses goes to exactly these nodes."""
    return {address: set(nodes) for address in addresses}


def learned(lab):
    """(VIP, protocol) -> the nodes over which the router has learned it, selected or not."""
    names = topology.node_of_next_hop(lab.settings["nodes"])
    found = {}
    for command in ("show ip route json", "show ipv6 route json"):
        for prefix, routes in json.loads(lab.router_frr.vtysh(command)).items():
            address = prefix.split("/")[0]
            for route in routes if address in ALL else []:
                hops = {names.get(hop.get("ip"), hop.get("ip")) for hop in route["nexthops"]}
                found.setdefault((address, route["protocol"]), set()).update(hops)
    return found


def everything(nodes):
    """What learned() is when both protocols have brought all VIPs of these nodes."""
    return {(vip, protocol): set(nodes) for vip in ALL for protocol in ("bgp", "ospf6" if vip in IPV6 else "ospf")}


def router_changes(watch, since):
    """What changed in the router's FIB after `since` (ns): (address, next hops) in order.

    FRR changes an IPv6 route by deleting and adding it, also when ospf6d computes the same route once more
    a second after an adjacency came up: an absence of a moment is not counted, nor what is as it was."""
    watch.pump(0.05)
    while any(not watch.next_hops(vip) and is_young(watch, vip) for vip in watch.addresses):
        watch.pump(0.05)
    changes = []
    for vip in watch.addresses:
        states = [(stamp, hops) for stamp, address, hops in watch.history if address == vip]
        ends = [stamp for stamp, _ in states[1:]] + [None]
        known = None
        for (stamp, hops), end in zip(states, ends):
            if not hops and end and end - stamp < watch.SETTLE_NS:
                continue
            if hops != known and stamp >= since:
                changes.append((stamp, vip, hops))
            known = hops
    return [(vip, hops) for _, vip, hops in sorted(changes, key=lambda change: change[0])]


def is_young(watch, vip):
    """Whether the address's present state may still be one of a moment."""
    newest = max((stamp for stamp, address, _ in watch.history if address == vip), default=0)
    return time.monotonic_ns() - newest < watch.SETTLE_NS


def presence(watch, node, vip, since):
    """Whether the node was a next hop of the VIP, from each change after `since` (ns) to the next."""
    found = [bool(hops & node.next_hops) for address, hops in router_changes(watch, since) if address == vip]
    return [there for position, there in enumerate(found) if position == 0 or found[position - 1] != there]


def local_routes(node):
    """Addresses that the agent made local on a node."""
    return {route["dst"] for route in _routes(node.host, "table", "local", "proto", LOCAL_PROTOCOL)}


def frr_routes(node):
    """Addresses for which zebra on the node holds a route of the agent."""
    return {route["dst"] for route in _routes(node.host, "proto", FRR_PROTOCOL)}


def wait_until_old(node, addresses):
    """Until zebra's routes of the agent are older than a second. zebra counts in seconds: what is as young as the end
    of a client that asked for a graceful restart counts as announced after it, by its successor."""
    def youngest():
        ages = {prefix.split("/")[0]: route["uptime"] for command in ("show ip route json", "show ipv6 route json")
                for prefix, routes in json.loads(node.frr.vtysh(command)).items() for route in routes
                if route["protocol"] == "openfabric"}
        return min(ages.get(vip, "00:00:00") for vip in addresses)
    eventually_true("routes older than a second", lambda: youngest() > "00:00:00")


def lo_addresses(node):
    found = json.loads(ip("-n", node.host.netns, "-j", "address", "show", "dev", "lo"))
    return {entry["local"] for link in found for entry in link["addr_info"]}


# ------------------------------------------------------------------------- the agent


def status(node):
    code, body = node.agent.get("/v1/status", timeout=PATIENCE)
    assert code == 200, f"/v1/status of {node.name}: {code} {body}"
    return body


def status_or_nothing(node):
    code, body = node.agent.get("/v1/status")
    return body if code == 200 else None


def vips(node):
    """VIP -> its part of /v1/status."""
    return {entry["vip"]: entry for entry in status(node)["vips"]}


def vip_states(node):
    """VIP -> (attached, announced)."""
    return {address: (entry["attached"]["state"], entry["announced"]["state"])
            for address, entry in vips(node).items()}


def check(node, service="web", name="http"):
    """One check's part of /v1/status."""
    found = [entry for part in status(node)["services"] if part["name"] == service
             for entry in part["checks"] if entry["name"] == name]
    assert len(found) == 1, f"check {service}/{name} is there {len(found)} times"
    return found[0]


def is_alive(process):
    return process is not None and process.alive()


class Log:
    """The lines that the agent has logged since this object was made."""

    def __init__(self, node):
        self.path = node.agent.log
        self.start = os.path.getsize(self.path)

    def lines(self):
        with open(self.path, errors="replace") as file:
            file.seek(self.start)
            return file.read().splitlines()

    def matching(self, pattern):
        return [line for line in self.lines() if re.search(pattern, line)]

    def expect(self, pattern, count):
        """So many lines match. The last ones may be on their way: a thread of the agent writes them."""
        eventually(lambda: len(self.matching(pattern)), count)

    def wait(self, pattern, timeout=PATIENCE):
        """The first line that matches."""
        return eventually_true(f"a log line with {pattern!r}", lambda: self.matching(pattern), timeout)[0]


# -------------------------------------------------------------------- acting on nodes


@contextlib.contextmanager
def announced_by_another_program(node, vip, is_gone):
    """A kernel route to the VIP that FRR redistributes as it does the lab's floor prefixes.

    Until the router has lost it afterwards (`is_gone`), FRR's configuration stays as it is.
    """
    family, length = ("ipv6", 128) if ":" in vip else ("ip", 32)
    entry = f"{family} prefix-list LAB-FLOOR seq 20 permit {vip}/{length}"
    node.host.run(["vtysh", "-c", "configure terminal", "-c", entry])
    route = ["blackhole", vip, "metric", "5"]  # a metric tells it from other routes to the VIP
    node.host.run(["ip", "route", "add", *route])
    try:
        yield
    finally:
        node.host.run(["ip", "route", "del", *route])
        try:
            eventually_true("the withdrawal", is_gone)
        finally:
            node.host.run(["vtysh", "-c", "configure terminal", "-c", f"no {entry}"])


def tell_of_another_program(node, vip, protocols):
    """Waits until the agent says that the withdrawn VIP is announced, by whom, and from where they have it."""
    told = f"VIP {vip} is withdrawn, but still announced by {protocols}: kernel route"

    def problem():
        code, health = node.agent.get("/health")
        text = json.dumps(health)
        return code == 503 and told in text and "that another program added; remove it" in text

    eventually_true("the problem", problem, PATIENCE * 2)


def set_configuration(node, text):
    """Replaces the file at once, as a careful person does; the agent is not told."""
    path = node.host.path(CONFIGURATION)
    with open(f"{path}.new", "w") as file:
        file.write(text)
    os.rename(f"{path}.new", path)


def reload(node, text):
    """Gives a node another configuration by SIGHUP and waits until it is in force."""
    set_configuration(node, text)
    assert reload_if_possible(node)


def reload_if_possible(node):
    """Has the agent read its configuration again; false if it does not run or refuses."""
    if node.agent.status()["state"] != "ready" or not node.agent.process():
        return False
    log = Log(node)
    node.agent.reload()
    return "configuration reloaded" in log.wait("configuration reloaded|reload rejected")


def restart(node, text):
    """Gives a node another configuration by stopping and starting the agent."""
    node.agent.stop()
    set_configuration(node, text)
    node.agent.start()
    node.agent.wait_ready()


def reload_frr(node):
    """What `systemctl reload frr` does: everything that is not in FRR's file goes, also what vipherd wrote.

    The file is written as FRR itself would, without vipherd's lines: of one written by hand frr-reload.py changes what
    does not differ (`neighbor ... bfd profile` alone takes BFD away for a moment)."""
    lines, skipped = [], False
    for line in node.host.run(["vtysh", "-c", "show running-config"]).split("Current configuration:\n")[1].splitlines():
        skipped = line.startswith("route-map VIPHERD-VTY-") or skipped and line != "!"
        written = "network " in line or "prefix-list VIPHERD-VTY" in line and line.startswith("ip")
        if not skipped and not (written and "VIPHERD-VTY" in line):
            lines.append(line)
    file = "/etc/frr/operator.conf"
    with open(node.host.path(file), "w") as out:
        out.write("\n".join(lines) + "\n")
    return node.host.run(["sh", "-c", f"/usr/lib/frr/frr-reload.py --reload --stdout {file} 2>&1"])


def unsupervised(node):
    """Within this context nothing notices when the agent ends or hangs, and no other one is started."""
    return frozen(node.agent.supervisor())


@contextlib.contextmanager
def frozen(process):
    """Within this context the process does nothing (SIGSTOP)."""
    process.signal(signal.SIGSTOP)
    try:
        yield process
    finally:
        process.signal(signal.SIGCONT)
