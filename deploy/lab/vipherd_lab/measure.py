"""`lab measure`: from a failure to the router's FIB and back, beside what FRR alone needs for it.

Every time is the difference of two CLOCK_MONOTONIC stamps of one machine: just before the failure (or
the healing), and when the watcher in the router's network had the kernel's notification in hand.
"""

import ipaddress
import json
import socket
import statistics
import threading
import time

from . import frr as frr_module
from . import netlink, scenarios, show, topology
from .client import Client, unexplained
from .errors import LabError, wait_until
from .lab import Lab, down_undisturbed

# A VIP that changes twice within a second costs extra with OSPF, and the agent spaces its changes by
# that second: a measured change must not be the second one.
_SPACING = 1.6
_RATE = 200
_SYSCTLS = ("net.ipv4.fib_multipath_hash_policy", "net.ipv6.fib_multipath_hash_policy")


def _milliseconds(begin, end):
    return None if end is None else round((end - begin) / 1e6, 3)


class Listening:
    """When nginx on a node takes connections again: asked each millisecond, from a thread of its own."""

    _LIMIT = 30

    def __init__(self, node):
        self.since = None
        self._node = node
        self._thread = threading.Thread(target=self._run)
        self._over = threading.Event()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _run(self):
        deadline = time.monotonic() + self._LIMIT
        with self._node.host.network():
            is_last = False
            while not is_last and time.monotonic() < deadline:
                # The thread that ends this knows that nginx listens: a thread that was late asks once more.
                is_last = self._over.is_set()
                with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
                    connection.settimeout(1)
                    if connection.connect_ex(("127.0.0.1", 80)) == 0:
                        self.since = time.monotonic_ns()
                        return
                time.sleep(0.001)


class Floor:
    """The same route changes without the agent: a blackhole route in the node's kernel, added and deleted."""

    def __init__(self, watch, node, vip):
        self.watch = watch
        self.hops = node.next_hops
        self.addresses = frr_module.FLOOR_IPV4 if ipaddress.ip_address(vip).version == 4 else frr_module.FLOOR_IPV6
        self.netlink = netlink.open_socket(node.host)

    def measure(self, present):
        """Adds or deletes one prefix after the other; the median in milliseconds."""
        values = []
        for address in self.addresses:
            begin = time.monotonic_ns()
            netlink.change_blackhole(self.netlink, address, present)
            values.append(_milliseconds(begin, self.watch.wait_for(address, self.hops, present, begin, 15)))
        if present and None in values:
            raise LabError(f"a floor prefix of {', '.join(self.addresses)} did not reach the router")
        return None if None in values else round(statistics.median(values), 3)

    def close(self):
        for address in self.addresses:
            netlink.change_blackhole(self.netlink, address, False)
        self.netlink.close()


