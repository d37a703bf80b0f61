#!/usr/bin/env python3
"""What the relay takes of a node that gets many packets.

    tests/bench/relay_load.py [--rate PACKETS] [--share PERCENT] [--flood PACKETS] [--seconds S]

In namespaces of its own (tests/e2e/relay_net.py), by two measurements:

Load: a client sends segments of two connections to one node, of which one is the node's own and the other a sibling's. The kernel
itself takes the programs' time (kernel.bpf_stats_enabled), on all nodes together: the first node's look-ups and what it passes on,
and the sibling's share. What the kernel does with a packet before and after a program is not in it.

Flood: segments of unknown connections come in at one node, as many as wanted, or as there is time for, while a client asks it one
question after the other; with the relay and without.

Run as root, with relay_node and relay_flood built in build/dev.
"""

import argparse
import json
import os
import socket
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [f"{HERE}/../e2e", f"{HERE}/../../deploy/lab"]

import relay_net  # noqa: E402
from relay_packets import segment  # noqa: E402
from vipherd_lab.namespaces import setns  # noqa: E402

STATS = "/proc/sys/kernel/bpf_stats_enabled"
CLIENT, STRANGER = "172.31.100.2", "172.31.100.99"
VIP = relay_net.VIPS[0]


def programs():
    """Runs and ns of all programs of the relay so far."""
    shown = json.loads(subprocess.run(["bpftool", "-j", "prog", "show"], check=True, capture_output=True, text=True).stdout)
    ours = [each for each in shown if each.get("name", "").startswith("vipherd_ingress")]
    return sum(each.get("run_cnt", 0) for each in ours), sum(each.get("run_time_ns", 0) for each in ours)


def send(ports, rate, share, seconds):
    """Segments at this rate, in bursts of a millisecond; returns how many."""
    own, other = (segment(CLIENT, VIP, port) for port in ports)
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
    begin, sent = time.monotonic(), 0
    while (now := time.monotonic() - begin) < seconds:
        while sent < now * rate:
            raw.sendto(other if sent * share % 100 < share else own, (VIP, 0))
            sent += 1
        time.sleep(0.001)
    return sent


def connect():
    opened = socket.create_connection((VIP, relay_net.PORT), 5)
    opened.settimeout(5)
    # Closing resets: thousands in TIME_WAIT make the kernel look for a free port for milliseconds.
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("=ii", 1, 0))
    return opened


def load(net, options):
    net.start_relays()
    net.route(["n2"])
    there = connect()
    net.route(["n1"])
    here = connect()
    with open(STATS) as file:
        before = file.read()
    try:
        with open(STATS, "w") as file:
            file.write("1")
        runs, nanoseconds = programs()
        begin = time.monotonic()
        sent = send([each.getsockname()[1] for each in (here, there)], options.rate, options.share, options.seconds)
        took = time.monotonic() - begin
        time.sleep(0.2)
        runs, nanoseconds = (after - past for after, past in zip(programs(), (runs, nanoseconds)))
    finally:
        with open(STATS, "w") as file:
            file.write(before)
    passed_on = net.total("passed_on")
    net.end_relays()
    print(f"load: {sent / took:.0f} packets a second, {passed_on / took:.0f} of them passed on; the programs ran {runs} times, "
          f"{nanoseconds / max(runs, 1):.0f} ns each: {100 * nanoseconds / 1e9 / took:.2f} % of a processor on all nodes")


def questions(seconds):
    """How long each took, in ms: over one connection, and over a new one for each."""
    kept = connect()
    took = {"kept": [], "new": []}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for kind in took:
            begin = time.monotonic()
            asked = kept if kind == "kept" else connect()
            asked.sendall(b"name\n")
            assert asked.recv(16) == b"n1\n"
            if kind == "new":
                asked.close()
            took[kind].append(1000 * (time.monotonic() - begin))
    return took


def flood(net, options, with_relay):
    if with_relay:
        net.start_relays()
    net.route(["n1"])
    flooder = f"{os.path.dirname(relay_net.binary())}/relay_flood"
    for rate in (0, options.flood):
        process = rate and subprocess.Popen(
            ["ip", "netns", "exec", net.netns("n1"), flooder, "e0", STRANGER, VIP, str(relay_net.PORT), str(rate),
             str(options.seconds + 1)], stdout=subprocess.PIPE, text=True)
        time.sleep(0.5)
        took = questions(options.seconds)
        sent = process.communicate(timeout=30)[0].strip() if process else "0"
        print(f"{'with' if with_relay else 'without'} the relay, flood of {sent} packets a second: " + ", ".join(
            f"{kind} connection: {len(times)} questions, median {sorted(times)[len(times) // 2]:.2f} ms, "
            f"99 % within {sorted(times)[len(times) * 99 // 100]:.2f} ms" for kind, times in took.items()))
    if with_relay:
        passed_on, limited = net.total("passed_on"), net.counters("n1")["rate_limited"]
        net.end_relays()
        print(f"  passed on: {passed_on}, over the rate: {limited}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=int, default=20000, help="packets a second (20000)")
    parser.add_argument("--share", type=int, default=10, help="of them for the sibling, in per cent (10)")
    parser.add_argument("--flood", type=int, default=1000000, help="packets a second (1000000)")
    parser.add_argument("--seconds", type=int, default=10)
    options = parser.parse_args()
    with relay_net.network("subnet") as net:
        setns(net.netns_path("cli"))
        load(net, options)
        flood(net, options, False)
        flood(net, options, True)


if __name__ == "__main__":
    main()
