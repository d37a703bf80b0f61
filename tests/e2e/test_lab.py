"""The lab itself: its command line, several labs side by side, and that nothing of it is left."""

import errno
import itertools
import json
import os
import re
import subprocess
import sys
import time

import pytest
from look import ALL, IPV6, eventually, expect, fib
from shared import lab_name
from vipherd_lab import client, scenarios
from vipherd_lab.agent import find_binary
from vipherd_lab.companion import lab_program
from vipherd_lab.lab import Lab, down_undisturbed
from vipherd_lab.namespaces import ROOT, ip


def run(*arguments, timeout=120):
    return subprocess.run([sys.executable, lab_program(), *arguments], capture_output=True, text=True, timeout=timeout)


def ok(*arguments):
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def second():
    """The name of a lab that the test may bring up; it is gone afterwards."""
    name = lab_name("second")
    yield name
    down_undisturbed(name)


def namespaces(name):
    return {line.split()[0] for line in subprocess.run(["ip", "netns", "list"], capture_output=True, text=True,
                                                       check=True).stdout.splitlines()
            if line.startswith(f"{name}-")}


def test_two_labs_live_side_by_side_and_nothing_is_left_of_one(lab, second):
    binary = lab.settings["binary"]
    told = ok("up", "--name", second, "--protocol", "bgp", "--nodes", "1", "--interval", "50ms", "--binary", binary)
    assert f"lab {second} is up" in told
    other = Lab.find(second)
    assert fib(other) == expect(ALL, {"lb1"})
    assert fib(lab) == expect(ALL, {"lb1", "lb2"})
    listed = ok("list").splitlines()
    assert f"{second}: bgp, 1 load balancers" in listed
    assert f"{lab.name}: ospf, 2 load balancers" in listed

    # What happens in one does not concern the other.
    assert run("fail", "nginx-kill", "lb1", "--name", second).returncode == 0
    eventually(lambda: fib(other), {})
    assert fib(lab) == expect(ALL, {"lb1", "lb2"})

    processes = {process for host in other.hosts.values() for process in [*host.processes(), host.holder()]}
    assert len(processes) > 10
    assert namespaces(second) == {f"{second}-{host}" for host in ("cli", "router", "sw1", "sw2", "lb1")}
    # Taken down by several at once, as by the workers of a test session that find what a killed one left.
    several = [subprocess.Popen([sys.executable, lab_program(), "down", "--name", second], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(4)]
    told = sorted(process.communicate(timeout=120)[0] for process in several)
    assert told == [f"lab {second} is down\n"] + 3 * [f"no lab {second}\n"]
    assert [process for process in processes if process.alive()] == []
    assert namespaces(second) == set()
    assert not os.path.exists(f"{ROOT}/{second}")
    with open("/proc/self/mountinfo") as file:
        assert second not in file.read()
    assert fib(lab) == expect(ALL, {"lb1", "lb2"})


def test_a_lab_that_does_not_come_up_leaves_nothing(second, tmp_path):
    faulty = tmp_path / "faulty.toml"
    faulty.write_text("nonsense = true\n")
    done = run("up", "--name", second, "--nodes", "1", "--config", str(faulty),
               "--binary", find_binary(os.environ.get("VIPHERD")))
    assert done.returncode == 1
    assert "nonsense" in done.stderr  # the log of the agent that did not start
    assert namespaces(second) == set()
    assert not os.path.exists(f"{ROOT}/{second}")


def test_show_tells_routes_and_states(lab, lb1):
    told = json.loads(ok("show", "--name", lab.name, "--json"))
    assert {key: told[key] for key in ("lab", "protocol")} == {"lab": lab.name, "protocol": "ospf"}
    assert told["routes"] == {vip: {"protocol": "ospf", "next_hops": ["lb1", "lb2"]} for vip in ALL}
    assert told["nodes"] == [{"node": node, "nginx": "running", "frr": "running", "agent": "ready", "health": 200,
                              "reason": ""} for node in ("lb1", "lb2")]
    scenarios.prepare(lab, "nginx-kill", lb1)()
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    eventually(lambda: lb1.agent.get("/health")[0], 503)
    rows = [line.split() for line in ok("show", "--name", lab.name).splitlines()]
    for vip in ALL:
        assert [vip, "ospf", "-", "next", "hop"] in rows
    assert ["nginx", "down", "running"] in rows
    assert ["/health", "503", "200"] in rows


def test_request_counts_by_node(lab):
    told = json.loads(ok("request", "--name", lab.name, "-n", "30", "--vip", IPV6[0], "--json"))
    assert (told["vip"], told["requests"], told["failed"]) == (IPV6[0], 30, 0)
    assert sum(told["nodes"].values()) == 30
    assert set(told["nodes"]) <= {"lb1", "lb2"}
    rows = [line.split() for line in ok("request", "--name", lab.name, "-n", "20").splitlines()]
    assert rows[0] == ["20", "requests", "to", ALL[0]]
    assert sum(int(count) for node, count in rows[1:] if node in ("lb1", "lb2")) == 20


def test_requests_without_any_node_are_counted_as_failed(lab):
    for node in lab.nodes.values():
        scenarios.prepare(lab, "nginx-stop", node)()
    eventually(lambda: fib(lab), {})
    done = run("request", "--name", lab.name, "-n", "5", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["failed"] == 5


def test_only_failures_at_a_change_of_next_hops_are_explained_by_the_router():
    change, millisecond = 50_000_000_000, 1_000_000
    reset = os.strerror(errno.ECONNRESET)
    across = [change - millisecond, reset, change + millisecond]
    others = [[change + millisecond, reset, change + 2 * millisecond],  # begun after the change
              [change - 99 * millisecond, reset, change - 98 * millisecond],  # ended long before it
              [change - millisecond, "timeout", change + 1000 * millisecond],
              [change - millisecond, "connection closed", change + millisecond],
              [change - millisecond, os.strerror(errno.ECONNREFUSED), change + millisecond]]

    def unexplained(failures, changes, vip="10.10.10.10", **how):
        return client.unexplained({"vip": vip, "failures": failures, "changes": changes}, **how)

    assert unexplained([across, *others], [change]) == others
    assert unexplained([across], []) == [across]
    assert unexplained([across], [change], moves=False) == [across]
    # zebra's gap, of IPv6 alone.
    gone = [change - 1, "Network is unreachable", change + 1, None]
    assert unexplained([gone], [change]) == [gone]
    for moves in (True, False):
        assert unexplained([gone], [change], "2001:db8:10::10", moves=moves) == []
    assert unexplained([gone], [change + 10**9], "2001:db8:10::10") == [gone]


@pytest.fixture
def leading(lab):
    """Each call leads the router's route to the first VIP to one next hop, and to the other one the next time."""
    def change(*route):
        ip("-n", lab.router.netns, "route", *route, "metric", "1")

    hops = itertools.cycle(next(hop for hop in node.next_hops if "." in hop) for node in lab.nodes.values())
    yield lambda: change("replace", ALL[0], "via", next(hops))
    change("del", ALL[0])


@pytest.mark.alone
def test_connections_that_the_router_moves_between_nodes_are_explained(lab, leading):
    with client.Client(lab.client, ALL[0], 1000, router=lab.router, timeout=client.PATIENT) as running:
        for _ in range(40):
            leading()
        result = running.stop()
    assert len(result["changes"]) == 40
    assert client.unexplained(result) == []


def test_a_client_with_few_requests_notes_changes_when_they_happen(lab, leading):
    with client.Client(lab.client, ALL[0], 0.1, router=lab.router) as running:
        for _ in range(3):
            leading()
            time.sleep(1)
        result = running.stop()
    gaps = [(later - earlier) / 1e9 for earlier, later in itertools.pairwise(result["changes"])]
    # Far less than a second, for a client that waits for a processor; read with the next request, all are together.
    assert len(gaps) == 2 and min(gaps) > 0.1


def test_exec_logs_and_pids(lab, lb1):
    assert ok("exec", "--name", lab.name, "lb1", "--", "hostname") == "lb1\n"
    assert ok("exec", "--name", lab.name, "lb2", "--", "cat", "/etc/hostname") == "lb2\n"
    assert run("exec", "--name", lab.name, "lb1", "--", "sh", "-c", "exit 7").returncode == 7
    assert "vipherd 0" in ok("exec", "--name", lab.name, "lb1", "--", "vipherd", "--version")
    assert "announced" in ok("logs", "--name", lab.name, "lb1", "vipherd", "-n", "0")
    pids = {int(line.split()[0]) for line in ok("pids", "--name", lab.name, "lb1").splitlines()}
    assert lb1.agent.process().pid in pids
    assert lb1.nginx.master().pid in pids
    assert {process.pid for process in lb1.frr.processes()} < pids


def test_fail_and_heal_by_name(lab, lb1):
    assert "500" in ok("fail", "nginx-500", "lb1", "--name", lab.name)
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    ok("heal", "lb1", "--name", lab.name)
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))


