"""The router's kernel FIB, watched: which next hops a prefix has, and since when.

A process of its own in the router's network reads the kernel's notifications and stamps them at once
(`watch_main`); FibWatch starts it and answers questions. So a busy lab process cannot spoil a stamp.
"""

import errno
import ipaddress
import json
import os
import select
import signal
import struct
import time

from . import netlink
from .companion import Companion
from .errors import SLOWNESS, LabError
from .namespaces import Host

# What has to be listened to in order to follow next hops.
GROUPS = (netlink.RTNLGRP_IPV4_ROUTE, netlink.RTNLGRP_IPV6_ROUTE, netlink.RTNLGRP_NEXTHOP)

_DST, _GATEWAY, _PRIORITY, _MULTIPATH, _VIA, _NH_ID = 1, 5, 6, 9, 18, 30  # RTA_*


def _text(packed):
    return str(ipaddress.ip_address(packed))


def _gateway_of(fields):
    if _GATEWAY in fields:
        return _text(fields[_GATEWAY])
    if _VIA in fields:
        return _text(fields[_VIA][2:])
    return None


def _gateways(fields):
    """The gateways named in a route message itself."""
    found = set()
    rest = fields.get(_MULTIPATH, b"")
    while len(rest) >= 8:
        length = struct.unpack_from("=H", rest)[0]
        found.add(_gateway_of(netlink.attributes(rest[8:length])))
        rest = rest[(length + 3) & ~3:]
    if not found:
        found.add(_gateway_of(fields))
    return frozenset(found - {None})


class Table:
    """What is known of the routes to some prefixes; fed with messages, in the order they came."""

    def __init__(self, addresses):
        # Address -> metric -> (nexthop id or None, gateways named by the route).
        self.routes = {address: {} for address in addresses}
        # FRR installs routes by nexthop id, and may change a group without a word about the route.
        self.nexthops = {}

    def feed(self, kind, flags, body):
        if kind in (netlink.RTM_NEWROUTE, netlink.RTM_DELROUTE):
            self._feed_route(kind == netlink.RTM_NEWROUTE, flags, body)
        elif kind in (netlink.RTM_NEWNEXTHOP, netlink.RTM_DELNEXTHOP):
            self._feed_nexthop(kind == netlink.RTM_NEWNEXTHOP, body)

    def _feed_route(self, added, flags, body):
        family, length, _, _, table = struct.unpack_from("=BBBBB", body)
        fields = netlink.attributes(body[12:])
        if table != netlink.RT_TABLE_MAIN or _DST not in fields:
            return
        metrics = self.routes.get(_text(fields[_DST]))
        if metrics is None or length != 8 * len(fields[_DST]):
            return
        metric = struct.unpack("=I", fields.get(_PRIORITY, bytes(4)))[0]
        ident = struct.unpack("=I", fields[_NH_ID])[0] if _NH_ID in fields else None
        gateways = _gateways(fields)
        old = metrics.get(metric)
        if added:
            if old and flags & netlink.NLM_F_APPEND and ident is None:
                gateways |= old[1]  # IPv6 without nexthop ids: one message for each sibling
            metrics[metric] = (ident, gateways)
        elif old and old[0] == ident:
            left = old[1] - gateways if ident is None else frozenset()
            if left:
                metrics[metric] = (None, left)
            else:
                del metrics[metric]

    def _feed_nexthop(self, added, body):
        fields = netlink.attributes(body[8:])
        ident = struct.unpack("=I", fields[1])[0]
        if not added:
            self.nexthops.pop(ident, None)
        elif 2 in fields:
            members = [struct.unpack_from("=I", fields[2], offset)[0] for offset in range(0, len(fields[2]), 8)]
            self.nexthops[ident] = ("group", members)
        else:
            gateway = _text(fields[6]) if 6 in fields else None
            self.nexthops[ident] = ("single", gateway)

    def _resolve(self, ident):
        kind, content = self.nexthops.get(ident, ("single", None))
        if kind == "single":
            return frozenset([content]) - {None}
        return frozenset().union(*[self._resolve(member) for member in content])

    def next_hops(self, address):
        metrics = self.routes[address]
        if not metrics:
            return frozenset()
        ident, gateways = metrics[min(metrics)]
        return self._resolve(ident) if ident is not None and ident in self.nexthops else gateways


