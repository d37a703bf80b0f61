"""What /health, /health/SERVICE and the exit code of `vipherd status` make of a service's life: well, drained, disabled,
down, and back. docs/operations.md ("What is healthy") has the whole table, which a unit test holds together with the code.
"""

import http.client
import json
import os
import socket

import configs
import pytest
from look import (IPV4, IPV6, eventually, eventually_true, expect, fib, reload, reload_if_possible, set_configuration,
                  vip_states)
from shared import both_protocols, ok, vipherd
from vipherd_lab import scenarios
from vipherd_lab.agent import API_PORT

WEB = [IPV4[0], IPV4[1], IPV6[0]]
OTHER = [IPV4[2], IPV6[1], IPV6[2]]


def ask(node, method, path):
    """(status code, body as text), over a connection of its own."""
    with node.host.network():
        connection = socket.create_connection(("127.0.0.1", API_PORT), timeout=10)
    client = http.client.HTTPConnection("127.0.0.1", API_PORT)
    client.sock = connection
    try:
        client.request(method, path)
        answer = client.getresponse()
        return answer.status, answer.read().decode()
    finally:
        client.close()


def health(node, path=""):
    """(code, state) of GET /health…"""
    code, body = ask(node, "GET", f"/health{path}")
    told = json.loads(body)
    assert told["healthy"] == (told["state"] != "unhealthy")
    return code, told["state"]


def codes(node, method="GET"):
    """Of every way to ask: the node, each service, and what is to count."""
    paths = ("/health", "/health?drained=503", "/health?notices=503", "/health/web", "/health/web?drained=503",
             "/health/other?drained=503&notices=503")
    answers = [ask(node, method, path) for path in paths]
    assert all((body == "") == (method == "HEAD") for _, body in answers)
    return [code for code, _ in answers]


def exits(node):
    return [vipherd(node, "status", *options).returncode for options in ([], ["--fail-drained"], ["--fail-notices"])]


def notices(node, path=""):
    return json.loads(ask(node, "GET", f"/health{path}")[1])["notices"]


ALL_IS_WELL = [200, 200, 200, 200, 200, 200]
WEB_IS_OUT = [200, 503, 503, 200, 503, 200]
WEB_IS_DOWN = [503, 503, 503, 503, 503, 200]


def services(**web):
    return {"web": {**configs.service(WEB, **web), "drain.hold": "0s", "drain.timeout": "0s"},
            "other": configs.service(OTHER, {"port": configs.tcp(8081)})}


@pytest.fixture
def two_services(lab, lb1):
    """`web` is nginx, `other` is a port that is listened on for as long as the test lasts."""
    with configs.listening(lb1, 8081):
        reload(lb1, configs.render(lab, services()))
        eventually(lambda: set(vip_states(lb1).values()), {("attached", "announced")})
        eventually(lambda: codes(lb1), ALL_IS_WELL)
        yield
        try:
            ok(lb1, "resume")
        finally:
            ok(lb1, "enable", "web")


@both_protocols
def test_a_service_is_well_then_drained_disabled_down_and_back(lab, lb1, two_services):
    assert exits(lb1) == [0, 0, 0]

    ok(lb1, "drain", "web", "--wait")
    assert codes(lb1) == codes(lb1, "HEAD") == WEB_IS_OUT
    assert exits(lb1) == [0, 1, 1]
    assert (health(lb1), health(lb1, "/web"), health(lb1, "/other")) == (
        (200, "drained"), (200, "drained"), (200, "healthy"))
    assert f"VIP {WEB[0]} is drained: the operator drains service web (root)" in notices(lb1, "/web")
    text = ok(lb1, "status")
    assert "lb1: drained" in text and "NOTICES" in text and "PROBLEMS" not in text

    # Down while it is drained is what a drain is for.
    scenarios.prepare(lab, "nginx-500", lb1)()
    eventually_true("web to be down", lambda: [text for text in notices(lb1) if "is down while its VIPs are" in text])
    assert codes(lb1) == WEB_IS_OUT
    ok(lb1, "resume", "web")
    assert codes(lb1) == codes(lb1, "HEAD") == WEB_IS_DOWN
    assert exits(lb1) == [1, 1, 1]
    assert (health(lb1), health(lb1, "/web"), health(lb1, "/other")) == (
        (503, "unhealthy"), (503, "unhealthy"), (200, "healthy"))

    ok(lb1, "disable", "web")
    assert codes(lb1) == WEB_IS_OUT
    assert exits(lb1) == [0, 1, 1]
    assert notices(lb1) == notices(lb1, "/web") == ["service web is disabled by the operator (root)"]

    os.unlink(lb1.nginx.error_flag)
    ok(lb1, "enable", "web")
    eventually(lambda: codes(lb1), ALL_IS_WELL)
    eventually(lambda: {vip: nodes for vip, nodes in fib(lab).items() if vip in WEB}, expect(WEB, {"lb1", "lb2"}))
    assert exits(lb1) == [0, 0, 0]


def test_the_configuration_and_operators_weights_are_notices(lab, lb1, two_services):
    good = configs.render(lab, services(enabled=False))
    reload(lb1, good)
    eventually(lambda: notices(lb1), ["service web is disabled by the configuration"])
    assert (health(lb1), health(lb1, "/web")) == ((200, "healthy"), (200, "drained"))
    assert codes(lb1) == [200, 200, 503, 200, 503, 200]
    assert exits(lb1) == [0, 0, 1]

    set_configuration(lb1, good.replace("enabled", "enabeld"))
    assert not reload_if_possible(lb1)
    eventually_true("the notice", lambda: [text for text in notices(lb1) if "the last reload was rejected" in text])
    assert health(lb1) == (200, "healthy")
    assert notices(lb1, "/other") == []

    reload(lb1, configs.render(lab, services()))
    eventually(lambda: codes(lb1), ALL_IS_WELL)
    ok(lb1, "weight", "30")
    try:
        assert notices(lb1) == notices(lb1, "/other") == ["the operator gives this node a weight of 30%"]
        assert (health(lb1), exits(lb1)) == ((200, "healthy"), [0, 0, 1])
    finally:
        ok(lb1, "weight", "0")
    eventually(lambda: codes(lb1), ALL_IS_WELL)


def test_a_question_that_is_not_understood_is_refused_with_what_is(lab, lb1):
    def refusal(path):
        assert ask(lb1, "HEAD", path) == (ask(lb1, "GET", path)[0], "")
        code, body = ask(lb1, "GET", path)
        return code, json.loads(body)["error"]
    assert refusal("/health/wbe") == (404, 'there is no service "wbe"; there are: web')
    assert ask(lb1, "GET", "/health/w%65b")[0] == 200
    for path in ("/health/", "/health/web%2F", "/health/w%zz", "/health?x", "/health?drained=1", "/health/web?drained=503&",
                 "/health?drained=503&drained=503"):
        code, error = refusal(path)
        assert (code, "expected" in error) == (400, True), path
    assert ask(lb1, "POST", "/health/web")[0] == 405
