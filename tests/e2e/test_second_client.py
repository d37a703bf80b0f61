"""A second agent beside the first, and what belongs to the first stays.

With the same route protocol it is refused at its start: each would take the other's local routes for left
over ones. With another one zebra's session is refused, as both are clients of the same route type: if either
closed, zebra would drop the routes of both.
"""

import contextlib
import http.client
import json
import os
import shutil
import socket
import time

import configs
from listener import RouteListener
from look import (ALL, PATIENCE, eventually, eventually_true, expect, fib, frr_routes, local_routes, router_changes,
                  status)
from shared import both_protocols, ok, vipherd
from vipherd_lab.agent import CONFIGURATION

PORT = 9118
VIP = "10.10.10.99"
SECOND = "/etc/vipherd/second.toml"


def get(node, path):
    """As Agent.get, from the second agent's endpoint."""
    with node.host.network():
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    client = http.client.HTTPConnection("127.0.0.1", PORT)
    client.sock = connection
    connection.settimeout(2)
    try:
        connection.connect(("127.0.0.1", PORT))
        client.request("GET", path)
        return json.loads(client.getresponse().read())
    except OSError:
        return None
    finally:
        client.close()


def start_second(lab, node, vips):
    """With these keys in [vips]: (process, path of its log)."""
    with open(node.host.path(SECOND), "w") as file:
        file.write(configs.render(lab, {"web": configs.service([VIP])}, port=PORT,
                                  extra=f'[vips]\npool = ["10.10.10.0/24"]\n{vips}'))
    log = node.host.path("/var/log/second.log")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(log)
    return node.host.start([node.agent.binary, "run", "--config", SECOND], log), log


@contextlib.contextmanager
def second_agent(lab, node):
    child, log = start_second(lab, node, "route_protocol = 119\n")
    try:
        eventually_true("the second agent's answer", lambda: get(node, "/health"))
        yield child, log
    finally:
        child.terminate()
        assert child.wait(PATIENCE) == 0


def refusals(log):
    with open(log) as file:
        return sum("another client of route type openfabric" in line for line in file)


@both_protocols
def test_the_second_is_refused_and_the_first_keeps_its_routes(lab, lb1):
    with lab.watch(ALL) as watch:
        begin = time.monotonic_ns()
        with second_agent(lab, lb1) as (child, log):
            eventually_true("the reason in the second agent's status",
                            lambda: "another client of route type openfabric" in get(lb1, "/v1/status")["zebra"]["why"])
            told = get(lb1, "/v1/status")
            assert told["zebra"]["state"] == "disconnected"
            assert [vip["announced"]["state"] for vip in told["vips"]] == ["withdrawn"]
            assert get(lb1, "/health")["healthy"] is False
            eventually(lambda: refusals(log), 1)  # it tries again, but says it once
            assert status(lb1)["zebra"]["state"] == "connected"
        assert router_changes(watch, begin) == []
    assert frr_routes(lb1) == set(ALL)
    assert fib(lab) == expect(ALL, {"lb1", "lb2"})


def test_the_second_takes_over_when_the_first_has_gone(lab, lb1):
    with second_agent(lab, lb1):
        eventually_true("the refusal", lambda: "another client" in get(lb1, "/v1/status")["zebra"]["why"])
        lb1.agent.stop()
        eventually(lambda: get(lb1, "/v1/status")["zebra"]["state"], "connected")
        eventually(lambda: fib(lab).get(VIP), {"lb1"})


def expect_no_clean_up(node, path):
    done = vipherd(node, "cleanup", "--config", path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "vipherd: a running vipherd has the routes of protocol 118: nothing removed\n"


def test_the_second_with_the_same_route_protocol_is_refused_at_its_start(lab, lb1):
    with lab.watch(ALL) as watch, RouteListener(lb1.host) as kernel:
        begin = time.monotonic_ns()
        child, log = start_second(lab, lb1, "")
        assert child.wait(PATIENCE) == 1
        with open(log) as file:
            assert "another vipherd in this network namespace has the routes of protocol 118" in file.read()
        # What ExecStopPost= of the second one's unit does.
        expect_no_clean_up(lb1, SECOND)
        assert kernel.changes() == []
        assert router_changes(watch, begin) == []
    assert local_routes(lb1) == frr_routes(lb1) == set(ALL)


def test_a_clean_up_beside_the_living_agent_removes_nothing(lab, lb1):
    with lab.watch(ALL) as watch, RouteListener(lb1.host) as kernel:
        begin = time.monotonic_ns()
        expect_no_clean_up(lb1, CONFIGURATION)
        assert kernel.changes() == []
        assert router_changes(watch, begin) == []
    assert local_routes(lb1) == set(ALL)


# Any user can bind it, for as long as they like.
SQUATTER = r"""
import socket, time
squatter = socket.socket(socket.AF_UNIX)
squatter.bind("\0vipherd/route-protocol/118")
print("bound", flush=True)
time.sleep(600)
"""


def test_no_other_user_can_keep_the_agent_or_the_clean_up_from_starting(lab, lb1):
    lb1.agent.stop()
    become = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "--"]
    output = lb1.host.path("/var/log/squatter.log")
    squatter = lb1.host.start([*become, "/usr/bin/python3", "-c", SQUATTER], output)
    try:
        eventually_true("the squatter's socket", lambda: "bound" in open(output).read())
        assert ok(lb1, "cleanup", "--config", CONFIGURATION) == "removed 0 VIP routes of protocol 118\n"
        lb1.agent.start()
        lb1.agent.wait_ready()
        eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))
        denied = vipherd(lb1, "cleanup", "--config", CONFIGURATION,
                         become=["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "--"],
                         binary=copy_for_all(lb1))
        assert denied.returncode == 1
        assert "cannot make sure that no other vipherd has the routes" in denied.stderr
    finally:
        squatter.kill()
        squatter.wait()


def copy_for_all(node):
    """A user's home may be closed to others: the binary is run from where everybody may."""
    shutil.copy(node.agent.binary, node.host.path("/run/vipherd-for-all"))
    return "/run/vipherd-for-all"
