"""`lab demo`: installs what is missing, builds vipherd, and tells the story of a VIP as it happens."""

import os
import subprocess
import time

from . import client, show, topology
from .errors import LabError, tail
from .lab import DEFAULTS, Lab, down_undisturbed
from .measure import L4Hashing, Measurement, medians

_TREE = os.path.realpath(f"{os.path.dirname(__file__)}/../../..")
_INSTALLER = f"{_TREE}/deploy/lab/install-packages"

# Scenario, what happens, what is told when the route has left and when it is back.
_STORY = [
    ("nginx-kill", "nginx is killed on lb1",
     "lb1 left the router's table", "nginx is started again, and lb1 was back"),
    ("agent-kill", "vipherd itself is killed (SIGKILL) on lb1, while nginx is fine",
     "zebra took lb1's routes back by itself", "the supervisor restarted vipherd, and lb1 was back"),
    ("frr-stop", "all of FRR is stopped on lb1",
     "lb1 left the router's table", "FRR is started again, vipherd announced anew, and lb1 was back"),
    ("agent-stop", "vipherd is stopped in an orderly way: withdraw, wait until confirmed, detach",
     "lb1 left the router's table", "vipherd is started again, and lb1 was back"),
]


def add_options(parser):
    parser.add_argument("--protocol", choices=["ospf", "bgp", "both"], default=DEFAULTS["protocol"])
    parser.add_argument("--binary", metavar="PATH", help="a vipherd that is built already")
    parser.add_argument("--no-install", action="store_true", help="do not install missing packages")


def _command(say, what, argv, log):
    """Runs a step of the preparation with its output in a log; tells how long it took."""
    say(f"  {what} ...")
    begin = time.monotonic()
    os.makedirs(os.path.dirname(log), exist_ok=True)
    with open(log, "a") as output:
        code = subprocess.run(argv, cwd=_TREE, stdin=subprocess.DEVNULL, stdout=output, stderr=output).returncode
    if code != 0:
        raise LabError(f"{what}: {' '.join(argv)} ended with {code}; see {log}{tail(log)}")
    say(f"  {what}: done in {time.monotonic() - begin:.0f} s")


def _prepare(arguments, say):
    say("Getting ready")
    log = f"{_TREE}/build/demo.log"
    if not arguments.no_install:
        groups = ["lab"] if arguments.binary else ["build", "lab"]
        _command(say, "missing packages", [_INSTALLER, *groups], log)
    if arguments.binary:
        return arguments.binary
    _command(say, "configuring a release build", ["cmake", "--preset", "release"], log)
    _command(say, "building vipherd (a few minutes the first time)",
             ["cmake", "--build", "--preset", "release", "--target", "vipherd",
              "--parallel", str(os.cpu_count() or 1)], log)
    return f"{_TREE}/build/release/vipherd"


class _Story:
    def __init__(self, lab, say):
        self.lab = lab
        self.say = say
        self.results = []
        self.surprises = []

    def expect(self, condition, text):
        if not condition:
            self.surprises.append(text)
            self.say(f"  NOT AS EXPECTED: {text}")

    def ecmp(self):
        self.say("\nEqual-cost multipath: the router has a next hop for each healthy node")
        state = show.collect(self.lab)
        self.say("  " + show.render(state).replace("\n", "\n  "))
        nodes = sorted(self.lab.nodes)
        self.expect(all(state["routes"][vip]["next_hops"] == nodes for vip in topology.VIPS),
                    "every VIP should have every node as next hop")

    def _count(self, text):
        result = client.request(self.lab.client, topology.VIPS[0], 200)
        parts = ", ".join(f"{name} {count}" for name, count in sorted(result["nodes"].items()))
        self.say(f"  {text}: 200 requests from one client: {parts or 'no answer'}")
        self.expect(not result["failures"], f"{len(result['failures'])} requests failed")
        return result["nodes"]

    def hashing(self):
        self.say("\nWhich node a request reaches is the router's choice: fib_multipath_hash_policy")
        self.expect(len(self._count("0, L3 (default): addresses")) == 1, "L3 hashing should choose one node")
        with L4Hashing(self.lab.router):
            spread = self._count("1, L4: addresses and ports")
            self.expect(len(spread) == len(self.lab.nodes), "L4 hashing should reach every node")

    def chapter(self, scenario, happens, gone, back):
        self.say(f"\n{len(self.results) + 1}. {happens} (200 requests a second are running)")
        texts = {"failed": ("withdraw_ms", gone), "returned": ("return_ms", back)}

        def tell(event, result):
            key, text = texts[event]
            if result[key] is not None:
                self.say(f"  {text} after {result[key]:.1f} ms")
            self.expect(result[key] is not None, f"{text}: it did not happen")

        with L4Hashing(self.lab.router):
            result = Measurement(self.lab).run(scenario, self.lab.node("lb1"), tell)
        failed, rehashed = result["failed_requests"], result["rehashed_requests"]
        moved = f" ({rehashed} of connections that the router moved to the other node)" if rehashed else ""
        self.say(f"  failed requests: {failed}{moved}; FRR alone needs {result['floor_ms']:.1f} ms")
        if scenario == "agent-stop":
            self.expect(failed == rehashed, "an orderly shutdown should lose no request")
        self.results.append(result)


def run(arguments, say):
    if arguments.name in Lab.names():
        raise LabError(f"a lab {arguments.name} is up (lab down --name {arguments.name}); or give another --name")
    binary = _prepare(arguments, say)
    try:
        say(f"\nA network of its own: {arguments.protocol}, FRR with tuned timers, checks each 100 ms")
        lab = Lab.up(arguments.name, lambda text: say(f"  {text}"), protocol=arguments.protocol, binary=binary)
        story = _Story(lab, say)
        story.ecmp()
        story.hashing()
        for chapter in _STORY:
            story.chapter(*chapter)
    finally:
        down_undisturbed(arguments.name)
    say("\nWhat was measured (failure to the router's kernel FIB and back; milliseconds)")
    say("  " + medians(story.results).replace("\n", "\n  "))
    say("\nAll of it is gone again. Your own: lab up; lab show; lab fail nginx-kill lb1; lab heal lb1; lab down")
    return 1 if story.surprises else 0