class Measurement:
    """Runs in one lab; without a VIP each scenario chooses."""

    def __init__(self, lab, vip=None):
        self.lab = lab
        self.vip = vip
        self.slow = lab.settings["default_timers"]

    def _limit(self, tuned, default):
        return default if self.slow else tuned

    def run(self, name, node, tell=lambda event, result: None):
        """One run: the floor, the failure, the healing. Returns the values of one JSON object.

        A caller that follows it gets "failed" and "returned" as they happen."""
        scenario = scenarios.SCENARIOS[name]
        result = {"scenario": name, "protocol": self.lab.settings["protocol"], "node": node.name,
                  "withdraw_ms": None, "return_ms": None, "failed_requests": None, "rehashed_requests": None,
                  "floor_ms": None, "floor_return_ms": None, "listen_ms": None}
        if not scenario.applies(node):
            return result
        vip = self.vip or scenario.vip
        addresses = [vip, *frr_module.FLOOR_IPV4, *frr_module.FLOOR_IPV6]
        with self.lab.watch(addresses) as watch:
            self._wait_healthy(watch, vip, 60)
            result["floor_return_ms"], result["floor_ms"] = self._floor(watch, node, vip)
            with self._client(vip) as client:
                self._pause(watch, 0.5)
                try:
                    self._fail_and_heal(watch, node, name, vip, result, tell)
                finally:
                    scenarios.heal(self.lab, node)
                self._wait_healthy(watch, vip, self._limit(60, 240))
                self._pause(watch, 0.2)
                counted = client.stop()
                result["failed_requests"] = len(counted["failures"])
                result["rehashed_requests"] = len(counted["failures"]) - len(unexplained(counted))
            self._pause(watch, _SPACING)
        return result

    def _client(self, vip):
        return Client(self.lab.client, vip, _RATE, router=self.lab.router, service=self.lab.settings["service"])

    def _floor(self, watch, node, vip):
        """Of an announcement and of a withdrawal."""
        floor = Floor(watch, node, vip)
        try:
            announced = floor.measure(True)
            self._pause(watch, _SPACING)
            return announced, floor.measure(False)
        finally:
            floor.close()

    def _fail_and_heal(self, watch, node, name, vip, result, tell):
        act = scenarios.prepare(self.lab, name, node)
        begin = time.monotonic_ns()
        act()
        withdrawn = watch.wait_for(vip, node.next_hops, False, begin, self._limit(8, 200))
        result["withdraw_ms"] = _milliseconds(begin, withdrawn)
        tell("failed", result)
        self._pause(watch, _SPACING)
        scenario = scenarios.SCENARIOS[name]
        wait_until(f"the end of {name} on {node.name}", lambda: not scenario.takes_time(node), 30)
        if scenario.heals_itself:
            healed = self._restarted(node, begin)
        else:
            healed = self._heal(node, scenario, result)
        if withdrawn:
            back = watch.wait_for(vip, node.next_hops, True, withdrawn, self._limit(30, 240))
            result["return_ms"] = _milliseconds(healed, back)
        tell("returned", result)

    def _heal(self, node, scenario, result):
        """When healing began. What a service needs until it takes connections is no time of the agent's."""
        if scenario.service != "nginx":
            healed = time.monotonic_ns()
            scenarios.heal(self.lab, node)
            return healed
        with Listening(node) as listening:
            healed = time.monotonic_ns()
            scenarios.heal(self.lab, node)
        result["listen_ms"] = _milliseconds(healed, listening.since)
        return healed

    @staticmethod
    def _restarted(node, after):
        """When the supervisor started the agent again: the moment of healing where nothing else heals."""
        def started():
            stamp = node.agent.status()["started"]
            return stamp if stamp and stamp > after else None
        return wait_until(f"the supervisor on {node.name} to start the agent again", started, 20,
                          node.agent.supervisor_log)

    def _wait_healthy(self, watch, vip, timeout):
        deadline = time.monotonic() + timeout
        missing = True
        while missing:
            watch.pump(0.05)
            missing = [node.name for node in self.lab.nodes.values() if not watch.next_hops(vip) & node.next_hops]
            if missing and time.monotonic() > deadline:
                raise LabError(f"the router has no route to {vip} over {', '.join(missing)}; "
                               f"see {self.lab.nodes[missing[0]].agent.log}")

    @staticmethod
    def _pause(watch, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            watch.pump(0.05)


class L4Hashing:
    """With the default L3 hashing all requests of one client reach one node, and mostly not the failing
    one: the count of failed requests would say nothing. So the router hashes by port meanwhile."""

    def __init__(self, router):
        self.router = router

    def __enter__(self):
        self.before = {name: self.router.get_sysctl(name) for name in _SYSCTLS}
        self.router.set_sysctls({name: 1 for name in _SYSCTLS})

    def __exit__(self, *_):
        self.router.set_sysctls(self.before)


def measure(lab, names, runs, vip, node_name, note=lambda result: None):
    """Runs each scenario `runs` times and returns the list of results."""
    results = []
    node = lab.node(node_name)
    measurement = Measurement(lab, vip)
    with L4Hashing(lab.router):
        for name in names:
            for _ in range(runs):
                results.append(measurement.run(name, node))
                note(results[-1])
    return results


def medians(results):
    """A table: one line for each scenario and protocol, medians over its runs."""
    rows = [["scenario", "protocol", "runs", "withdraw ms", "floor ms", "return ms", "floor ms", "nginx listens ms",
             "failed requests"]]
    keys = ("withdraw_ms", "floor_ms", "return_ms", "floor_return_ms", "listen_ms", "failed_requests")
    for scenario, protocol in dict.fromkeys((result["scenario"], result["protocol"]) for result in results):
        group = [r for r in results if (r["scenario"], r["protocol"]) == (scenario, protocol)]
        cells = []
        for key in keys:
            values = [result[key] for result in group if result[key] is not None]
            missing = f" ({len(group) - len(values)} never)" if 0 < len(values) < len(group) else ""
            cells.append(f"{statistics.median(values):.1f}{missing}" if values else "-")
        rows.append([scenario, protocol, str(len(group)), *cells])
    return show.table(rows)


def add_options(parser, known):
    parser.add_argument("scenarios", nargs="+", choices=known, metavar="SCENARIO", help=", ".join(known))
    parser.add_argument("--protocol", choices=["ospf", "bgp", "both"], help="both (the default): one after the other")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="of each scenario (3)")
    parser.add_argument("--json", metavar="FILE", help="write the results as a list of objects, one a run")
    parser.add_argument("--vip", type=lambda text: str(ipaddress.ip_address(text)), metavar="VIP",
                        help=f"the VIP that is watched ({topology.VIPS[0]}; {topology.VIPS[3]} for ospf6d-kill)")
    parser.add_argument("--node", default="lb1", help="the node that fails (lb1)")


def _lab_for(protocol, arguments, say):
    """The lab to measure in, and whether it is ours to take down."""
    if arguments.name in Lab.names():
        lab = Lab.find(arguments.name)
        running = lab.settings["protocol"]
        if running != protocol:
            raise LabError(f"lab {arguments.name} runs {running}, not {protocol}; give another --name")
        if not lab.settings["agent"]:
            raise LabError(f"lab {arguments.name} was brought up without agents")
        if lab.settings["uplinks"] > 1:
            raise LabError(f"lab {arguments.name} has several uplinks: its router does not see the nodes")
        return lab, False
    keys = ("service", "announcer", "nodes", "interval", "timeout", "rise", "fall", "config", "frr", "router_frr",
            "default_timers", "binary", "watchdog")
    return Lab.up(arguments.name, say, protocol=protocol, **{key: getattr(arguments, key) for key in keys}), True


def _protocols(arguments):
    if arguments.protocol in ("ospf", "bgp"):
        return [arguments.protocol]
    if arguments.name in Lab.names():
        return [Lab.find(arguments.name).settings["protocol"]]
    return ["ospf", "bgp"]


def command(arguments, say):
    results = []

    def note(result):
        results.append(result)
        say("  ".join(f"{key}={'-' if value is None else value}" for key, value in result.items()))
        if arguments.json:
            with open(arguments.json, "w") as file:
                json.dump(results, file, indent=1)
                file.write("\n")

    for protocol in _protocols(arguments):
        lab, ours = _lab_for(protocol, arguments, say)
        try:
            measure(lab, arguments.scenarios, arguments.runs, arguments.vip, arguments.node, note)
        finally:
            if ours:
                down_undisturbed(lab.name)
    say(medians(results))
    return 0
