"""`lab scale`: how long many VIPs take from the agent's start to the router's FIB and out of it again, beside
what FRR alone needs for as many routes in the same run.

In turns: the floor (blackhole routes that `ip -batch` puts into the node's kernel and FRR redistributes, then
deletes), and the agent (started; its service stopped). One node, one router, the same prefixes for both.
"""

import ipaddress
import json
import os
import signal
import statistics
import subprocess
import tempfile
import time

from . import scenarios
from .agent import head, service_part
from .errors import LabError, wait_until
from .lab import Lab, down_undisturbed
from .prefixes import PrefixCount

POOL = "10.64.0.0/16"
MAX_VIPS = 60000
_PATIENCE = 120
_FILE = "/run/one-is-up"

_SPACING = 'min_change_interval = "0s"\n'

# The one VIP whose service goes down and up among all others.
_ONE = """
[services.one]
vips = ["{one}"]

[services.one.checks.file]
type = "file"
path = "{file}"
interval = "10s"
fast_interval = "10s"
down_interval = "10s"
rise = 1
fall = 1
"""

_TIMING = """interval = "10s"
fast_interval = "100ms"
down_interval = "100ms"
rise = 1
fall = 1
"""

_FRR = """configure terminal
ip prefix-list VIPHERD-POOL seq 20 permit {pool} ge 32
ip prefix-list LAB-FLOOR seq 20 permit {pool} ge 32
"""


def vips(count):
    """`count` addresses; the first is that of the service of its own."""
    first = ipaddress.IPv4Network(POOL).network_address + 1
    return [str(first + number) for number in range(count)]


def _configuration(addresses, announcer, protocol):
    one, *others = addresses
    return (head(announcer, [protocol], [POOL], _SPACING) + _ONE.format(one=one, file=_FILE)
            + service_part("web", others) + _TIMING)


def _milliseconds(begin, end):
    return round((end - begin) / 1e6, 1)


class Scale:
    """The measurement in a lab that was brought up for it."""

    def __init__(self, lab, count, addresses):
        self.lab = lab
        self.node = lab.nodes["lb1"]
        self.count = count
        self.addresses = addresses
        self.file = self.node.host.path(_FILE)

    def prepare(self):
        """Everything stopped and silent, and FRR on both sides lets the pool through."""
        self.node.agent.stop()
        commands = [part for line in _FRR.format(pool=POOL).splitlines() for part in ("-c", line)]
        for host in (self.lab.router, self.node.host):
            host.run(["vtysh", *commands])

    # -- one turn of each ------------------------------------------------------------------------

    def floor(self):
        """(announce, withdraw) of blackhole routes, in milliseconds."""
        return tuple(self._batch(action, complete) for action, complete in (("add", True), ("del", False)))

    def _batch(self, action, complete):
        self._wait_quiet()
        with tempfile.NamedTemporaryFile("w", suffix=".batch") as file:
            file.writelines(f"route {action} blackhole {vip}\n" for vip in self.addresses)
            file.flush()
            begin = time.monotonic_ns()
            done = subprocess.run(["ip", "-n", self.node.host.netns, "-batch", file.name], capture_output=True,
                                  text=True)
        if done.returncode != 0:
            raise LabError(f"ip -batch: {done.stderr.strip()}")
        return _milliseconds(begin, self.count.wait(complete, begin, _PATIENCE))

    def agent(self):
        """(announce, withdraw) of the agent in milliseconds, and its memory with everything announced in MiB."""
        self._start_services()
        self._wait_quiet()
        self.node.agent.start()
        started = wait_until("the agent to start", lambda: self.node.agent.status()["started"], 20)
        announce = _milliseconds(started, self.count.wait(True, started, _PATIENCE))
        self.node.agent.wait_ready()
        self._wait_quiet()
        rss = self._rss_mib()
        stop = scenarios.prepare(self.lab, "nginx-stop", self.node)
        begin = time.monotonic_ns()
        self._tell_one(False)
        stop()
        withdraw = _milliseconds(begin, self.count.wait(False, begin, _PATIENCE))
        self.node.agent.stop()
        return announce, withdraw, rss

    def changes(self, number):
        """One VIP alone goes down and up again. For a change, medians in milliseconds: the agent's processor time
        as the scheduler counts it, its probes of all services included, and the agent's own share as it tells
        it itself."""
        self._start_services()
        self.node.agent.start()
        self.count.wait(True, time.monotonic_ns(), _PATIENCE)
        self.node.agent.wait_ready()
        self._wait_quiet()
        used, reactions = [], []
        with self.lab.watch(self.addresses[:1]) as watch:
            for turn in range(2 * number):
                up = turn % 2 == 1
                before = self._processor_time()
                self._change(watch, up)
                used.append(self._processor_time() - before)
                if not up:
                    reactions.append(self.node.agent.get("/v1/status", timeout=20)[1]["last_reaction_ms"])
        self.node.agent.stop()
        return round(statistics.median(used), 3), round(statistics.median(reactions), 3)

    # -- its parts -------------------------------------------------------------------------------

    def _start_services(self):
        with open(self.file, "w"):
            pass
        ending = self.node.nginx.is_ending() and self.node.nginx.master()
        if ending:
            ending.wait_gone(10)
        if not self.node.nginx.master():
            self.node.nginx.start()

    def _tell_one(self, up):
        """Tells the service of the one VIP up or down, and has the agent look at once."""
        if up:
            with open(self.file, "w"):
                pass
        else:
            os.unlink(self.file)
        self.node.agent.process().signal(signal.SIGUSR1)

    def _change(self, watch, up):
        begin = time.monotonic_ns()
        self._tell_one(up)
        if watch.wait_for(self.addresses[0], self.node.next_hops, up, begin, 20) is None:
            raise LabError(f"{self.addresses[0]} did not {'return to' if up else 'leave'} the router")

    def _processor_time(self):
        """Of the agent so far, in milliseconds."""
        with open(f"/proc/{self.node.agent.process().pid}/schedstat") as file:
            return int(file.read().split()[0]) / 1e6

    def _rss_mib(self):
        with open(f"/proc/{self.node.agent.process().pid}/status") as file:
            found = [line.split()[1] for line in file if line.startswith("VmRSS:")]
        return round(int(found[0]) / 1024, 1)

    def _wait_quiet(self):
        """Until FRR has nothing left to do: OSPF has flushed what was withdrawn, and all daemons are idle."""
        processes = [process for frr in (self.lab.router_frr, self.node.frr) for process in frr.processes()]

        def quiet():
            before = sum(process.cpu_ticks() for process in processes)
            time.sleep(0.5)
            return sum(process.cpu_ticks() for process in processes) - before <= 3
        wait_until("FRR to have nothing to do", quiet, _PATIENCE)


