"""Whatever the agent talks to may stand still: a log that nothing reads, a service manager, a daemon, a file that is a
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
from look import ALL, eventually, eventually_true, expect, fib, frozen, frr_routes, set_configuration, status
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


# ------------------------------------------------------------------------------------- the log


@pytest.fixture
def full_pipe(tmp_path):
    """The writing end of a pipe that is full and that nothing reads."""
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
        eventually_true("the problem", lambda: [text for text in problems(lb1) if "the log is not being read" in text])
        obeys_sigterm(lab, agent)


def test_a_log_that_is_read_again_tells_what_it_has_lost_and_no_problem_stays(lab, lb1, full_pipe):
    reading, writing = full_pipe
    with own_agent(lab, lb1, stderr=writing) as agent:
        eventually_true("the problem", lambda: [text for text in problems(lb1) if "the log is not being read" in text])
        log = read_all(reading)
        eventually(lambda: [text for text in problems(lb1) if "log" in text], [])
        log = read_all(reading, log).lstrip(b"x").decode()
        assert " vipherd " in log.splitlines()[0] and "starts on node lb1" in log.splitlines()[0]
        assert "VIP 10.10.10.10 announced" in log
        obeys_sigterm(lab, agent)


@contextlib.contextmanager
def full_datagram_socket(node, inside):
    """A socket below the host's /run that is full and that nothing reads."""
    path = node.host.path(inside)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as reader:
        reader.bind(path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler, contextlib.suppress(BlockingIOError):
            filler.setblocking(False)
            while True:
                filler.sendto(b"STATUS=full", path)
        yield reader
    os.unlink(path)


def test_a_journal_that_reads_nothing_stops_nothing(lab, lb1, tmp_path):
    with full_datagram_socket(lb1, "/run/systemd/journal/socket"), open(tmp_path / "stderr", "w") as error:
        file = os.fstat(error.fileno())
        environment = dict(os.environ, JOURNAL_STREAM=f"{file.st_dev}:{file.st_ino}")
        with own_agent(lab, lb1, stderr=error, env=environment) as agent:
            follows_the_service(lab, lb1)
            eventually_true("the problem", lambda: [text for text in problems(lb1) if "the log is not being read" in text])
            obeys_sigterm(lab, agent)


# -------------------------------------------------------------------------- the state directory


@contextlib.contextmanager
def state_directory(node):
    """A small file system of its own as /var/lib/vipherd."""
    node.host.run(["mount", "-n", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "/var/lib/vipherd"])
    try:
        yield
    finally:
        node.host.run(["umount", "-n", "/var/lib/vipherd"])


def remounted(node, how):
    """False while a file there is being written."""
    command = ["mount", "-n", "-o", f"remount,{how}", "/var/lib/vipherd"]
    return subprocess.run(node.host.command(command), stderr=subprocess.DEVNULL).returncode == 0


def refused_by_the_disk(node):
    return [text for text in problems(node) if "will not outlive this agent: cannot write" in text]


def in_force_but_not_written_down(node, *command):
    done = vipherd(node, *command)
    assert done.returncode == 3
    assert "is in force, but will not outlive this agent: cannot write /var/lib/vipherd/" in done.stderr
    return done.stderr


def test_a_command_that_cannot_be_written_down_says_so_until_it_is(lab, lb1):
    with state_directory(lb1), own_agent(lab, lb1) as agent:
        ok(lb1, "drain", "10.10.10.10")
        eventually_true("a moment in which no file is written", lambda: remounted(lb1, "ro"))
        assert "Read-only file system" in in_force_but_not_written_down(lb1, "drain", "web")
        eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
        assert "Read-only file system" in eventually_true("the problem", lambda: refused_by_the_disk(lb1))[0]
        in_force_but_not_written_down(lb1, "drain", "web")  # what does not change anything any more
        for command in (["disable", "web"], ["enable", "web"], ["weight", "30"], ["resume"]):
            in_force_but_not_written_down(lb1, *command)
        in_force_but_not_written_down(lb1, "drain", "web")
        assert remounted(lb1, "rw")
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


def test_a_hand_over_of_which_the_next_agent_could_not_know_is_refused(lab, lb1):
    with own_agent(lab, lb1) as agent:
        in_the_way = lb1.host.path("/run/vipherd/handed-over")
        os.mkdir(in_the_way)
        done = vipherd(lb1, "hand-over")
        os.rmdir(in_the_way)
        assert done.returncode == 1
        assert "nothing is handed over, the next agent could not know of it" in done.stderr
        follows_the_service(lab, lb1)
        obeys_sigterm(lab, agent)


# ------------------------------------------------------------------------- the service manager


def test_a_service_manager_that_reads_nothing_stops_nothing(lab, lb1):
    with full_datagram_socket(lb1, "/run/systemd/frozen"):
        # A watchdog that no manager minds: it has to be fed often, which is one more message each time.
        environment = dict(os.environ, NOTIFY_SOCKET="/run/systemd/frozen", WATCHDOG_USEC="400000")
        with own_agent(lab, lb1, env=environment) as agent:
            follows_the_service(lab, lb1)
            obeys_sigterm(lab, agent)


# ------------------------------------------------------------------- files that cannot be read


@contextlib.contextmanager
def frozen_files(node, inside):
    """A file system that does not answer: its daemon (FUSE) would be this process, which does not read."""
    node.host.run(["mkdir", "-p", inside])
    device = os.open("/dev/fuse", os.O_RDWR)
    try:
        options = f"fd={device},rootmode=40000,user_id=0,group_id=0"
        node.host.run(["mount", "-n", "-i", "-t", "fuse", "-o", options, "frozen", inside], pass_fds=[device])
        yield
    finally:
        os.close(device)  # a reader that waits gets an error
        node.host.run(["umount", "-n", "-l", inside], check=False)


def checks_of(**others):
    return {"http": configs.HTTP, **others}


def test_a_fifo_in_place_of_a_file_is_not_waited_for(lab, lb1):
    fifo = "/run/fifo"
    lb1.host.run(["mkfifo", fifo])
    checks = checks_of(authorities={"type": "https", "url": "https://127.0.0.1/", "ca_file": fifo},
                       certificate={"type": "tls", "address": "127.0.0.1:80", "client_cert": fifo},
                       fresh={"type": "file", "path": fifo, "state": "absent"})
    service = configs.service(ALL, checks, needs="any")
    text = configs.render(lab, {"web": service}, extra=f'[node]\nstate_file = "{fifo}"\n')
    text = text.replace("[services.web]\n", f'[services.web]\nwatch.pid_file = "{fifo}"\n')
    drop_in = lb1.host.path("/etc/vipherd/conf.d/fifo.toml")
    try:
        with own_agent(lab, lb1, text) as agent:
            follows_the_service(lab, lb1)
            assert [reason for reason in problems(lb1) if f"forgotten: cannot read {fifo}: not a regular file" in reason]
            done = vipherd(lb1, "weight", "50")
            assert (done.returncode, "not a regular file" in done.stderr) == (3, True)
            os.makedirs(os.path.dirname(drop_in), exist_ok=True)
            os.mkfifo(drop_in)
            agent.send_signal(signal.SIGHUP)
            eventually(lambda: status(lb1)["config"]["state"], "rejected")
            follows_the_service(lab, lb1)
            obeys_sigterm(lab, agent)
    finally:
        for path in (drop_in, lb1.host.path(fifo)):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)


