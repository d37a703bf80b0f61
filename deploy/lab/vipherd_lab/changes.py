"""The changes of the router's next hops that `lab survive` makes: before, the change itself in steps, and after.

Each step ends when the router has followed it, so that between two steps its next hops are known.
"""

import time

from . import scenarios
from .errors import LabError, wait_until

LEAVING = "lb2"  # the node that drains, returns, dies or flaps
_FLAPS = 3


class Change:
    """One kind, in one lab. `node` is the one that it is about."""

    def __init__(self, lab, watch, node):
        self.lab = lab
        self.watch = watch
        self.node = node

    def before(self):
        pass

    def steps(self):
        """Functions, each of which changes the next hops."""
        raise NotImplementedError

    def after(self):
        """Whatever came of it, all nodes are next hops again."""
        self.resume()

    def vipherd(self, *arguments):
        self.node.host.run([self.node.agent.binary, *arguments], timeout=90)

    def wait(self, present):
        """Until the router has the node as a next hop of each VIP, or of none, for good."""
        def settled():
            self.watch.pump(0.02)
            return all(bool(self.watch.next_hops(vip) & self.node.next_hops) == present for vip in self.watch.addresses)

        def lasting():
            until = time.monotonic_ns() + 2 * self.watch.SETTLE_NS
            while settled():
                if time.monotonic_ns() > until:
                    return True
            return False
        what = f"the router to {'have' if present else 'lose'} the routes over {self.node.name}"
        wait_until(what, lasting, 60, self.node.agent.log, interval=0)

    def drain(self):
        self.vipherd("drain")
        self.wait(False)

    def resume(self):
        self.vipherd("resume")
        self.wait(True)


class _Drain(Change):
    """The node is drained; its connections may go on."""

    def steps(self):
        return [self.drain]


class _Return(Change):
    """A node that was drained comes back."""

    def before(self):
        self.vipherd("drain", "--wait")
        self.wait(False)

    def steps(self):
        return [self.resume]


class _Flap(Change):
    """The node is drained and comes back, as often and as quickly as the router follows."""

    def steps(self):
        return [self.drain, self.resume] * _FLAPS


class _NodeOff(Change):
    """The node loses its power."""

    def steps(self):
        act = scenarios.prepare(self.lab, "node-off", self.node)

        def off():
            act()
            self.wait(False)
        return [off]

    def after(self):
        scenarios.heal(self.lab, self.node)
        self.wait(True)


class _Add(Change):
    """A node that was down from the beginning comes up: the last one of the lab."""

    def __init__(self, lab, watch, node):
        super().__init__(lab, watch, list(lab.nodes.values())[-1])

    def steps(self):
        def start():
            self.node.agent.start()
            self.node.agent.wait_ready()
            self.wait(True)
        return [start]

    def after(self):
        stop_spare(self)


def stop_spare(change):
    if change.node.agent.supervisor():
        change.node.agent.stop()
    change.wait(False)


CHANGES = {"drain": _Drain, "return": _Return, "node-off": _NodeOff, "add": _Add, "flap": _Flap}


def make(name, lab, watch):
    if name not in CHANGES:
        raise LabError(f"{name} is no change; there are {', '.join(CHANGES)}")
    return CHANGES[name](lab, watch, lab.node(LEAVING))
