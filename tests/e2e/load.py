"""The load under which a drain has to lose nothing: 2,000 new connections a second to two VIPs, and beside them,
to two others, requests that take ten seconds each, of which about two hundred are always under way."""

import contextlib
import os

from look import IPV4, IPV6, eventually_true
from vipherd_lab import client

RATE = 2000
SLOW_RATE = 20
_VIPS, _SLOW_VIPS = (IPV4[0], IPV6[0]), (IPV4[1], IPV6[1])


class Load:
    """Runs from the moment it is entered, each kind of request over IPv4 and IPv6."""

    def __init__(self, lab):
        self._lab = lab
        self._clients = {}
        self._open = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as started:
            self._hurry(started)
            for service, vips, rate, timeout in (("slow", _SLOW_VIPS, SLOW_RATE, 2 * client.PATIENT),
                                                 ("web", _VIPS, RATE, client.PATIENT)):
                self._clients[service] = [started.enter_context(client.Client(
                    self._lab.client, vip, rate / 2, router=self._lab.router, service=service, timeout=timeout))
                    for vip in vips]
            self._open = started.pop_all()
        return self

    def __exit__(self, *_):
        self._open.close()

    def _hurry(self, undo):
        """nginx stands above whatever else the machine does: load that piles up in front of it is another test."""
        for node in self._lab.nodes.values():
            for process in node.nginx.processes():
                undo.callback(os.setpriority, os.PRIO_PROCESS, process.pid,
                              os.getpriority(os.PRIO_PROCESS, process.pid))
                os.setpriority(os.PRIO_PROCESS, process.pid, -10)

    def wait_for_slow_ones(self, nodes):
        """Until many slow requests are under way on each of these nodes."""
        for node in nodes:
            eventually_true(f"slow requests on {node.name}", lambda node=node: _slow_ones(node) >= 40)

    def stop(self):
        """Ends it and waits for what is under way: (results of short requests, results of slow ones)."""
        for running in [*self._clients["web"], *self._clients["slow"]]:
            running.end()
        return [[running.result() for running in self._clients[service]] for service in ("web", "slow")]


def _slow_ones(node):
    sources = " or ".join(f"src [{vip}]" if ":" in vip else f"src {vip}" for vip in _SLOW_VIPS)
    return len(node.host.run(["ss", "-Htn", "state", "established", f"( {sources} )"]).splitlines())