@pytest.mark.parametrize("arguments, words", [
    (["show", "--name", "absent"], "no lab named absent"),
    (["fail", "nginx-kill", "lb9"], "no load balancer lb9"),
    (["fail", "bgpd-kill", "lb1"], "needs bgpd"),
    (["exec", "switch", "--", "true"], "no host switch"),
])
def test_mistakes_are_told_in_one_line(lab, arguments, words):
    named = arguments if "--name" in arguments else [arguments[0], "--name", lab.name, *arguments[1:]]
    done = run(*named)
    assert done.returncode == 1
    assert re.fullmatch("lab: .*\n", done.stderr) and words in done.stderr


@pytest.mark.alone
def test_measure_writes_a_list_of_runs(lab, tmp_path):
    path = tmp_path / "measured.json"
    ok("measure", "nginx-kill", "bgpd-kill", "--runs", "1", "--name", lab.name, "--json", str(path))
    measured, skipped = json.loads(path.read_text())
    assert set(measured) == {"scenario", "protocol", "node", "withdraw_ms", "return_ms", "failed_requests",
                             "rehashed_requests", "floor_ms", "floor_return_ms", "listen_ms"}
    assert (measured["scenario"], measured["protocol"], measured["node"]) == ("nginx-kill", "ospf", "lb1")
    assert 0 < measured["floor_ms"] and 0 < measured["floor_return_ms"]
    assert 0 < measured["listen_ms"] < measured["return_ms"]
    assert 0 < measured["withdraw_ms"] and 0 < measured["return_ms"]
    assert 0 <= measured["rehashed_requests"] <= measured["failed_requests"]
    # No bgpd runs in this lab: everything that was not measured is null.
    assert skipped == {"scenario": "bgpd-kill", "protocol": "ospf", "node": "lb1", "withdraw_ms": None,
                       "return_ms": None, "failed_requests": None, "rehashed_requests": None, "floor_ms": None,
                       "floor_return_ms": None, "listen_ms": None}