def test_a_file_system_that_does_not_answer_holds_up_its_own_checks_alone(lab, lb1):
    where = "/run/frozen"
    checks = checks_of(file={"type": "file", "path": f"{where}/file"},
                       plugin={"type": "exec", "command": [f"{where}/plugin"]})
    with frozen_files(lb1, where), own_agent(
            lab, lb1, configs.render(lab, {"web": configs.service(ALL, checks, needs="any")})) as agent:
        follows_the_service(lab, lb1)
        obeys_sigterm(lab, agent)


def test_a_state_directory_that_does_not_answer_is_told(lab, lb1):
    with own_agent(lab, lb1) as agent, frozen_files(lb1, "/var/lib/vipherd"):
        done = vipherd(lb1, "drain", "web")
        assert done.returncode == 3
        assert "is in force, but may not outlive this agent: cannot write /var/lib/vipherd/" in done.stderr
        eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
        assert [text for text in problems(lb1) if "may not outlive this agent" in text]
        assert vipherd(lb1, "resume").returncode == 3
        eventually(lambda: fib(lab), expect(ALL, lab.nodes))
        follows_the_service(lab, lb1)
        obeys_sigterm(lab, agent)


# ----------------------------------------------------------------------- daemons that stand still


@contextlib.contextmanager
def deaf_socket(node, inside, full):
    """A listener that accepts no connection; a full one has no room for another connection either."""
    path = node.host.path(inside)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        listener.bind(path)
        listener.listen(0 if full else 64)
        with contextlib.suppress(BlockingIOError):
            while full:
                client = sockets.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
                client.setblocking(False)
                client.connect(path)
        yield
    os.unlink(path)


@pytest.mark.parametrize("full", [False, True], ids=["silent", "full"])
def test_systemd_that_does_not_answer_holds_up_nothing(lab, lb1, full):
    checks = checks_of(unit={"type": "systemd", "unit": "nginx.service"})
    with contextlib.ExitStack() as sockets:
        for path in ("/run/systemd/private", "/run/dbus/system_bus_socket"):
            sockets.enter_context(deaf_socket(lb1, path, full))
        text = configs.render(lab, {"web": configs.service(ALL, checks, needs="any")})
        with own_agent(lab, lb1, text) as agent:
            follows_the_service(lab, lb1)
            obeys_sigterm(lab, agent)


def test_an_http_service_whose_socket_is_full_holds_up_nothing(lab, lb1):
    checks = checks_of(plain={"type": "http", "url": "http://localhost/", "unix_socket": "/run/deaf.sock"})
    text = configs.render(lab, {"web": configs.service(ALL, checks, needs="any")})
    with deaf_socket(lb1, "/run/deaf.sock", full=True), own_agent(lab, lb1, text) as agent:
        follows_the_service(lab, lb1)
        obeys_sigterm(lab, agent)


def test_an_ospfd_that_is_frozen_holds_up_nothing(lab, lb1):
    """It cannot tell the router, but whatever else there is to be done is done."""
    with own_agent(lab, lb1) as agent:
        with frozen(lb1.frr.process("ospfd")), frozen(lb1.frr.process("ospf6d")):
            scenarios.prepare(lab, "nginx-kill", lb1)()
            eventually(lambda: frr_routes(lb1), set())
            agent.send_signal(signal.SIGTERM)
            assert agent.wait(STOPPED_WITHIN) == 0
        eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
        lb1.service.start()


def test_a_zebra_that_is_frozen_does_not_keep_the_agent_from_its_end(lab, lb1):
    with own_agent(lab, lb1) as agent:
        with frozen(lb1.frr.process("zebra")):
            agent.send_signal(signal.SIGTERM)
            assert agent.wait(STOPPED_WITHIN) in (0, 1)
        eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
