"""Whatever the agent talks to may stand still: a log that nobody reads, a service manager, a daemon, a file that is a
FIFO. A dead service is withdrawn all the same, and SIGTERM is obeyed.

The agents of these tests run without a watchdog, which would hide that they stand still.
"""

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess

import configs
import pytest
from look import ALL, eventually, eventually_true, expect, fib, reload, set_configuration, status
from shared import ok, vipherd
from vipherd_lab import scenarios
from vipherd_lab.agent import CONFIGURATION

# node.shutdown_timeout, and what a busy machine takes.
STOPPED_WITHIN = 10 + 20


@contextlib.contextmanager
def own_agent(lab, node, text=None, **options):
    """An agent of the test's own in place of the lab's; `options` are those of Popen."""
    node.agent.stop()
    if text is not None:
        set_configuration(node, text)
    options.setdefault("stderr", subprocess.DEVNULL)
    process = subprocess.Popen(node.host.command([node.agent.binary, "run", "--config", CONFIGURATION]),
                               stdin=subprocess.DEVNULL, cwd="/", **options)
    try:
        eventually(lambda: fib(lab), expect(ALL, lab.nodes))
        yield process
    finally:
        process.kill()
        process.wait()
        vipherd(node, "cleanup", "--config", CONFIGURATION)
        node.agent.start()


def follows_the_service(lab, node):
    processes = node.service.processes()
    scenarios.prepare(lab, "nginx-kill", node)()
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    eventually(lambda: [process for process in processes if process.alive()], [])
    node.service.start()
    eventually(lambda: fib(lab), expect(ALL, lab.nodes))


def obeys_sigterm(lab, process, code=0):
    process.send_signal(signal.SIGTERM)
    assert process.wait(STOPPED_WITHIN) == code
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))


def problems(node):
    return [problem["text"] for problem in json.loads(vipherd(node, "status", "--json").stdout)["problems"]]


def say_a_lot(node):
    """Until the log has more lines than any pipe or socket takes, whoever reads it."""
    for _ in range(200):
        ok(node, "drain", "web")
        ok(node, "resume", "web")


# ------------------------------------------------------------------------------------- the log


@pytest.fixture
def full_pipe(tmp_path):
    """The writing end of a pipe that is full and that nobody reads."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETFL, os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, b"x" * 4096)
    fcntl.fcntl(writing, fcntl.F_SETFL, 0)
    yield reading, writing
    os.close(reading)
    os.close(writing)


def read_all(descriptor, known=b""):
    """What can be read now, without waiting."""
    os.set_blocking(descriptor, False)
    with contextlib.suppress(BlockingIOError):
        while piece := os.read(descriptor, 65536):
            known += piece
    return known


def test_a_log_that_nobody_reads_stops_nothing(lab, lb1, full_pipe):
    reading, writing = full_pipe
    with own_agent(lab, lb1, stderr=writing) as agent:
        follows_the_service(lab, lb1)
        eventually_true("the problem", lambda: [text for text in problems(lb1) if "nobody reads the log" in text])
        obeys_sigterm(lab, agent)


def test_a_log_that_is_read_again_tells_what_it_has_lost_and_no_problem_stays(lab, lb1, full_pipe):
    reading, writing = full_pipe
    with own_agent(lab, lb1, stderr=writing) as agent:
        eventually_true("the problem", lambda: [text for text in problems(lb1) if "nobody reads the log" in text])
        log = read_all(reading)
        eventually(lambda: [text for text in problems(lb1) if "log" in text], [])
        log = read_all(reading, log).lstrip(b"x").decode()
        assert " vipherd " in log.splitlines()[0] and "starts on node lb1" in log.splitlines()[0]
        assert "VIP 10.10.10.10 announced" in log
        obeys_sigterm(lab, agent)


# -------------------------------------------------------------------------- the state directory


@contextlib.contextmanager
def state_directory(node, *options):
    """A small file system of its own as /var/lib/vipherd."""
    node.host.run(["mount", "-n", "-t", "tmpfs", "-o", ",".join(["size=16k", *options]), "tmpfs", "/var/lib/vipherd"])
    try:
        yield lambda *command: node.host.run([*command, "/var/lib/vipherd"])
    finally:
        node.host.run(["umount", "-n", "/var/lib/vipherd"])


def refused_by_the_disk(node):
    return [text for text in problems(node) if "will not outlive this agent: cannot write" in text]


def in_force_but_not_written_down(node, *command):
    done = vipherd(node, *command)
    assert done.returncode == 3
    assert "is in force, but will not outlive this agent: cannot write /var/lib/vipherd/" in done.stderr
    return done.stderr


def test_a_command_that_cannot_be_written_down_says_so_until_it_is(lab, lb1):
    with state_directory(lb1) as mounted, own_agent(lab, lb1) as agent:
        ok(lb1, "drain", "10.10.10.10")
        mounted("mount", "-n", "-o", "remount,ro")
        assert "Read-only file system" in in_force_but_not_written_down(lb1, "drain", "web")
        eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
        assert "Read-only file system" in eventually_true("the problem", lambda: refused_by_the_disk(lb1))[0]
        in_force_but_not_written_down(lb1, "drain", "web")  # what does not change anything any more
        for command in (["disable", "web"], ["enable", "web"], ["weight", "30"], ["resume"]):
            in_force_but_not_written_down(lb1, *command)
        in_force_but_not_written_down(lb1, "drain", "web")
        mounted("mount", "-n", "-o", "remount,rw")
        eventually(lambda: refused_by_the_disk(lb1), [])
        written = json.loads(lb1.host.run(["cat", "/var/lib/vipherd/operator.json"]))
        assert written["drained"]["services"] == ["web"]
        ok(lb1, "resume")
        ok(lb1, "weight", "0")
        eventually(lambda: fib(lab), expect(ALL, lab.nodes))
        obeys_sigterm(lab, agent)


def test_a_full_disk_loses_nothing_of_what_was_written_down(lab, lb1):
    with state_directory(lb1), own_agent(lab, lb1) as agent:
        ok(lb1, "drain", "10.10.10.10")
        lb1.host.run(["sh", "-c", "cat /dev/zero > /var/lib/vipherd/filling"], check=False)
        assert "No space left on device" in in_force_but_not_written_down(lb1, "drain", "web")
        written = json.loads(lb1.host.run(["cat", "/var/lib/vipherd/operator.json"]))
        assert (written["drained"]["services"], written["drained"]["vips"]) == ([], ["10.10.10.10"])
        in_force_but_not_written_down(lb1, "resume")
        lb1.host.run(["rm", "/var/lib/vipherd/filling"])
        eventually(lambda: refused_by_the_disk(lb1), [])
        obeys_sigterm(lab, agent)


# ------------------------------------------------------------------------- the service manager


def test_a_service_manager_that_reads_nothing_stops_nothing(lab, lb1):
    path = lb1.host.path("/run/systemd/frozen")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler, contextlib.suppress(BlockingIOError):
            filler.setblocking(False)
            while True:
                filler.sendto(b"STATUS=full", path)
        # A watchdog that nobody minds: it has to be fed often, which is one more message each time.
        environment = dict(os.environ, NOTIFY_SOCKET="/run/systemd/frozen", WATCHDOG_USEC="400000")
        with own_agent(lab, lb1, env=environment) as agent:
            follows_the_service(lab, lb1)
            obeys_sigterm(lab, agent)
    os.unlink(path)
