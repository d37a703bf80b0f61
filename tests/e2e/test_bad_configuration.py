"""A faulty configuration: every fault is listed at once with its place, and nothing runs."""

import os
import re
import subprocess

import pytest
from look import ALL, Log, eventually, expect, fib, frr_routes, local_routes, presence, set_configuration
from shared import vipherd as vipherd_on
from vipherd_lab.agent import CONFIGURATION, find_binary

MAIN = """[nodes]
name = "x"
[vips]
pool = ["10.10.10.0/24"]
[services.web]
vips = ["10.10.10.10", "10.10.11.1", "10.10.10.12/31"]
color = "red"
[services.web.checks.http]
type = "http"
url = "http://127.0.0.1/"
interval = "1 fortnight"
timeout = 3
rise = 0
"""
MORE = """[services.dns]
vips = ["10.10.10.10"]
[services.empty]
vips = []
[services.empty.checks.c]
type = "tcp"
address = "127.0.0.1:1"
"""
# File, line, column, and a word of what is said.
FAULTS = [
    ("vipherd.toml", 1, 2, "nodes"),
    ("vipherd.toml", 6, 24, "10.10.11.1"),
    ("vipherd.toml", 6, 38, "host route"),
    ("vipherd.toml", 7, 1, "color"),
    ("vipherd.toml", 11, 12, "duration"),
    ("vipherd.toml", 12, 11, "unit"),
    ("vipherd.toml", 13, 8, "1 to 1000"),
    ("conf.d/more.toml", 1, 11, "no checks"),
    ("conf.d/more.toml", 2, 9, "vipherd.toml:6"),
    ("conf.d/more.toml", 4, 8, "empty"),
]


@pytest.fixture
def faulty(tmp_path):
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "vipherd.toml").write_text(MAIN)
    (tmp_path / "conf.d" / "more.toml").write_text(MORE)
    return tmp_path


def vipherd(*arguments):
    return subprocess.run([find_binary(os.environ.get("VIPHERD")), *map(str, arguments)], capture_output=True,
                          text=True, timeout=20)


@pytest.mark.parametrize("command", ["check-config", "run"])
def test_every_fault_is_listed_with_its_place(faulty, command):
    done = vipherd(command, "--config", faulty / "vipherd.toml")
    assert done.returncode == 2
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if line.startswith(str(faulty))]
    places = [re.match(r"(.+?):(\d+):(\d+): (.+)", line[len(str(faulty)) + 1:]).groups() for line in lines]
    assert [(file, int(line), int(column)) for file, line, column, _ in places] == [fault[:3] for fault in FAULTS]
    for (_, _, _, text), (*_, word) in zip(places, FAULTS):
        assert word in text


def test_a_good_configuration_is_told_so(tmp_path):
    good = MAIN
    for was, now in (("[nodes]", "[node]"), (', "10.10.11.1", "10.10.10.12/31"', ""), ('color = "red"\n', ""),
                     ("1 fortnight", "1s"), ("timeout = 3\n", 'timeout = "3ms"\n'), ("rise = 0", "rise = 1")):
        assert was in good
        good = good.replace(was, now)
    (tmp_path / "vipherd.toml").write_text(good)
    done = vipherd("check-config", "--config", tmp_path / "vipherd.toml")
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 service, 1 VIP, 1 check" in done.stdout


def test_a_file_that_is_not_there_is_a_fault(tmp_path):
    done = vipherd("check-config", "--config", tmp_path / "absent.toml")
    assert done.returncode == 2
    assert "absent.toml" in done.stderr


def test_an_agent_with_faults_announces_nothing_and_is_not_restarted(lab, lb1):
    lb1.agent.stop()
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    set_configuration(lb1, MAIN)
    log = Log(lb1)
    with lab.watch(ALL) as watch:
        lb1.agent.start()
        eventually(lambda: lb1.agent.status()["state"], "failed")
        assert lb1.agent.status()["last_end"] == "exit code 2"
        assert lb1.agent.status()["starts"] == 1
        log.expect("^/etc/vipherd/vipherd.toml:[0-9]+:[0-9]+: ", 7)
        assert lb1.agent.get("/health")[0] is None
        assert [presence(watch, lb1, vip, 0) for vip in ALL] == [[False]] * len(ALL)
    assert local_routes(lb1) == frr_routes(lb1) == set()


def test_a_file_that_is_too_much_for_a_parser_is_a_fault_like_others(lab, lb1):
    """What once overflowed the stack: the agent goes on, says where, and the clean-up does its work."""
    log = Log(lb1)
    starts = lb1.agent.status()["starts"]
    folder = lb1.host.path("/etc/vipherd/conf.d")
    os.makedirs(folder, exist_ok=True)
    try:
        with open(f"{folder}/x.toml", "w") as file:
            file.write("x." * 60000 + "y = 1\n")
        lb1.agent.reload()
        eventually(lambda: len(log.matching("conf.d/x.toml:1:64: expected less, got a key of more than 32 parts")), 1)
        assert lb1.agent.status()["starts"] == starts
        assert fib(lab) == expect(ALL, {"lb1", "lb2"})
        done = vipherd_on(lb1, "check-config", "--config", CONFIGURATION)
        assert (done.returncode, "x.toml:1:64" in done.stderr) == (2, True)
        lb1.agent.stop()
        lb1.host.run(["ip", "route", "add", "local", ALL[0], "dev", "lo", "table", "local", "proto", "118"])
        done = vipherd_on(lb1, "cleanup", "--config", CONFIGURATION)
        assert (done.returncode, done.stdout) == (0, "removed 1 VIP route of protocol 118\n")
        assert "assuming the default, 118" in done.stderr
    finally:
        os.unlink(f"{folder}/x.toml")
        os.rmdir(folder)
