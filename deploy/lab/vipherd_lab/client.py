"""The client: many requests, each over a new connection or from a new port, from the network of host cli.

`client_main` runs there as a process of its own, so that what it counts is not disturbed by the lab;
Client starts it, stops it and reads its result.

A request can fail though every node does what it should: when the router's next hops of a VIP change,
it hashes its connections anew, and one that is under way may go to another node, which knows nothing of
it and answers with a reset. No agent can prevent that. So the client, if it is given the router, follows
the router's FIB itself: in one thread, before each request begins, after each ends, and whenever the kernel
tells of a change in between. What it then has read of changes and of requests is in the order in which it
happened, however busy the machine is, and unexplained() can tell such failures from all others.
"""

import errno
import ipaddress
import json
import os
import select
import signal
import socket
import struct
import sys
import time

from . import dns_query, fib, h2_request, netlink
from .companion import Companion
from .errors import LabError

TIMEOUT = 1.0  # seconds until a request counts as failed
# Of one that has to be answered, however late: its kernel repeats what is lost, after a second, three, and seven.
PATIENT = 15.0

# The kernel tells of a change after it made it, and may wait in between until no processor uses the old
# next hops any more: a reset can be here that much earlier (ns).
_NOTICE_DELAY = 10_000_000
_RESETS = (errno.ECONNRESET, errno.EPIPE)


class _Request:
    """One request on a non-blocking socket."""

    path = "/"

    def __init__(self, vip, family, address):
        self.started = time.monotonic_ns()
        self.answer = b""
        self.sent = False
        self.payload = f"GET {self.path} HTTP/1.0\r\nHost: {vip}\r\n\r\n".encode()
        self.socket = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        # Closing resets: nothing of the connection is left on a node for a minute (TIME_WAIT), which would
        # swallow packets of a later one from the same port where a node that knows of none resets it.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("=ii", 1, 0))
        code = self.socket.connect_ex(address)
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, os.strerror(code))

    def advance(self):
        """Goes on as far as the socket allows; returns the outcome when there is one."""
        if not self.sent:
            code = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code))
            self.socket.send(self.payload)
            self.sent = True
            return None
        data = self.socket.recv(4096)
        if data:
            self.answer += data
            return None
        head, _, body = self.answer.partition(b"\r\n\r\n")
        words = head.split(None, 2)
        if len(words) < 2 or not words[0].startswith(b"HTTP/"):
            return "connection closed"
        if f"\r\ncontent-length: {len(body)}\r\n".encode() not in head.lower() + b"\r\n":
            return "connection closed early"
        return self.node() if words[1] == b"200" else f"status {words[1].decode()}"

    def node(self):
        """Who answers, as far as is known by now: the first line."""
        line, end, _ = self.answer.partition(b"\r\n\r\n")[2].partition(b"\n")
        return line.decode(errors="replace") if end else None


class _SlowRequest(_Request):
    """One whose answer names the node at once and then takes ten seconds."""

    path = "/slow"


class _Router:
    """When the router's next hops of one VIP changed."""

    def __init__(self, vip, listener, asker):
        self.vip = str(ipaddress.ip_address(vip))
        self.listener = netlink.Socket.adopt(listener)
        self.descriptors = [self.listener.fileno()]
        self.asker = netlink.Socket.adopt(asker)
        self.table = fib.load([self.vip], self.asker)
        self.next_hops = self.table.next_hops(self.vip)
        self.changes = []  # CLOCK_MONOTONIC nanoseconds

    def look(self):
        """Takes in all that the router's kernel has said by now."""
        while select.select([self.listener], [], [], 0)[0]:
            try:
                for kind, flags, body in netlink.messages(self.listener.receive()):
                    self.table.feed(kind, flags, body)
                    self._note()
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                self.table = fib.load([self.vip], self.asker)  # messages were lost
                self._note()

    def _note(self):
        now = self.table.next_hops(self.vip)
        if now != self.next_hops:
            self.next_hops = now
            self.changes.append(time.monotonic_ns())


class _NoRouter:
    changes = []
    descriptors = []

    def look(self):
        pass


# The kind of requests of each service, and the port.
_KINDS = {"web": (_Request, 80), "slow": (_SlowRequest, 80), "dns": (dns_query.Query, dns_query.PORT),
          "h2": (h2_request.H2Request, h2_request.PORT)}
_EVENTS = 1024  # that are taken in at once
_WRONG = ("status ", "connection ", "rcode ")


