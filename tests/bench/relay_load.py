#!/usr/bin/env python3
"""What the relay's programs take of a processor on a node that gets many packets and has to pass a part of them on.

    tests/bench/relay_load.py [--rate PACKETS] [--share PERCENT] [--seconds S]

In namespaces of its own (tests/e2e/relay_net.py): a client sends segments of two connections to one node, of which one is the
node's own and the other a sibling's. The kernel itself takes the programs' time (kernel.bpf_stats_enabled), on all nodes
together: the first node's look-ups and what it passes on, and the sibling's share. What the kernel does with a packet before and
after a program is not in it. Run as root, with build/dev/relay_node built.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [f"{HERE}/../e2e", f"{HERE}/../../deploy/lab"]

import relay_net  # noqa: E402
from relay_packets import segment  # noqa: E402
from vipherd_lab.namespaces import setns  # noqa: E402

STATS = "/proc/sys/kernel/bpf_stats_enabled"
CLIENT = "172.31.100.2"


def programs():
    """Runs and ns of all programs of the relay so far."""
    shown = json.loads(subprocess.run(["bpftool", "-j", "prog", "show"], check=True, capture_output=True, text=True).stdout)
    ours = [each for each in shown if each.get("name", "").startswith("vipherd_ingress")]
    return sum(each.get("run_cnt", 0) for each in ours), sum(each.get("run_time_ns", 0) for each in ours)


def connect(vip):
    opened = socket.create_connection((vip, relay_net.PORT), 5)
    return opened, opened.getsockname()[1]


def send(vip, ports, rate, share, seconds):
    """Segments at this rate, in bursts of a millisecond; returns how many."""
    own, other = (segment(CLIENT, vip, port) for port in ports)
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
    begin, sent = time.monotonic(), 0
    while (now := time.monotonic() - begin) < seconds:
        while sent < now * rate:
            raw.sendto(other if sent * share % 100 < share else own, (vip, 0))
            sent += 1
        time.sleep(0.001)
    return sent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=int, default=20000, help="packets a second (20000)")
    parser.add_argument("--share", type=int, default=10, help="of them for the sibling, in per cent (10)")
    parser.add_argument("--seconds", type=int, default=10)
    options = parser.parse_args()
    vip = relay_net.VIPS[0]
    with open(STATS) as file:
        before = file.read()
    with relay_net.network("subnet") as net:
        net.start_relays()
        setns(net.netns_path("cli"))
        net.route(["n2"])
        there = connect(vip)
        net.route(["n1"])
        here = connect(vip)
        try:
            with open(STATS, "w") as file:
                file.write("1")
            runs, nanoseconds = programs()
            begin = time.monotonic()
            sent = send(vip, (here[1], there[1]), options.rate, options.share, options.seconds)
            took = time.monotonic() - begin
            time.sleep(0.2)
            runs, nanoseconds = (after - past for after, past in zip(programs(), (runs, nanoseconds)))
        finally:
            with open(STATS, "w") as file:
                file.write(before)
        passed_on = net.total("passed_on")
    print(f"{sent / took:.0f} packets a second, {passed_on / took:.0f} of them passed on; the programs ran {runs} times, "
          f"{nanoseconds / max(runs, 1):.0f} ns each: {100 * nanoseconds / 1e9 / took:.2f} % of a processor on all nodes")


if __name__ == "__main__":
    main()
