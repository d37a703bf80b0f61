"""What the command line does on a terminal and from a client: `status --watch` and `spread`."""

import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import time

import pytest
from look import IPV4, IPV6, PATIENCE, eventually_true
from shared import vipherd
from vipherd_lab.measure import L4Hashing

on_bgp = pytest.mark.parametrize("lab", ["bgp"], indirect=True)
on_dns = pytest.mark.parametrize("lab", ["dns"], indirect=True)


class Terminal:
    """A command on a node with a terminal of its own; what it has written so far."""

    def __init__(self, node, *arguments):
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(node.host.command([node.agent.binary, *arguments]), stdin=slave, stdout=slave,
                                        stderr=slave, env=os.environ | {"TERM": "xterm"}, start_new_session=True)
        os.close(slave)
        self._text = b""

    def read(self):
        while select.select([self._master], [], [], 0.05)[0]:
            try:
                piece = os.read(self._master, 65536)
            except OSError:  # the other side is closed
                break
            if not piece:
                break
            self._text += piece
        return self._text.decode()

    def since(self, length):
        return self.read()[length:]

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self._master)


@on_bgp
def test_watching_goes_on_while_the_agent_restarts(lab, lb1):
    terminal = Terminal(lb1, "status", "--watch", "0.5")
    try:
        eventually_true("a coloured headline, from the upper left", lambda: "\x1b[Hlb1: \x1b[32mhealthy" in terminal.read())
        before = len(terminal.read())
        lb1.agent.stop()
        eventually_true("that no agent answers", lambda: "NO AGENT ANSWERS" in terminal.since(before))
        assert "this is from" in terminal.since(before)
        before = len(terminal.read())
        lb1.agent.start()
        eventually_true("the status again", lambda: "\x1b[Hlb1: " in terminal.since(before))
        os.killpg(terminal.process.pid, signal.SIGINT)
        assert terminal.process.wait(PATIENCE) == 0
        assert terminal.read().endswith("\x1b[?7h"), "lines are wrapped again"
    finally:
        terminal.close()


@on_bgp
def test_a_pipe_gets_no_colours_and_80_columns(lab, lb1):
    text = vipherd(lb1, "status").stdout
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80
    assert "METRIC" not in text and "METRIC" in vipherd(lb1, "status", "--wide").stdout


def spread(lab, *arguments):
    binary = lab.nodes["lb1"].agent.binary
    done = subprocess.run(lab.client.command([binary, "spread", *arguments, "--json"]), capture_output=True, text=True,
                          timeout=60)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


@on_bgp
def test_l3_hashing_is_named_as_the_likely_cause(lab):
    code, told = spread(lab, f"http://{IPV4[0]}/", "-n", "200")
    assert (code, told["finding"], told["answered"]) == (1, "one_node", 200)
    assert any("fib_multipath_hash_policy=1" in sentence for sentence in told["meaning"])


@on_bgp
@pytest.mark.parametrize("url", [f"http://{IPV4[0]}/", f"http://[{IPV6[0]}]/"], ids=["ipv4", "ipv6"])
def test_l4_hashing_spreads_evenly(lab, url):
    with L4Hashing(lab.router):
        code, told = spread(lab, url, "-n", "1000", "--body", "^(lb[0-9])")
        _, wrong = spread(lab, url, "-n", "1000", "--weights", "lb1=9,lb2=1")
    assert {node["node"] for node in told["nodes"]} == {"lb1", "lb2"}
    assert told["failed"] == 0
    # One round in 100 is called uneven by chance: what is sure is that it is near.
    assert told["chi_square"]["p_value"] > 1e-6
    assert code == (0 if told["finding"] == "as_expected" else 1)
    assert wrong["finding"] == "uneven"


@on_dns
def test_dns_spreads_by_source_port(lab):
    with L4Hashing(lab.router):
        _, told = spread(lab, f"dns:node.example.com@{IPV4[0]}", "-n", "400")
    assert {node["node"] for node in told["nodes"]} == {"lb1", "lb2"}
    assert told["failed"] == 0 and told["chi_square"]["p_value"] > 1e-6


@contextlib.contextmanager
def hashing_of_headers(router):
    """By what each packet says: with policy 1 a packet over a veth has the hash that its sender's socket drew,
    anew for each connection, so that the same ports do not lead to the same node."""
    names = ("net.ipv4.fib_multipath_hash_policy", "net.ipv4.fib_multipath_hash_fields")
    before = {name: router.get_sysctl(name) for name in names}
    router.set_sysctls({names[0]: 3, names[1]: 0x37})  # both addresses, the protocol, both ports
    try:
        yield
    finally:
        router.set_sysctls(before)


@on_bgp
def test_watching_a_spread_tells_what_moved(lab, lb1):
    with hashing_of_headers(lab.router):
        process = subprocess.Popen(
            lab.client.command([lb1.agent.binary, "spread", f"http://{IPV4[0]}/", "-n", "100", "--watch", "0.5", "--json"]),
            stdout=subprocess.PIPE, text=True)
        try:
            json.loads(process.stdout.readline())
            told = json.loads(process.stdout.readline())
            assert told["moved"] == {"compared": 100, "moved": 0}, "the same ports, the same nodes"
            on_lb1 = next(node["requests"] for node in told["nodes"] if node["node"] == "lb1")
            assert vipherd(lb1, "disable", "web", "--wait").returncode == 0
            deadline = time.monotonic() + PATIENCE
            while not (told := json.loads(process.stdout.readline()))["moved"]["moved"]:
                assert time.monotonic() < deadline
            assert told["moved"]["moved"] <= on_lb1
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
            assert vipherd(lb1, "enable", "web", "--wait").returncode == 0
