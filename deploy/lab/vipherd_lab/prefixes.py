"""How many host routes of one IPv4 prefix the router's kernel FIB has, and when it had all or none.

For thousands of routes: where fib.py knows the next hops of a few addresses and reports each change, this
counts, and reports only that all are there and that none is left. A process of its own in the router's
network (`count_main`), as cheap as it can be: what it needs is taken from the routers that are measured.
"""

import errno
import ipaddress
import os
import select
import signal
import struct
import time
from socket import MSG_TRUNC

from . import netlink
from .errors import LabError
from .companion import Companion

_RTA_DST = 1
_RECEIVE_BUFFER = 64 << 20  # 10,000 notifications that were not read yet
_PAUSE = 0.001  # seconds; being woken by each notification would slow the kernel down that sends them


class Counter:
    """The host routes below one prefix, fed with route messages."""

    def __init__(self, prefix):
        network = ipaddress.IPv4Network(prefix)
        self.low, self.high = network.network_address.packed, network.broadcast_address.packed
        self.present = set()

    def feed(self, data):
        """All messages of one datagram."""
        for kind, _, body in netlink.messages(data):
            if kind in (netlink.RTM_NEWROUTE, netlink.RTM_DELROUTE):
                self.feed_route(kind == netlink.RTM_NEWROUTE, body)

    def drain(self, socket, buffer):
        """All that a non-blocking socket has for us."""
        view = memoryview(buffer)
        while True:
            try:
                length, _, flags, _ = socket.recvmsg_into([buffer])
            except BlockingIOError:
                return
            if flags & MSG_TRUNC:
                raise LabError("a netlink message was truncated")
            self.feed(bytes(view[:length]))

    def feed_route(self, added, body):
        if body[1] != 32 or body[4] != netlink.RT_TABLE_MAIN:
            return
        offset = 12
        while offset + 4 <= len(body):
            length, attribute = struct.unpack_from("=HH", body, offset)
            if attribute == _RTA_DST:
                address = body[offset + 4:offset + 8]
                if self.low <= address <= self.high:
                    (self.present.add if added else self.present.discard)(address)
                return
            offset += (length + 3) & ~3


def _load(prefix, asker):
    counter = Counter(prefix)
    for _, body in asker.dump(netlink.RTM_GETROUTE, struct.pack("=B11x", 2)):
        counter.feed_route(True, body)
    return counter


def count_main(prefix, wanted):
    """Prints `STAMP COUNT` whenever all or none of the routes are there, until stdin is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who started us decides when to end
    listener = netlink.Socket((netlink.RTNLGRP_IPV4_ROUTE,), _RECEIVE_BUFFER)
    listener.socket.setblocking(False)
    buffer = bytearray(1 << 16)
    asker = netlink.Socket()
    counter = _load(prefix, asker)
    reported = None
    while True:
        stamp = time.monotonic_ns()
        count = len(counter.present)
        if count in (0, wanted) and count != reported:
            print(stamp, count, flush=True)
            reported = count
        readable, _, _ = select.select([listener, 0], [], [])
        if 0 in readable:
            return
        time.sleep(_PAUSE)
        try:
            counter.drain(listener.socket, buffer)
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            counter = _load(prefix, asker)  # messages were lost: only a fresh look helps


class PrefixCount(Companion):
    """Asks the counter in the network of one host. Times are CLOCK_MONOTONIC nanoseconds."""

    def __init__(self, host, prefix, wanted):
        self.wanted = wanted
        self._buffer = b""
        self._reports = []  # (stamp, count), oldest first
        super().__init__(host, "_count", prefix, wanted)

    def wait(self, complete, since, timeout):
        """When, after `since`, all routes were there (or none was left)."""
        count = self.wanted if complete else 0
        deadline = time.monotonic() + timeout
        while True:
            found = [stamp for stamp, there in self._reports if there == count and stamp >= since]
            if found:
                return found[-1]
            if time.monotonic() > deadline:
                raise LabError(f"waited {timeout:g} s in vain for the router to have {count} routes to the VIPs")
            self._pump(0.1)

    def _pump(self, timeout):
        readable, _, _ = select.select([self._process.stdout], [], [], timeout)
        if not readable:
            return
        data = os.read(self._process.stdout.fileno(), 1 << 16)
        if not data:
            raise LabError("the counter of the router's routes has ended")
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        self._reports += [tuple(map(int, line.split())) for line in lines]