def load(addresses, socket):
    """The table as the kernel has it now, by a dump over a socket that listens to nothing."""
    table = Table(addresses)
    for kind, body in socket.dump(netlink.RTM_GETNEXTHOP, bytes(8)):
        table.feed(kind, 0, body)
    for family in (2, 10):
        for kind, body in socket.dump(netlink.RTM_GETROUTE, struct.pack("=B11x", family)):
            table.feed(kind, netlink.NLM_F_APPEND, body)
    return table


def watch_main(addresses):
    """Runs in the router's network: prints one JSON line for each change, until stdin is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who started us decides when to end
    socket = netlink.Socket(GROUPS)  # subscribed before the dump, so that nothing falls in between
    asker = netlink.Socket()
    table = load(addresses, asker)
    known = {}

    def report(stamp):
        for address in addresses:
            now = table.next_hops(address)
            if known.get(address) != now:
                known[address] = now
                print(json.dumps([stamp, address, sorted(now)]), flush=True)

    report(time.monotonic_ns())
    print("ready", flush=True)
    while True:
        readable, _, _ = select.select([socket, 0], [], [])
        if 0 in readable:
            return  # the one who started us has closed our stdin, or is gone
        try:
            data = socket.receive()
            stamp = time.monotonic_ns()
            for kind, flags, body in netlink.messages(data):
                table.feed(kind, flags, body)
                report(stamp)
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            table = load(addresses, asker)  # messages were lost: only a fresh look helps
            report(time.monotonic_ns())


class FibWatch(Companion):
    """Asks the watcher of one router. Times are CLOCK_MONOTONIC nanoseconds."""

    # FRR changes an IPv6 route by deleting and adding it: shorter absences than this are no withdrawal.
    SETTLE_NS = 30_000_000

    def __init__(self, router: Host, addresses):
        self.addresses = list(addresses)
        self._state = {}  # address -> (since, set of next hops)
        self._changed = {}  # (address, next hop) -> (when it came or went, whether it is there)
        self.history = []  # (when, address, set of next hops), what was there at the start first
        self._buffer = b""
        super().__init__(router, "_watch", *self.addresses)
        os.set_blocking(self._process.stdout.fileno(), False)
        self._ready = False
        deadline = time.monotonic() + 10 * SLOWNESS
        while not self._ready:
            if time.monotonic() > deadline or self._process.poll() is not None:
                self.close()
                raise LabError("the watcher of the router's routes did not start")
            self.pump(0.1)

    def pump(self, timeout):
        """Takes in what the watcher has seen, waiting for news at most `timeout` seconds."""
        readable, _, _ = select.select([self._process.stdout], [], [], timeout)
        if not readable:
            return
        data = os.read(self._process.stdout.fileno(), 1 << 16)
        if not data:
            raise LabError("the watcher of the router's routes has ended")
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            if line == b"ready":
                self._ready = True
            else:
                self._note(*json.loads(line))

    def _note(self, stamp, address, hops):
        before = self._state.get(address, frozenset())
        now = frozenset(hops)
        self._state[address] = now
        self.history.append((stamp, address, now))
        for hop in before ^ now:
            self._changed[address, hop] = (stamp, hop in now)

    def next_hops(self, address):
        self.pump(0)
        return self._state.get(address, frozenset())

    def wait_for(self, address, hops, present, since, timeout):
        """When, after `since`, one of `hops` came (or all of them went) for good; None past the timeout."""
        deadline = time.monotonic() + timeout
        while True:
            self.pump(0.02)
            there = bool(self._state.get(address, frozenset()) & hops)
            stamps = [self._changed[address, hop][0] for hop in hops if (address, hop) in self._changed]
            stamp = max((value for value in stamps if value >= since), default=None)
            if there == present and stamp and (present or time.monotonic_ns() - stamp > self.SETTLE_NS):
                return stamp
            if time.monotonic() > deadline:
                return None
