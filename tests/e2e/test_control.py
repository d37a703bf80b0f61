"""The control socket: an operator's commands, who may give them, and what is left of the socket when an agent dies."""

import contextlib
import os
import shutil
import signal
import socket
import stat

import configs
import pytest
from look import ALL, Log, check, eventually, expect, fib, restart, status, vip_states
from shared import both_protocols, ok, vipherd
from vipherd_lab import scenarios
from vipherd_lab.agent import API_PORT, CONFIGURATION

SOCKET = "/run/vipherd/control.sock"


def verdict(node):
    [service] = status(node)["services"]
    return service["verdict"]["state"]


def exchange(node, request):
    """What the control socket answers."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(node.host.path(SOCKET))
        client.sendall(request.encode())
        answer = b""
        while data := client.recv(65536):
            answer += data
    return answer.decode()


@pytest.fixture(autouse=True)
def enabled_in_the_end(lab, lb1):
    yield
    if os.path.exists(lb1.host.path(SOCKET)):
        ok(lb1, "enable", "web")


@both_protocols
def test_a_disabled_service_leaves_the_router_until_it_is_enabled(lab, lb1):
    log = Log(lb1)
    assert "service web is disabled" in ok(lb1, "disable", "web")
    # Told when the agent had taken it: no waiting here.
    assert verdict(lb1) == "disabled"
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    eventually(lambda: vip_states(lb1), {vip: ("detached", "withdrawn") for vip in ALL})
    # What is not to be announced is no trouble.
    assert lb1.agent.get("/health")[0] == 200
    assert "disabled" in ok(lb1, "status")
    assert "service web is enabled" in ok(lb1, "enable", "web")
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))
    eventually(lambda: lb1.agent.get("/health")[0], 200)
    log.expect("service web disabled by the operator", 1)
    log.expect("service web enabled by the operator", 1)


def test_a_disabled_service_stays_so_with_the_next_agent(lab, lb1):
    ok(lb1, "disable", "web")
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    lb1.agent.stop()
    lb1.agent.start()
    lb1.agent.wait_ready()
    eventually(lambda: verdict(lb1), "disabled")
    assert fib(lab) == expect(ALL, {"lb2"})
    ok(lb1, "enable", "web")
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))


def test_a_probe_shows_what_the_service_is_like_now(lab, lb1):
    """With a check each minute only the command can have found it."""
    restart(lb1, configs.render(lab, {"web": configs.service(ALL, {"http": {**configs.HTTP, "interval": "60s"}})}))
    eventually(lambda: check(lb1)["verdict"]["state"], "up")
    assert "web/http  pass" in ok(lb1, "probe")
    scenarios.prepare(lab, "nginx-500", lb1)()
    done = vipherd(lb1, "probe", "web")
    assert (done.returncode, done.stderr) == (1, "")
    assert "web/http  FAIL" in done.stdout and "500" in done.stdout
    eventually(lambda: verdict(lb1), "down")


def test_damping_can_be_cleared(lab, lb1):
    """Held down for minutes after its flaps, the service returns at once when the operator says so."""
    text = configs.render(lab, {"web": configs.service(ALL)})
    restart(lb1, f'{text}[services.web.damping]\nhalf_life = "5m"\nsuppress = 1500\nreuse = 500\n')
    eventually(lambda: verdict(lb1), "up")
    for _ in range(2):
        scenarios.prepare(lab, "nginx-500", lb1)()
        eventually(lambda: verdict(lb1), "down")
        os.unlink(lb1.nginx.error_flag)
        eventually(lambda: check(lb1)["verdict"]["state"], "up")
    assert status(lb1)["services"][0]["damping"]["held"] is True
    assert verdict(lb1) == "down"
    ok(lb1, "clear-damping", "web")
    eventually(lambda: verdict(lb1), "up")
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))


@pytest.mark.parametrize("arguments", [["disable", "wbe"], ["enable", "wbe"], ["clear-damping", "wbe"],
                                       ["probe", "wbe"]])
def test_an_unknown_service_is_refused(lab, lb1, arguments):
    done = vipherd(lb1, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert 'answered 404: there is no service "wbe"' in done.stderr


def test_the_endpoint_changes_nothing(lab, lb1):
    with lb1.host.network():
        client = socket.create_connection(("127.0.0.1", API_PORT), 20)
    with client:
        client.sendall(b"POST /v1/services/web/disable HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 405 ")
    assert verdict(lb1) == "up"
    request = "POST /v1/services/web/disable HTTP/1.0\r\nContent-Length: 0\r\n\r\n"
    assert exchange(lb1, request).startswith("HTTP/1.0 200 ")
    assert verdict(lb1) == "disabled"


def test_the_socket_is_for_the_agents_user_and_group(lab, lb1):
    path = lb1.host.path(SOCKET)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o660
    # A user's home may be closed to others: the binary is run from where everybody may.
    shutil.copy(lb1.agent.binary, lb1.host.path("/run/vipherd-for-all"))

    def as_user(*arguments, groups="--clear-groups"):
        become = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", groups, "--"]
        return vipherd(lb1, *arguments, binary="/run/vipherd-for-all", become=become)

    done = as_user("disable", "web")
    assert (done.returncode, "Permission denied" in done.stderr) == (1, True), done.stderr
    # Looking is for everybody, at the endpoint; but only if told to, for anybody could answer there.
    done = as_user("status")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Permission denied: only root and the agent's user and group may use it" in done.stderr
    assert f"--url http://127.0.0.1:{API_PORT}" in done.stderr
    assert as_user("status", "--url", f"http://127.0.0.1:{API_PORT}").returncode == 0
    assert verdict(lb1) == "up"
    os.chown(path, 0, 4711)
    assert as_user("disable", "web", groups="--groups=4711").returncode == 0
    assert verdict(lb1) == "disabled"


def test_a_dead_agents_socket_is_replaced_and_a_stopped_ones_is_removed(lab, lb1):
    path = lb1.host.path(SOCKET)
    before = os.stat(path).st_ino, os.stat(path).st_ctime_ns
    starts = lb1.agent.status()["starts"]
    lb1.agent.process().signal(signal.SIGKILL)
    eventually(lambda: lb1.agent.status()["starts"], starts + 1)
    lb1.agent.wait_ready()
    assert (os.stat(path).st_ino, os.stat(path).st_ctime_ns) != before
    eventually(lambda: lb1.agent.get("/health")[0], 200)  # it is ready before it has announced
    assert ok(lb1, "status", "--socket", SOCKET).startswith("lb1: ")
    lb1.agent.stop()
    assert not os.path.exists(path)
    assert "No such file or directory" in vipherd(lb1, "probe").stderr


def test_without_a_place_for_the_socket_the_agent_runs_on_until_there_is_one(lab, lb1):
    log = Log(lb1)
    with open(lb1.host.path(CONFIGURATION)) as file:
        text = file.read()
    elsewhere = "/run/later/vipherd/control.sock"
    restart(lb1, text.replace("[api]\n", f'[api]\ncontrol_socket = "{elsewhere}"\n'))
    log.expect("no control socket", 1)
    [line] = log.matching("no control socket")
    assert "the directory /run/later/vipherd cannot be made: No such file or directory" in line
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))
    eventually(lambda: lb1.agent.get("/health")[0], 503)
    eventually(lambda: ["no control socket" in problem for problem in lb1.agent.get("/health")[1]["problems"]], [True])
    os.mkdir(lb1.host.path("/run/later"))
    eventually(lambda: lb1.agent.get("/health")[0], 200)
    assert ok(lb1, "status", "--socket", elsewhere).startswith("lb1: ")


def test_a_socket_that_somebody_removed_comes_back(lab, lb1):
    os.unlink(lb1.host.path(SOCKET))
    eventually(lambda: vipherd(lb1, "status").returncode, 0)


def test_slow_clients_of_the_socket_lock_nobody_out(lab, lb1):
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            client = stack.enter_context(socket.socket(socket.AF_UNIX))
            client.settimeout(20)
            client.connect(lb1.host.path(SOCKET))
            client.sendall(b"POST /v1/pro")
        assert "web/http  pass" in ok(lb1, "probe")
