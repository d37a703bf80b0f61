"""The client: many requests, each over a new connection, from the network of host cli.

`client_main` runs there as a process of its own, so that what it counts is not disturbed by the lab;
Client starts it, stops it and reads its result.
"""

import errno
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time

from .errors import LabError
from .fib import lab_program

TIMEOUT = 1.0  # seconds until a request counts as failed


class _Request:
    """One request on a non-blocking socket."""

    def __init__(self, vip, family, address):
        self.started = time.monotonic_ns()
        self.answer = b""
        self.sent = False
        self.payload = f"GET / HTTP/1.0\r\nHost: {vip}\r\n\r\n".encode()
        self.socket = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
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
        return body.decode(errors="replace").strip() if words[1] == b"200" else f"status {words[1].decode()}"


class _Engine:
    """Starts requests at a steady rate whatever becomes of them, and counts the outcomes."""

    def __init__(self, vip, rate, count):
        self.vip = vip
        self.family, _, _, _, self.address = socket.getaddrinfo(vip, 80, type=socket.SOCK_STREAM)[0]
        self.period = 1e9 / rate
        self.count = count
        self.epoll = select.epoll()
        self.open = {}  # descriptor -> request, oldest first
        self.nodes = {}
        self.failures = []  # (nanoseconds when the request started, reason)
        self.started = 0

    def _finish(self, request, outcome, failed):
        if failed:
            self.failures.append((request.started, outcome))
        else:
            self.nodes[outcome] = self.nodes.get(outcome, 0) + 1
        self.open.pop(request.socket.fileno(), None)
        request.socket.close()

    def _begin(self):
        self.started += 1
        try:
            request = _Request(self.vip, self.family, self.address)
        except OSError as error:
            self.failures.append((time.monotonic_ns(), error.strerror))
            return
        self.open[request.socket.fileno()] = request
        self.epoll.register(request.socket, select.EPOLLOUT)

    def _advance(self, descriptor):
        request = self.open[descriptor]
        try:
            outcome = request.advance()
        except BlockingIOError:
            return
        except OSError as error:
            self._finish(request, error.strerror, True)
            return
        if outcome is not None:
            self._finish(request, outcome, outcome.startswith(("status ", "connection ")))
        else:
            self.epoll.modify(descriptor, select.EPOLLIN)

    def run(self, stopped):
        """Until `count` requests are done or stopped() says so; those under way are finished."""
        begin = time.monotonic_ns()
        while True:
            now = time.monotonic_ns()
            wanted = self.started < self.count and not stopped()
            while wanted and self.started < self.count and begin + self.started * self.period <= now:
                self._begin()
            for request in [r for r in self.open.values() if now - r.started > TIMEOUT * 1e9]:
                self._finish(request, "timeout", True)
            if not wanted and not self.open:
                return
            pause = (begin + self.started * self.period - now) / 1e9 if wanted else 0.05
            for descriptor, _ in self.epoll.poll(max(0.0, min(0.05, pause))):
                if descriptor in self.open:
                    self._advance(descriptor)


def client_main(vip, rate, count):
    """Runs in the network of cli; ends after `count` requests (0: no limit) or when stdin is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    engine = _Engine(vip, rate, count or sys.maxsize)
    print("ready", flush=True)
    engine.run(lambda: bool(select.select([0], [], [], 0)[0]))
    print(json.dumps({"requests": engine.started, "nodes": engine.nodes, "failures": engine.failures}))


class Client:
    """A running client."""

    def __init__(self, host, vip, rate=200, count=0):
        self._process = subprocess.Popen(
            host.command([sys.executable, lab_program(), "_client", vip, str(rate), str(count)]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/")
        if self._process.stdout.readline() != "ready\n":
            self.close()
            raise LabError("the client did not start")

    def result(self):
        """Waits for a client with a count: {requests, nodes: {name: n}, failures: [[ns, reason]]}."""
        text = self._process.stdout.read()
        self._process.wait()
        if not text:
            raise LabError("the client ended without a result")
        return json.loads(text)

    def stop(self):
        """Ends a client without a count and returns its result."""
        self._process.stdin.close()
        return self.result()

    def close(self):
        self._process.kill()
        self._process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def request(host, vip, count, rate=500):
    """`count` requests to one VIP."""
    with Client(host, vip, rate, count) as client:
        return client.result()
