"""The HTTP endpoint: what it says, and that slow and malformed clients hurt neither it nor the checks."""

import contextlib
import random
import re
import socket

import configs
from look import ALL, PATIENCE, Log, check, eventually, eventually_true, expect, fib, restart, set_configuration, status
from shared import both_protocols, ok, vipherd
from vipherd_lab import scenarios
from vipherd_lab.agent import API_PORT, CONFIGURATION

HEALTHY = {"healthy": True, "state": "healthy", "node": "lb1", "problems": [], "notices": []}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@both_protocols
def test_health_is_200_or_503_with_the_reasons(lab, lb1):
    assert lb1.agent.get("/health") == (200, HEALTHY)
    scenarios.prepare(lab, "nginx-500", lb1)()
    eventually(lambda: lb1.agent.get("/health")[0], 503)
    told = lb1.agent.get("/health")[1]
    assert (told["healthy"], told["node"]) == (False, "lb1")
    assert any("web" in problem and "500" in problem for problem in told["problems"])
    scenarios.heal(lab, lb1)
    eventually(lambda: lb1.agent.get("/health"), (200, HEALTHY))


def test_status_tells_everything(lab, lb1):
    told = status(lb1)
    assert told["node"] == "lb1"
    assert told["announcer"] == "zapi"
    assert told["agent"]["state"] == "running"
    assert (told["zebra"]["state"], f"FRR {lb1.frr.version} " in told["zebra"]["why"]) == ("connected", True)
    assert told["config"]["state"] == "applied"
    assert told["last_reaction_ms"] > 0
    [service] = told["services"]
    assert (service["name"], service["enabled"], service["vips"]) == ("web", True, ALL)
    [http] = service["checks"]
    assert (http["name"], http["type"], http["fails"]) == ("http", "http", 0)
    assert http["last"]["pass"] is True
    assert http["last"]["reason"] == "status 200"
    assert 0 < http["last"]["latency_ms"] < 1000 * float(lab.settings["timeout"].removesuffix("s"))
    assert {vip["vip"]: (vip["service"], vip["wanted"], vip["attached"]["state"], vip["announced"]["state"], vip["tag"],
                         vip["metric"]) for vip in told["vips"]} == {
        vip: ("web", True, "attached", "announced", 100, 0) for vip in ALL}
    facts = [told["agent"], told["zebra"], told["config"], service["verdict"], http["verdict"],
             *[vip[step] for vip in told["vips"] for step in ("attached", "announced")]]
    for fact in facts:
        assert TIME.fullmatch(fact["since"]) and fact["since"] <= told["now"]
        assert fact["why"]


def test_status_tells_what_failed_and_why(lab, lb1):
    scenarios.prepare(lab, "nginx-hang", lb1)()
    eventually(lambda: check(lb1)["verdict"]["state"], "down")
    told = check(lb1)
    assert told["fails"] >= 1
    assert told["last"]["pass"] is False
    assert f"within {configs.timeout_in_words(lab)}" in told["last"]["reason"]
    eventually(lambda: {vip["announced"]["state"] for vip in status(lb1)["vips"]}, {"withdrawn"})
    for vip in status(lb1)["vips"]:
        assert vip["wanted"] is False
        assert "service web is down" in vip["announced"]["why"]


def test_what_is_described_is_answered(lab, lb1):
    code, described = lb1.agent.get("/openapi.json")
    assert code == 200
    for path, operations in described["paths"].items():
        # A stream does not end.
        if "get" in operations and "text/event-stream" not in operations["get"]["responses"]["200"]["content"]:
            assert lb1.agent.get(path.replace("{SERVICE}", "web"))[0] == 200, path


def test_unknown_paths_and_methods(lab, lb1):
    assert lb1.agent.get("/nothing")[0] == 404
    with connected(lb1) as client:
        client.sendall(b"DELETE /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 405 ")


@contextlib.contextmanager
def connected(node):
    with node.host.network():
        client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with client:
        client.settimeout(PATIENCE)
        client.connect(("127.0.0.1", API_PORT))
        yield client


def probes_so_far(node):
    told = check(node)
    assert told["fails"] == 0
    return told["passes"]


def expect_unhurt(node):
    """The agent answers others and goes on probing."""
    assert node.agent.get("/health", timeout=PATIENCE)[0] == 200
    before = probes_so_far(node)
    eventually_true("three more probes", lambda: probes_so_far(node) >= before + 3)


def test_clients_that_say_nothing_or_very_little_are_ended(lab, lb1):
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connected(lb1)) for _ in range(60)]
        for number, client in enumerate(clients):
            client.sendall(b"GET /health HTTP/1.1\r\nX-Slow: "[:number])
        expect_unhurt(lb1)
        # Not only does it not wait for them, it does not keep them.
        for client in clients:
            assert ends(client)
        expect_unhurt(lb1)


