"""Long-lived connections from the network of host cli to one VIP: each asks for the node's name every 100 ms.

`stayers_main` runs there as a process of its own; Stayers starts it, asks it how the connections are, and ends it.
"""

import errno
import heapq
import json
import os
import select
import signal
import socket
import struct
import sys
import time

from .companion import Companion
from .errors import LabError, wait_until

PORT = 80
_PERIOD = 100_000_000  # ns from one request of a connection to its next
_REQUEST = b"GET / HTTP/1.1\r\nHost: stay\r\n\r\n"


class _Connection:
    def __init__(self, family, protocol, address):
        self.node = None  # which answers
        self.others = 0  # answers of any other node
        self.lost = None  # why
        self.lost_at = None  # CLOCK_MONOTONIC ns, as all times here
        self.sent = None  # when, if it waits for an answer
        self.answered = None  # when the newest answer came
        self.answer = b""
        self.socket = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK, protocol)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Closing resets: no TIME_WAIT is left on a node.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("=ii", 1, 0))
        code = self.socket.connect_ex(address)
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, os.strerror(code))
        self.port = self.socket.getsockname()[1]

    def connected(self):
        """Not to be asked later: of a connection that lives SO_ERROR also tells what TCP gets over by sending again, an ICMP
        error from a router that had no route for a moment."""
        code = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))

    def ask(self):
        self.sent = time.monotonic_ns()
        self.socket.send(_REQUEST)

    def hear(self):
        """How long the answer took (ns), if all of it is there."""
        data = self.socket.recv(4096)
        if not data:
            raise ConnectionResetError(errno.ECONNRESET, "closed by the node")
        self.answer += data
        _, end, name = self.answer.partition(b"\r\n\r\n")
        if not end or not name.endswith(b"\n"):
            return None
        node = name.decode(errors="replace").strip()
        self.others += self.node not in (None, node)
        self.node = self.node or node
        self.answered = time.monotonic_ns()
        took, self.sent, self.answer = self.answered - self.sent, None, b""
        return took

    def state(self):
        return {"port": self.port, "node": self.node, "others": self.others, "lost": self.lost,
                "lost_at": self.lost_at, "answered": self.answered, "waits_since": None if self.lost else self.sent}


class _Engine:
    def __init__(self, vip, count, protocol):
        family, _, _, _, address = socket.getaddrinfo(vip, PORT, type=socket.SOCK_STREAM)[0]
        self.epoll = select.epoll()
        self.epoll.register(0, select.EPOLLIN)
        self.took = []
        begin = time.monotonic_ns()
        self.connections = [_Connection(family, protocol, address) for _ in range(count)]
        self.by_descriptor = {connection.socket.fileno(): connection for connection in self.connections}
        # Evenly over the period: (when, which).
        self.due = [(begin + _PERIOD * number // count, number) for number in range(count)]
        self.connecting = set(range(count))
        for connection in self.connections:
            self.epoll.register(connection.socket, select.EPOLLOUT)
        self.numbers = {descriptor: number for number, descriptor in enumerate(self.by_descriptor)}

    def _lose(self, connection, error):
        connection.lost, connection.lost_at = os.strerror(error.errno), time.monotonic_ns()
        self.epoll.unregister(connection.socket)
        connection.socket.close()

    def _try(self, connection, action):
        try:
            return action()
        except BlockingIOError:
            return None
        except OSError as error:
            self._lose(connection, error)
            return None

    def _event(self, descriptor):
        number = self.numbers[descriptor]
        connection = self.connections[number]
        if number in self.connecting:
            self.connecting.discard(number)
            self.epoll.modify(descriptor, select.EPOLLIN)
            self._try(connection, connection.connected)
            return
        began = connection.sent
        took = self._try(connection, connection.hear)
        if took is not None:
            self.took.append(took)
            heapq.heappush(self.due, (max(began + _PERIOD, time.monotonic_ns()), number))

    def _ask_all_due(self, now):
        later = []
        while self.due and self.due[0][0] <= now:
            _, number = heapq.heappop(self.due)
            connection = self.connections[number]
            if number in self.connecting:
                later.append((now + _PERIOD, number))
            elif not connection.lost:
                self._try(connection, connection.ask)
        for entry in later:
            heapq.heappush(self.due, entry)

    def _report(self):
        took = sorted(self.took)
        percentiles = {f"p{part}_ms": round(took[len(took) * part // 100] / 1e6, 3) if took else None
                       for part in (50, 99)}
        print(json.dumps({"connections": [each.state() for each in self.connections], **percentiles}), flush=True)

    def run(self):
        """Until standard input ends. The line `mark` begins a new measurement, each line is answered by a report."""
        while True:
            self._ask_all_due(time.monotonic_ns())
            pause = (self.due[0][0] - time.monotonic_ns()) / 1e9 if self.due else 0.05
            for descriptor, _ in self.epoll.poll(max(0.0, min(0.05, pause))):
                if descriptor == 0:
                    line = sys.stdin.readline()
                    if not line:
                        return
                    if line == "mark\n":
                        self.took = []
                    self._report()
                elif not self.connections[self.numbers[descriptor]].lost:
                    self._event(descriptor)


def stayers_main(vip, count, protocol):
    """Runs in the network of cli."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _Engine(vip, int(count), int(protocol)).run()


class Stayers(Companion):
    """`count` connections that stay; each has answered once when this is made. protocol: IPPROTO_TCP or IPPROTO_MPTCP."""

    def __init__(self, host, vip, count, protocol=socket.IPPROTO_TCP):
        self.vip = vip
        super().__init__(host, "_stayers", vip, count, int(protocol), text=True, bufsize=1)
        try:
            wait_until(f"{count} connections to {vip}",
                       lambda: all(each["node"] or each["lost"] for each in self.ask()["connections"]), 20, interval=0.2)
            lost = {each["lost"] for each in self.ask()["connections"]} - {None}
            if lost:
                raise LabError(f"connections to {vip} were not made: {', '.join(lost)}")
        except BaseException:
            self.close()
            raise

    def ask(self, what="report"):
        """{connections: [{port, node, others, lost, lost_at, answered, waits_since}], p50_ms, p99_ms}, these two of what was
        answered since the last `mark`."""
        self._process.stdin.write(f"{what}\n")
        line = self._process.stdout.readline()
        if not line:
            raise LabError("the client of long-lived connections has ended")
        return json.loads(line)
