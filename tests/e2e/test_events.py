"""What has changed, why, and who asked for it: `vipherd events`, the API and its stream, `vipherd reload`, `--for`."""

import http.server
import json
import os
import re
import subprocess
import threading

import pytest
from look import ALL, IPV4, eventually, eventually_true, expect, fib, restart, set_configuration, status
from shared import ok, vipherd
from vipherd_lab import scenarios
from vipherd_lab.agent import CONFIGURATION

BOTH = {"lb1", "lb2"}
SERVICE = "web"
WEBHOOK = os.path.join(os.path.dirname(__file__), "../../deploy/notify/webhook")


def events(node, *arguments):
    return [json.loads(line) for line in ok(node, "events", "--json", *arguments).splitlines()]


def last_of(node):
    """The ID of the last event, as text: what comes later has a greater one."""
    return events(node, "-n", "1")[-1]["id"]


def since(node, last, *arguments):
    return [event for event in events(node, "-n", "1000", *arguments) if event["id"] > last]


def configuration(node):
    with open(node.host.path(CONFIGURATION)) as file:
        return file.read()


def whole_lines(path):
    """Without one that is still being written."""
    return path.read_text().rpartition("\n")[0].splitlines()


@pytest.fixture
def follow(lb1, tmp_path):
    """Starts `vipherd events -f` beside the test, and gives what it has printed so far."""
    processes = []

    def start(*arguments):
        log = tmp_path / f"followed{len(processes)}"
        processes.append(lb1.host.start([lb1.agent.binary, "events", "-f", "--json", *arguments], str(log)))
        return lambda: [json.loads(line) for line in whole_lines(log) if line.startswith("{")]

    yield start
    for process in processes:
        process.terminate()
        process.wait(10)


@pytest.fixture
def follower(follow):
    printed = follow("-n", "1")
    eventually_true("the first line", printed)
    return printed


def follows(node, printed, last, *arguments):
    """Until a follower has printed all that has happened. More may be on its way: it is asked for anew each time."""
    eventually_true("what has happened", lambda: [event["id"] for event in printed() if event["id"] > last]
                    == [event["id"] for event in since(node, last, *arguments)])


def test_a_failure_is_told_with_its_cause_from_check_to_router_and_followed(lab, lb1, follower):
    last = last_of(lb1)
    scenarios.prepare(lab, "nginx-kill", lb1)()
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    eventually_true("the last step", lambda: any(e.get("state") == "detached" for e in since(lb1, last)))
    told = since(lb1, last)
    steps = [(event["kind"], event["state"]) for event in told if event["kind"] != "remark"]
    assert steps[:2] == [("check", "down"), ("service", "down")]
    assert steps.count(("vip", "withdrawn")) == len(ALL)
    assert told[0]["text"].startswith("check web/http down: ")
    of_vip = [event for event in since(lb1, last, "--vip", IPV4[0]) if event["kind"] != "remark"]
    assert [event["state"] for event in of_vip][:2] == ["withdrawing", "withdrawn"]
    assert all(event["service"] == SERVICE for event in since(lb1, last, "--service", SERVICE))
    follows(lb1, follower, last)


def test_who_took_something_out_and_why_is_shown_until_it_returns_by_itself(lab, lb1):
    last = last_of(lb1)
    ok(lb1, "disable", SERVICE, "--reason", "kernel upgrade", "--for", "8s")
    [said] = status(lb1)["instructions"]
    assert (said["command"], said["scope"], said["reason"]) == ("disable", {"service": SERVICE}, "kernel upgrade")
    assert said["by"].startswith("root")
    assert "disabled by the operator (root" in ok(lb1, "status")
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    eventually(lambda: fib(lab), expect(ALL, BOTH))
    assert status(lb1)["instructions"] == []
    told = [(event["state"], event.get("by", "")) for event in since(lb1, last) if event["kind"] == "command"]
    assert [state for state, _ in told] == ["disable", "enable"]
    assert told[0][1].startswith("root")
    assert told[1][1] == "", "the time was over: no operator asked"
    done = vipherd(lb1, "drain", "--reason", "two\nlines")
    assert (done.returncode, "expected one line" in done.stderr) == (2, True)


@pytest.fixture
def resumed(lb1):
    """Whatever the test has drained returns."""
    yield
    ok(lb1, "resume")


def test_a_drain_with_an_end_outlives_the_agent(lb1, resumed):
    ok(lb1, "drain", "--for", "1h", "--reason", "disk")
    restart(lb1, configuration(lb1))
    [said] = status(lb1)["instructions"]
    assert (said["reason"], said["scope"]) == ("disk", {"node": True})
    assert re.fullmatch(r"[-0-9T:.]+Z", said["until"])


