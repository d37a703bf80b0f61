"""`lab survive`: how many long-lived connections outlive a change of the router's next hops.

The router hashes each connection for itself, plainly (fib_multipath_hash_policy 1, no resilient groups).
"""

import json
import socket
import time

from . import changes, mptcp, show, topology
from .errors import LabError, wait_until
from .lab import Lab, down_undisturbed
from .measure import L4Hashing
from .sightings import Sightings
from .stayers import PORT, Stayers

KEYS = ("change", "protocol", "relay", "family", "connections", "lost", "lost_of_leaving", "moved", "p50_ms", "p99_ms")
FAMILIES = {"ipv4": topology.VIPS[0], "ipv6": topology.VIPS[3]}
_GOES_ON = 2.0  # seconds after the last step
# A connection that waits for an answer is silent after this long. TCP repeats after 0.2, 0.6, 1.4 and 3 s.
_SILENCE = 5.0
# What a VIP is held as least preferred, and how long its connections may last after a withdrawal.
DRAIN = ("500ms", "60s")


class Outcome:
    """`row` is the object for JSON; `learned_ms` the times from the change until each lost connection was reset."""

    def __init__(self, row, learned_ms, silent):
        self.row, self.learned_ms, self.silent = row, learned_ms, silent


class Survival:
    """In one lab, which is as it was after each run()."""

    def __init__(self, lab, connections=300, families=tuple(FAMILIES)):
        self.lab = lab
        self.connections = connections
        self.families = families
        # Otherwise a socket that has to send again would choose another path by itself.
        lab.client.set_sysctls({"net.core.txrehash": 0})
        self.protocol = mptcp.IPPROTO_MPTCP if lab.settings["mptcp"] else socket.IPPROTO_TCP

    def run(self, name):
        """One change; returns an Outcome for each family."""
        with self.lab.watch([FAMILIES[family] for family in self.families]) as watch:
            change = changes.make(name, self.lab, watch)
            change.before()
            try:
                wait_for_relay(self.lab)
                return self._with_clients(name, change)
            finally:
                forget_connections(self.lab)
                change.after()

    def _with_clients(self, name, change):
        clients = {}
        try:
            for family in self.families:
                clients[family] = Stayers(self.lab.client, FAMILIES[family], self.connections, self.protocol)
            with Sightings(self.lab) as sightings:
                self._see_all(clients, sightings)
                before = {family: client.ask("mark")["connections"] for family, client in clients.items()}
                sightings.forget()
                began = time.monotonic_ns()
                for step in change.steps():
                    step()
                time.sleep(_GOES_ON)
                sightings.check()
            after = {family: when_decided(client) for family, client in clients.items()}
            return [self._outcome(name, change, family, before[family], after[family], sightings, began)
                    for family in clients]
        finally:
            for client in clients.values():
                client.close()

    @staticmethod
    def _see_all(clients, sightings):
        """Before the change the router has to be seen sending each connection to the node that answers it, and to no other."""
        def all_seen():
            return all(sightings.of(family, each["port"]) == {each["node"]}
                       for family, client in clients.items() for each in client.ask()["connections"])
        wait_until("a request of each connection, at the router, to the node that has it", all_seen, 10, interval=0.2)

    def _outcome(self, name, change, family, before, after, sightings, began):
        now = after["connections"]
        silent = [number for number, each in enumerate(now) if is_silent(each)]
        lost = {number for number, each in enumerate(now) if each["lost"]} | set(silent)
        moved = [each for each in before if sightings.of(family, each["port"]) - {each["node"]}]
        leaving = {number for number, each in enumerate(before) if each["node"] == change.node.name}
        row = {"change": name, "protocol": self.lab.settings["protocol"],
               "relay": "on" if self.lab.settings["relay"] else "off", "family": family,
               "connections": len(before), "lost": len(lost), "lost_of_leaving": len(lost & leaving),
               "moved": len(moved), "p50_ms": after["p50_ms"], "p99_ms": after["p99_ms"]}
        learned = [round((each["lost_at"] - began) / 1e6, 1) for each in now if each["lost_at"]]
        return Outcome({key: row[key] for key in KEYS}, learned, len(silent))


def forget_connections(lab):
    """A node does not learn that a connection which the router moved away, or that it was without its VIP for, has ended: a
    drain would wait for it, and it would take a later one from the same port for it."""
    for node in lab.nodes.values():
        node.host.run(["ss", "-K", "-tn", "sport", "=", f":{PORT}"], check=False)


