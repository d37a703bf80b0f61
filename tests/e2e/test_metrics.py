"""What Prometheus is told, and what its own tools say of that."""

import json
import os
import re
import subprocess

import pytest
from look import ALL, IPV4, eventually, eventually_true, expect, fib
from shared import ok
from vipherd_lab import scenarios

SOURCE = os.path.realpath(f"{os.path.dirname(__file__)}/../..")


def scrape(node):
    code, text = node.agent.get("/metrics")
    assert code == 200
    return text


def samples(node):
    """Name with labels, as written -> value."""
    return {name: float(value) for name, value in
            (line.rsplit(" ", 1) for line in scrape(node).splitlines() if not line.startswith("#"))}


def promtool(*arguments, text=None):
    return subprocess.run(["promtool", *arguments], input=text, text=True, capture_output=True, timeout=60, check=False)


def test_promtool_finds_no_fault(lab, lb1):
    told = promtool("check", "metrics", text=scrape(lb1))
    assert (told.returncode, told.stdout + told.stderr) == (0, "")


def test_a_failure_and_a_return_are_counted(lab, lb1):
    vip = f'{{service="web",vip="{IPV4[0]}"}}'
    down = 'vipherd_check_transitions_total{check="http",service="web",to="down"}'
    before = samples(lb1)
    assert before["vipherd_healthy"] == before['vipherd_service_up{service="web"}'] == 1
    assert before[f"vipherd_vip_announced{vip}"] == before[f"vipherd_vip_attached{vip}"] == 1
    eventually_true("a neighbor", lambda: samples(lb1).get(
        f'vipherd_vip_neighbors{{service="web",vip="{IPV4[0]}",daemon="ospfd"}}') == 1)
    scenarios.prepare(lab, "nginx-stop", lb1)()
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    eventually(lambda: samples(lb1)[f"vipherd_vip_attached{vip}"], 0)
    after = samples(lb1)
    assert after["vipherd_healthy"] == after['vipherd_service_up{service="web"}'] == 0
    assert after[f"vipherd_vip_announced{vip}"] == after[f"vipherd_vip_wanted{vip}"] == 0
    assert after[down] == before.get(down, 0) + 1
    assert after["vipherd_withdraw_seconds_count"] == before["vipherd_withdraw_seconds_count"] + len(ALL)
    failed = 'vipherd_probes_total{check="http",result="fail",service="web"}'
    assert after[failed] > before.get(failed, 0)
    assert after["vipherd_reaction_seconds_count"] > before["vipherd_reaction_seconds_count"]
    assert after["process_resident_memory_bytes"] > 1e6 and after["process_open_fds"] > 5
    assert after["process_start_time_seconds"] == pytest.approx(before["process_start_time_seconds"], abs=1)


def test_a_drain_does_not_look_like_a_failure(lab, lb1):
    ok(lb1, "drain", "--force")
    try:
        eventually(lambda: samples(lb1)["vipherd_drained"], 1)
        seen = samples(lb1)
        assert seen["vipherd_healthy"] == seen['vipherd_service_up{service="web"}'] == 1
        assert seen['vipherd_service_drained{service="web"}'] == 1
        assert {seen[f'vipherd_vip_drained{{service="web",vip="{vip}"}}'] for vip in ALL} == {1}
    finally:
        ok(lb1, "resume")
    eventually(lambda: samples(lb1)["vipherd_drained"], 0)


def test_the_alerts_say_what_they_should():
    told = promtool("test", "rules", f"{SOURCE}/tests/golden/alerts_test.yml", f"{SOURCE}/tests/golden/fleet_test.yml")
    assert told.returncode == 0, told.stdout + told.stderr


def test_every_expression_of_the_dashboard_is_valid(tmp_path):
    with open(f"{SOURCE}/deploy/monitoring/dashboard.json") as file:
        dashboard = json.load(file)
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    assert len(expressions) >= 20
    # As Grafana fills in its variables.
    filled = [re.sub(r"\$instance", ".*", expression).replace("$__rate_interval", "1m") for expression in expressions]
    rules = {"groups": [{"name": "dashboard", "rules": [{"record": f"panel{number}", "expr": expression}
                                                        for number, expression in enumerate(filled)]}]}
    path = tmp_path / "rules.yml"
    path.write_text(json.dumps(rules))  # JSON is YAML
    told = promtool("check", "rules", str(path))
    assert told.returncode == 0, told.stdout + told.stderr