def test_what_has_happened_outlives_the_agent_and_a_follower_misses_nothing(lab, lb1, follower):
    last = last_of(lb1)
    restart(lb1, configuration(lb1))
    eventually(lambda: fib(lab), expect(ALL, BOTH))
    eventually_true("the end and the start", lambda: {"stopped", "started"} <= {
        event.get("state") for event in since(lb1, last) if event["kind"] == "agent"})
    eventually_true("what came before", lambda: events(lb1, "-n", "1000")[0]["id"] <= last)
    follows(lb1, follower, last)


def test_a_follower_that_wants_nothing_old_misses_nothing_new_either(lab, lb1, follow):
    of_all, of_service, of_none = follow("-n", "0"), follow("-n", "0", "--service", SERVICE), follow("--vip", "192.0.2.1")
    # Each may still be connecting.
    marked = eventually_true("an event", lambda: ok(lb1, "clear-damping", SERVICE) and of_all() and of_service())
    assert {event["state"] for event in marked} == {"clear-damping"}
    last = last_of(lb1)
    restart(lb1, configuration(lb1))
    eventually(lambda: fib(lab), expect(ALL, BOTH))
    follows(lb1, of_all, last)
    follows(lb1, of_service, last, "--service", SERVICE)
    assert of_none() == []


def test_a_reload_is_waited_for_and_tells_every_fault(lb1):
    text = configuration(lb1)
    assert ok(lb1, "reload") == "the configuration is in force\n"
    set_configuration(lb1, text + "nonsense = 1\nmore = 2\n")
    done = vipherd(lb1, "reload")
    assert done.returncode == 2
    assert [bool(re.match(rf"{CONFIGURATION}:[0-9]+:[0-9]+: ", line)) for line in done.stderr.splitlines()] == [
        True, True, False]
    assert "nothing was changed" in done.stderr
    set_configuration(lb1, text)
    ok(lb1, "reload")
    assert status(lb1)["config"]["state"] == "applied"


def test_the_stream_goes_on_where_a_client_left_off(lb1):
    last = events(lb1, "-n", "3")[0]["id"]

    def stream(*arguments, seconds=5):
        done = subprocess.run(lb1.host.command(["curl", "-sN", "--max-time", str(seconds), *arguments]), capture_output=True,
                              text=True, timeout=30)
        return [int(line.removeprefix("id: ")) for line in done.stdout.splitlines() if line.startswith("id: ")]

    wanted = [event["id"] for event in since(lb1, last)]
    url = "http://127.0.0.1:21180/v1/events/stream"
    assert stream(f"{url}?after={last}")[:2] == wanted[:2]
    assert stream("-H", f"Last-Event-ID: {last}", f"{url}?after=0")[:2] == wanted[:2]
    assert stream(url, seconds=1) == []


def test_answers_are_as_the_api_describes_them(lab, lb1, resumed):
    jsonschema = pytest.importorskip("jsonschema")

    def get(path):
        status, body = lb1.agent.get(path)
        assert status == 200, path
        return json.loads(body) if isinstance(body, str) else body

    description = get("/openapi.json")

    def check(name, answer):
        jsonschema.validate(answer, {"$ref": f"#/components/schemas/{name}", "components": description["components"]})

    ok(lb1, "drain", IPV4[0], "--reason", "disk", "--for", "1h")
    scenarios.prepare(lab, "nginx-kill", lb1)()
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    check("Status", get("/v1/status?recent=1"))
    check("Events", get("/v1/events?limit=1000"))
    check("Health", lb1.agent.get("/health")[1])
    with pytest.raises(jsonschema.ValidationError):
        check("Status", {"node": "lb1"})


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_events_are_posted_to_a_web_hook(lb1, tmp_path):
    with lb1.host.network():
        server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
    server.posted = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # As vipherd-notify@.service runs it.
    line = (f"{lb1.agent.binary} events --url http://127.0.0.1:21180 --follow --lines 0 --json | "
            f"HOOK_LEVELS=info HOOK_URL=http://127.0.0.1:{server.server_port}/ {os.path.abspath(WEBHOOK)}")
    process = lb1.host.start(["sh", "-c", line], str(tmp_path / "log"))
    try:
        # It may still be connecting.
        eventually_true("an event", lambda: ok(lb1, "weight", "100") and server.posted)
        assert (server.posted[0]["kind"], server.posted[0]["state"]) == ("command", "weight")
        assert server.posted[0]["by"].startswith("root")
    finally:
        ok(lb1, "weight", "0")
        os.killpg(process.pid, 15)
        process.wait(10)
        server.shutdown()
        server.server_close()