def is_silent(connection):
    since = connection["waits_since"]
    return since is not None and time.monotonic_ns() - since > _SILENCE * 1e9


def when_decided(client):
    """The report as soon as no connection waits for longer than a moment, or those that do are silent."""
    deadline = time.monotonic() + 2 * _SILENCE
    while True:
        report = client.ask()
        now = time.monotonic_ns()
        waiting = [each for each in report["connections"] if each["waits_since"] and now - each["waits_since"] > 5e8]
        if all(map(is_silent, waiting)) or time.monotonic() > deadline:
            return report
        time.sleep(0.2)


def _relay_works(node, others):
    code, status = node.agent.get("/v1/status")
    if code != 200:
        return False
    relay = status.get("relay")
    if not relay:
        raise LabError(f"the agent on {node.name} has no relay: it is of a version without one, or not configured")
    alive = [sibling for sibling in relay["siblings"] if sibling["state"]["state"] == "alive"]
    return relay["state"]["state"] == "working" and len(alive) >= 2 * others  # of both families


def wait_for_relay(lab):
    """Until each agent that runs has a relay that works and knows of all the others."""
    if not lab.settings["relay"]:
        return
    running = [node for node in lab.nodes.values() if node.agent.supervisor()]
    for node in running:
        wait_until(f"the relay of {node.name}", lambda node=node: _relay_works(node, len(running) - 1), 20, node.agent.log)


def add_options(parser):
    parser.add_argument("--protocol", choices=["ospf", "bgp"], help="without it one after the other")
    parser.add_argument("--nodes", type=int, default=3, metavar="N", help="load balancers (3); `add` takes one more")
    parser.add_argument("--relay", choices=["on", "off"], default="on")
    parser.add_argument("--mptcp", action="store_true", help="nginx and the client speak MPTCP")
    parser.add_argument("--connections", type=int, default=300, metavar="N", help="to a VIP of each family (300)")
    parser.add_argument("--change", choices=changes.CHANGES, action="append", metavar="CHANGE",
                        help=f"{', '.join(changes.CHANGES)}; may be given several times (all)")
    parser.add_argument("--json", metavar="FILE", help="write the results as a list of objects")
    parser.add_argument("--binary", metavar="PATH", help="vipherd (build/release, build/dev, or from PATH)")


def _lab_for(protocol, names, arguments, say):
    """The lab, and whether it is ours to take down."""
    wanted = {"protocol": protocol, "relay": arguments.relay == "on", "mptcp": arguments.mptcp}
    if arguments.name not in Lab.names():
        nodes = arguments.nodes + ("add" in names)
        return Lab.up(arguments.name, say, nodes=nodes, drain=DRAIN, interval="1s", timeout="5s",
                      binary=arguments.binary, **wanted), True
    lab = Lab.find(arguments.name)
    different = [key for key, value in wanted.items() if lab.settings[key] != value]
    if different or lab.settings["uplinks"] > 1 or not lab.settings["agent"]:
        raise LabError(f"lab {arguments.name} is up with another {', '.join(different) or 'shape'}; give another --name")
    return lab, False


def _survive(lab, names, connections, note):
    survival = Survival(lab, connections)
    with L4Hashing(lab.router), lab.watch(FAMILIES.values()) as watch:
        spare = changes.make("add", lab, watch) if "add" in names else None
        if spare:
            changes.stop_spare(spare)
        for name in names:
            for outcome in survival.run(name):
                note(outcome)
        if spare and lab.name in Lab.names():
            spare.steps()[0]()


def command(arguments, say):
    names = list(dict.fromkeys(arguments.change or changes.CHANGES))
    if arguments.nodes < 2 or arguments.connections < 1:
        raise LabError("lab survive: with two nodes or more, and one connection or more")
    rows = []

    def note(outcome):
        rows.append(outcome.row)
        say("  ".join(f"{key}={'-' if value is None else value}" for key, value in outcome.row.items()))
        if arguments.json:
            with open(arguments.json, "w") as file:
                json.dump(rows, file, indent=1)
                file.write("\n")

    for protocol in [arguments.protocol] if arguments.protocol else ["ospf", "bgp"]:
        lab, ours = _lab_for(protocol, names, arguments, say)
        try:
            _survive(lab, names, arguments.connections, note)
        finally:
            if ours:
                down_undisturbed(lab.name)
    say(show.table([list(KEYS)] + [["-" if row[key] is None else str(row[key]) for key in KEYS] for row in rows]))
    return 0