class _Engine:
    """Starts requests at a steady rate whatever becomes of them, and counts the outcomes."""

    def __init__(self, service, vip, rate, count, timeout, router):
        self.vip = vip
        self.router = router
        self.timeout = timeout * 1e9
        self.kind, port = _KINDS[service]
        self.family, _, _, _, self.address = socket.getaddrinfo(vip, port, type=socket.SOCK_STREAM)[0]
        self.period = 1e9 / rate
        self.count = count
        self.epoll = select.epoll()
        for descriptor in router.descriptors:
            self.epoll.register(descriptor, select.EPOLLIN)
        self.open = {}  # descriptor -> request, oldest first
        self.asked = set()  # descriptors of those that wait for an answer
        self.nodes = {}
        # (nanoseconds when the request started, reason, nanoseconds when it ended, who had begun to answer)
        self.failures = []
        self.started = 0
        self.seconds = 0  # for how long requests were started
        self.quickest = None  # nanoseconds of the answered request that took the least time

    def _finish(self, request, outcome, failed):
        if failed:
            self._fail(request.started, outcome, request.node())
        else:
            self.nodes[outcome] = self.nodes.get(outcome, 0) + 1
            took = time.monotonic_ns() - request.started
            self.quickest = min(took, self.quickest or took)
        self.open.pop(request.socket.fileno(), None)
        self.asked.discard(request.socket.fileno())
        request.socket.close()

    def _fail(self, started, reason, node=None):
        self.router.look()
        self.failures.append((started, reason, time.monotonic_ns(), node))

    def _begin(self):
        self.started += 1
        self.router.look()
        begin = time.monotonic_ns()
        try:
            request = self.kind(self.vip, self.family, self.address)
        except OSError as error:
            self._fail(begin, os.strerror(error.errno))
            return
        self.open[request.socket.fileno()] = request
        self.epoll.register(request.socket, select.EPOLLOUT)

    def _advance(self, descriptor):
        """As far as it goes: of an answer that is there all is taken in, its end included."""
        request = self.open[descriptor]
        try:
            outcome = request.advance()
            while outcome is None and descriptor in self.asked:
                outcome = request.advance()
        except BlockingIOError:
            return
        except OSError as error:
            self._finish(request, os.strerror(error.errno), True)
            return
        if outcome is not None:
            self._finish(request, outcome, outcome.startswith(_WRONG))
        else:
            self.asked.add(descriptor)
            self.epoll.modify(descriptor, select.EPOLLIN)

    def run(self, stopped):
        """Until `count` requests are done or stopped() says so; those under way are finished."""
        begin = time.monotonic_ns()
        while True:
            now = time.monotonic_ns()
            wanted = self.started < self.count and not stopped()
            if wanted:
                self.seconds = (now - begin) / 1e9
            while wanted and self.started < self.count and begin + self.started * self.period <= now:
                self._begin()
            if not wanted and not self.open:
                return
            pause = (begin + self.started * self.period - now) / 1e9 if wanted else 0.05
            ready = self.epoll.poll(max(0.0, min(0.05, pause)), _EVENTS)
            for descriptor, _ in ready:
                if descriptor in self.open:
                    self._advance(descriptor)
                elif descriptor in self.router.descriptors:
                    self.router.look()
            # After all that had come by then was taken in: this process, too, may have waited for a processor.
            while len(ready) < _EVENTS and self.open and now - (oldest := next(iter(self.open.values()))).started > self.timeout:
                self._finish(oldest, "timeout", True)


def client_main(service, vip, rate, count, timeout, *sockets):
    """Runs in the network of cli; ends after `count` requests (0: no limit) or when stdin is closed.

    The sockets, if any, are descriptors of two netlink sockets in the network of the router."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    router = _Router(vip, *map(int, sockets)) if sockets else _NoRouter()
    engine = _Engine(service, vip, float(rate), int(count) or sys.maxsize, float(timeout), router)
    print("ready", flush=True)
    engine.run(lambda: bool(select.select([0], [], [], 0)[0]))
    router.look()
    print(json.dumps({"vip": vip, "requests": engine.started, "seconds": engine.seconds, "nodes": engine.nodes,
                      "quickest": (engine.quickest or 0) / 1e9, "failures": engine.failures,
                      "changes": router.changes}))


def unexplained(result, moves=True):
    """The failures that a change of the router's next hops does not explain.

    With `moves` one is explained if it is a reset of a connection that began before a change and ended after it. A
    client that was not given the router knows of no change: all of its failures are unexplained.

    With or without `moves`, so is a request to an IPv6 VIP that finds no route in the very moment of a change: zebra
    removes and adds an IPv6 route that it replaces (docs/frr.md), also in the router."""
    gap = os.strerror(errno.ENETUNREACH) if ":" in result["vip"] else None
    resets = [os.strerror(number) for number in _RESETS]

    def explained(began, reason, ended, *_):
        if reason == gap:
            return any(began - _NOTICE_DELAY <= change <= ended + _NOTICE_DELAY for change in result["changes"])
        return moves and reason in resets and any(began < change <= ended + _NOTICE_DELAY for change in result["changes"])

    return [failure for failure in result["failures"] if not explained(*failure)]


class Client(Companion):
    """A running client. With a router it also follows the next hops of the VIP there: see unexplained()."""

    def __init__(self, host, vip, rate=200, count=0, router=None, service="web", timeout=TIMEOUT):
        # Listened to before the client asks for the routes, so that nothing falls in between.
        sockets = [netlink.open_socket(router, fib.GROUPS), netlink.open_socket(router)] if router else []
        descriptors = [opened.fileno() for opened in sockets]
        super().__init__(host, "_client", service, vip, rate, count, timeout, *descriptors, text=True, pass_fds=descriptors)
        for opened in sockets:
            opened.close()
        if self._process.stdout.readline() != "ready\n":
            self.close()
            raise LabError("the client did not start")

    def result(self):
        """Waits for a client with a count.

        {vip, requests, seconds, nodes: {name: n}, quickest: seconds, failures: [[began ns, reason, ended ns, node]],
        changes: [ns]}"""
        text = self._process.stdout.read()
        self._process.wait()
        if not text:
            raise LabError("the client ended without a result")
        return json.loads(text)

    def end(self):
        """Tells a client without a count to begin no more requests."""
        self._process.stdin.close()

    def stop(self):
        """Ends a client without a count and returns its result."""
        self.end()
        return self.result()


def request(host, vip, count, rate=500, router=None, service="web", timeout=PATIENT):
    """`count` requests to one VIP."""
    with Client(host, vip, rate, count, router, service, timeout) as client:
        return client.result()
