"""A second client of the same route type is refused: if either closed, zebra would drop the routes of both."""

import contextlib
import http.client
import json
import socket
import time

import configs
from look import ALL, PATIENCE, eventually, eventually_true, expect, fib, frr_routes, router_changes, status
from shared import both_protocols

PORT = 9118
VIP = "10.10.10.99"


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


@contextlib.contextmanager
def second_agent(lab, node):
    path = node.host.path("/etc/vipherd/second.toml")
    with open(path, "w") as file:
        file.write(configs.render(lab, {"web": configs.service([VIP])}, port=PORT,
                                  extra='[vips]\npool = ["10.10.10.0/24"]\nroute_protocol = 119\n'))
    log = node.host.path("/var/log/second.log")
    child = node.host.start([node.agent.binary, "run", "--config", "/etc/vipherd/second.toml"], log)
    try:
        eventually_true("the second agent's answer", lambda: get(node, "/health"))
        yield child, log
    finally:
        child.terminate()
        assert child.wait(PATIENCE) == 0


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
            with open(log) as file:
                refusals = [line for line in file if "another client of route type openfabric" in line]
            assert len(refusals) == 1  # it tries again, but says it once
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
