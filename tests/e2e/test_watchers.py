"""Watchers find a death, and a return, long before the next poll; they only cause a probe, and decide nothing."""

import os

import configs
import pytest
from look import ALL, Log, check, eventually, eventually_true, expect, fib, reload, status
from shared import both_protocols
from vipherd_lab import scenarios

# No poll comes within a test's patience, except while the check is down.
SLOW = {"interval": "120s", "fast_interval": "200ms", "down_interval": "200ms", "timeout": "1s"}
NO_POLL = {**SLOW, "fast_interval": "120s", "down_interval": "120s"}
WATCHERS = {"connection": ({}, {"watch_connection": True}),
            "pid_file": ({"watch.pid_file": "/run/nginx.pid"}, {})}


def watched(lab, node, watcher, **keys):
    of_service, of_check = WATCHERS[watcher]
    checks = {"http": {**configs.HTTP, **SLOW, **of_check, **keys}}
    reload(node, configs.render(lab, {"web": configs.service(ALL, checks, **of_service)}))
    eventually(lambda: watch_states(node), {watcher: "watching"})


def watch_states(node):
    return {watch["kind"]: watch["state"]["state"]
            for service in status(node)["services"] for watch in service["watches"]}


@both_protocols
@pytest.mark.parametrize("watcher", WATCHERS)
@pytest.mark.parametrize("scenario", ["nginx-stop", "nginx-kill"])
def test_a_death_is_found_without_a_poll(lab, lb1, watcher, scenario):
    watched(lab, lb1, watcher)
    scenarios.prepare(lab, scenario, lb1)()
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    scenarios.heal(lab, lb1)
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))
    eventually(lambda: watch_states(lb1), {watcher: "watching"})


@both_protocols
@pytest.mark.parametrize("scenario", ["nginx-stop", "nginx-kill"])
def test_a_return_is_found_without_a_poll(lab, lb1, scenario):
    watched(lab, lb1, "pid_file", **NO_POLL)
    for _ in range(2):
        scenarios.prepare(lab, scenario, lb1)()
        eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
        eventually(lambda: watch_states(lb1), {"pid_file": "awaiting start"})
        scenarios.heal(lab, lb1)
        eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))
        eventually(lambda: watch_states(lb1), {"pid_file": "watching"})


def test_a_return_is_decided_by_probes(lab, lb1):
    watched(lab, lb1, "pid_file", **NO_POLL)
    scenarios.prepare(lab, "nginx-kill", lb1)()
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    eventually(lambda: watch_states(lb1), {"pid_file": "awaiting start"})
    fails = check(lb1)["fails"]
    # Some process starts and writes its number, but it is no nginx: nothing listens.
    sleeper = lb1.host.start(["sleep", "100"], os.devnull)
    try:
        with open(lb1.host.path("/run/nginx.pid"), "w") as file:
            file.write(f"{sleeper.pid}\n")
        eventually(lambda: watch_states(lb1), {"pid_file": "watching"})
        # Each pause is as long as the watcher has waited so far: at most ten probes in a second, fewer where one is late.
        eventually_true("probes for a second", lambda: check(lb1)["fails"] >= fails + 4)
        assert check(lb1)["verdict"]["state"] == "down"
        assert fib(lab) == expect(ALL, {"lb2"})
    finally:
        sleeper.kill()
        sleeper.wait()
    eventually(lambda: watch_states(lb1), {"pid_file": "awaiting start"})
    scenarios.heal(lab, lb1)
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))


def test_a_service_that_closes_idle_connections_is_not_down(lab, lb1):
    with configs.listening(lb1, 8081) as listener:
        checks = {"port": {**configs.tcp(8081), **SLOW, "watch_connection": True}}
        reload(lb1, configs.render(lab, {"web": configs.service(ALL, checks)}))
        listener.settimeout(20)
        eventually(lambda: watch_states(lb1), {"connection": "watching"})
        log = Log(lb1)
        passes = check(lb1, name="port")["passes"]
        # The first connection was the check's, the second is the watcher's.
        for _ in range(2):
            connection, _ = listener.accept()
            connection.close()
        eventually(lambda: check(lb1, name="port")["passes"] > passes, True)
        assert check(lb1, name="port")["verdict"]["state"] == "up"
        assert log.matching("check web/port") == []


def test_a_refused_connection_is_a_verdict_unless_fall_is_set(lab, lb1):
    without_fall = configs.render(lab, {"web": configs.service(ALL, {"port": configs.tcp(8081)})})
    with configs.listening(lb1, 8081):
        # The lab's own settings name `fall`; here nothing does.
        reload(lb1, "".join(line for line in without_fall.splitlines(True) if not line.startswith("fall =")))
        eventually(lambda: check(lb1, name="port")["verdict"]["state"], "up")
        log = Log(lb1)
    eventually(lambda: check(lb1, name="port")["verdict"]["state"], "down")
    log.expect("check web/port down: connect to 127.0.0.1:8081 refused", 1)
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