def check(arguments):
    if not 2 <= arguments.vips <= MAX_VIPS:
        raise LabError(f"{arguments.vips} VIPs: 2 to {MAX_VIPS} are possible")
    if arguments.repeat < 1 or arguments.changes < 0:
        raise LabError("--repeat is at least 1, --changes at least 0")


def run(arguments, say):
    """Brings the lab up, measures and takes it down. Returns the result and the cost of one change, if asked for."""
    addresses = vips(arguments.vips)
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(_configuration(addresses, arguments.announcer, arguments.protocol))
        file.flush()
        lab = Lab.up(arguments.name, say, nodes=1, protocol=arguments.protocol,
                     announcer=arguments.announcer, config=file.name, binary=arguments.binary)
    try:
        with PrefixCount(lab.router, POOL, len(addresses)) as count:
            scale = Scale(lab, count, addresses)
            scale.prepare()
            count.wait(False, 0, _PATIENCE)
            turns = []
            for _ in range(arguments.repeat):
                turns.append((*scale.floor(), *scale.agent()))
                say("floor {:.1f} ms in, {:.1f} ms out; agent {:.1f} ms in, {:.1f} ms out, {:.1f} MiB".format(*turns[-1]))
            change = scale.changes(arguments.changes) if arguments.changes else None
    finally:
        down_undisturbed(lab.name)
    keys = ("floor_announce_ms", "floor_withdraw_ms", "announce_ms", "withdraw_ms", "rss_mib")
    medians = {key: round(statistics.median(values), 1) for key, values in zip(keys, zip(*turns))}
    order = ("announce_ms", "withdraw_ms", "floor_announce_ms", "floor_withdraw_ms", "rss_mib")
    return {"vips": len(addresses), "announcer": arguments.announcer, "protocol": arguments.protocol,
            **{key: medians[key] for key in order}}, change


def command(arguments, say):
    check(arguments)
    result, change = run(arguments, say)
    say("  ".join(f"{key}={value}" for key, value in result.items()))
    if change:
        say(f"one VIP among {result['vips']} changes: {change[0]} ms of the agent's processor time, "
            f"{change[1]} ms from the failed check to the route's deletion at zebra")
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(result, file, indent=1)
            file.write("\n")


def add_options(parser):
    parser.add_argument("--vips", type=int, default=10000, metavar="N", help="IPv4 VIPs on the node (10000)")
    parser.add_argument("--announcer", choices=["zapi", "vty", "connected"], default="zapi")
    parser.add_argument("--protocol", choices=["ospf", "bgp"], default="bgp")
    parser.add_argument("--repeat", type=int, default=3, metavar="R", help="turns of floor and agent; medians (3)")
    parser.add_argument("--changes", type=int, default=0, metavar="K",
                        help="also let one VIP alone go down and up K times, and tell what that costs the agent (0)")
    parser.add_argument("--json", metavar="FILE", help="write the result as one object")
    parser.add_argument("--binary", metavar="PATH", help="vipherd (build/release, build/dev, or from PATH)")