def ends(client):
    """Whether the server closes the connection; socket.timeout if it does not."""
    with contextlib.suppress(ConnectionResetError):
        while client.recv(65536):
            pass
    return True


def test_more_clients_than_there_is_room_for_lock_nobody_out(lab, lb1):
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(connected(lb1)).sendall(b"GET /v1/st")
        expect_unhurt(lb1)


def test_garbage_hurts_nobody(lab, lb1):
    chance = random.Random(7)
    garbage = [b"\x00" * 5000, b"\r\n" * 5000, b"GET / HTTP/9.9\r\n\r\n", b"A" * 100000,
               b"GET /health HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
               b"POST /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzzzz\r\n",
               *[chance.randbytes(chance.randrange(1, 4000)) for _ in range(30)]]
    for data in garbage:
        with connected(lb1) as client, contextlib.suppress(ConnectionResetError, BrokenPipeError):
            client.sendall(data)
            with contextlib.suppress(OSError):  # it may have had enough already
                client.shutdown(socket.SHUT_WR)
            answer = client.recv(4096)
            assert answer == b"" or answer.startswith(b"HTTP/1."), answer
    expect_unhurt(lb1)


def test_a_client_that_reads_nothing_is_ended(lab, lb1):
    with connected(lb1) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError, ConnectionResetError, BrokenPipeError):
            for _ in range(20000):
                client.send(b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
        expect_unhurt(lb1)
        client.settimeout(PATIENCE)
        assert eventually_true("the server to give up", lambda: is_reset(client))


def is_reset(client):
    """Whether the other side has gone, judged without reading what it sent."""
    try:
        client.send(b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n", socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except (ConnectionResetError, BrokenPipeError):
        return True
    return False


def configured(node, **api):
    """The node's configuration with these keys in [api]."""
    with open(node.host.path(CONFIGURATION)) as file:
        head, _, rest = file.read().partition("[api]\n")
    rest = rest.partition("\n")[2]  # without `listen`
    return f"{head}[api]\n" + "".join(f"{key} = {value}\n" for key, value in api.items()) + rest


def test_a_busy_port_costs_nothing_but_the_endpoint_and_only_for_as_long(lab, lb1):
    log = Log(lb1)
    lb1.agent.stop()
    with configs.listening(lb1, API_PORT):
        lb1.agent.start()
        lb1.agent.wait_ready()
        eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))
        told = vipherd(lb1, "status", "--wide")
        assert told.returncode == 1
        assert f"no endpoint (api.listen): cannot listen on 127.0.0.1:{API_PORT}: Address already in use" in told.stdout
        assert lb1.agent.status()["starts"] == 1
    eventually(lambda: lb1.agent.get("/health")[0], 200)
    assert "Address already in use" not in ok(lb1, "status", "--wide")
    log.expect("no endpoint", 1)  # it was tried several times
    log.expect("the endpoint .* is there now", 1)


def test_an_address_that_comes_later_is_listened_on_then(lab, lb1):
    restart(lb1, configured(lb1, listen=f'"[2001:db8:99::1]:{API_PORT}"'))
    assert "Cannot assign requested address" in vipherd(lb1, "status", "--wide").stdout
    lb1.host.run(["ip", "address", "add", "2001:db8:99::1/128", "dev", "lo", "nodad"])
    try:
        eventually(lambda: vipherd(lb1, "status", "--url", f"http://[2001:db8:99::1]:{API_PORT}").returncode, 0)
    finally:
        lb1.host.run(["ip", "address", "del", "2001:db8:99::1/128", "dev", "lo"])


def test_without_an_endpoint_the_control_socket_tells(lab, lb1):
    restart(lb1, configured(lb1, listen='""'))
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))
    assert lb1.agent.get("/health")[0] is None
    eventually(lambda: vipherd(lb1, "status").returncode, 0)


def answer_for(node, host):
    with connected(node) as client:
        client.sendall(f"GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return int(client.recv(4096).split()[1])


def test_it_answers_to_its_addresses_and_its_names_alone(lab, lb1):
    """So that no page of another program's name can have a browser on the node read it (DNS rebinding)."""
    for host in (f"127.0.0.1:{API_PORT}", "[::1]", "localhost", "lb1"):
        assert answer_for(lb1, host) == 200
    for host in ("evil.example", f"lb1.evil.example:{API_PORT}", "127.0.0.1.evil.example"):
        assert answer_for(lb1, host) == 421
    set_configuration(lb1, configured(lb1, listen=f'"127.0.0.1:{API_PORT}"', hosts='["lb1.example.com"]'))
    lb1.agent.reload()
    eventually(lambda: answer_for(lb1, "lb1.example.com"), 200)
    assert answer_for(lb1, "evil.example") == 421
