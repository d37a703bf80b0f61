"""`vipherd integrate` beside HAProxy, nginx with TLS and HTTP/2, NSD and unbound: two load balancers that boot, behind a
router with equal-cost routes, and services that systemd stops and restarts on one of them after the other, under load.
Configured by the files of deploy/examples."""

import contextlib
import os
import subprocess

import pytest
from look import eventually, expect, fib
from machines import booted_node, install, took
from routers import keeping_connections
from shared import ROOT, lab_name
from vipherd_lab import booted, client
from vipherd_lab.lab import Lab, down_undisturbed
from vipherd_lab.measure import L4Hashing

EXAMPLES = f"{ROOT}/deploy/examples"
NODES = {"lb1", "lb2"}
DNS = ["10.10.10.10", "10.10.10.11", "10.10.10.12", "2001:db8:10::10", "2001:db8:10::11", "2001:db8:10::12"]
# Unit: (VIPs, the client's kind of requests, how many a second to each of two VIPs). A handshake costs both ends a lot.
SERVICES = {
    "haproxy": (["10.10.10.19", "2001:db8:10::19"], "web", 250),
    "nginx": (["10.10.10.20", "2001:db8:10::20"], "h2", 50),
    "unbound": (["10.10.10.21", "2001:db8:10::21"], "dns", 250),
    "nsd": ([DNS[0], DNS[3]], "dns", 250),
}
VIPS = [*DNS, *(vip for name in ("haproxy", "nginx", "unbound") for vip in SERVICES[name][0])]
HOLD = 1.5


def example(path):
    with open(f"{EXAMPLES}/{path}") as file:
        return file.read()


def configuration(protocol):
    """Of all four, with a drain that is quick."""
    text = example("services/vipherd.toml") + "[services.dns]" + example("dns/vipherd.toml").split("[services.dns]")[1]
    drains = "".join(f'[services.{name}.drain]\nhold = "{HOLD}s"\n' for name in ("haproxy", "tls", "resolver", "dns"))
    assert 'protocols = ["ospf"]' in text
    return text.replace('protocols = ["ospf"]', f'protocols = ["{protocol}"]') + f"\n{drains}"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Signed by itself: (certificate, key)."""
    directory = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", "/CN=www.example.com", "-addext", "subjectAltName=DNS:www.example.com", "-days", "9",
                    "-keyout", directory / "key", "-out", directory / "crt"], check=True, capture_output=True)
    return [(directory / name).read_text() for name in ("crt", "key")]


def set_up(machine, protocol, certificate):
    name = machine.host.name
    crt, key = certificate
    machine.sh("mkdir -p /etc/nginx/tls")
    for path, text in {
            "/etc/nginx/tls/www.example.com.crt": crt, "/etc/nginx/tls/ca.crt": crt,
            "/etc/nginx/tls/www.example.com.key": key,
            "/etc/nginx/nginx.conf": example("services/nginx-tls.conf"),
            "/etc/haproxy/haproxy.cfg": example("services/haproxy.cfg"),
            "/etc/unbound/unbound.conf": example("services/unbound.conf").replace('"lb1"', f'"{name}"'),
            # All queries come from one client, whom NSD would answer 200 a second.
            "/etc/nsd/nsd.conf": example("dns/nsd.conf").replace("server:\n", "server:\n    rrl-ratelimit: 0\n", 1),
            "/etc/nsd/example.com.zone": example("dns/example.com.zone").replace('"lb1"', f'"{name}"')}.items():
        machine.write(path, text)
    machine.run(["systemctl", "stop", "nginx"])  # which has HAProxy's port
    machine.run(["systemctl", "restart", *SERVICES], timeout=120)
    install(machine, configuration(protocol))


@pytest.fixture(scope="module", params=["ospf", "bgp"])
def machines(request, own_package, certificate, tmp_path_factory):
    """lb1 and lb2, booted, with all four services announced, and each of them integrated."""
    suite = booted.own_suite()
    if not suite:
        pytest.skip("this machine runs neither Debian 12 nor 13")
    directory = tmp_path_factory.mktemp("machines")
    name = lab_name("integrate")
    lab = Lab.up(name, protocol=request.param, binary=os.environ.get("VIPHERD"))
    try:
        with contextlib.ExitStack() as running:
            found = [running.enter_context(booted_node(lab, node, suite, own_package, directory)) for node in sorted(NODES)]
            for machine in found:
                set_up(machine, request.param, certificate)
            announced(lab)
            for machine in found:
                for unit in SERVICES:
                    machine.sh(f"vipherd integrate {unit}.service --install")
            running.enter_context(L4Hashing(lab.router))
            yield found
    finally:
        down_undisturbed(name)


def announced(lab, vips=tuple(VIPS), nodes=NODES):
    """Each VIP over these nodes. Others of the pool are no matter."""
    eventually(lambda: {vip: hops for vip, hops in fib(lab).items() if vip in vips}, expect(vips, nodes), 60)


@contextlib.contextmanager
def loaded(lab, unit):
    """Requests to an IPv4 and an IPv6 VIP of the unit. None of them may fail, and both nodes answer."""
    vips, kind, rate = SERVICES[unit]
    with contextlib.ExitStack() as stack:
        # Of UDP there is nothing to keep: a later query from the same port would follow an earlier one, to a node that left.
        if kind != "dns":
            stack.enter_context(keeping_connections(lab))
        running = {vip: stack.enter_context(client.Client(lab.client, vip, rate, router=lab.router, service=kind, timeout=client.PATIENT))
                   for vip in vips}
        yield
        results = {vip: one.stop() for vip, one in running.items()}
    for vip, result in results.items():
        failed = client.unexplained(result, moves=False)
        assert failed == [], f"{vip}: {len(failed)} of {result['requests']} failed, the first: {failed[:3]}"
        assert set(result["nodes"]) == NODES
        # The client itself kept the rate, but for what a busy machine took away.
        assert result["requests"] > rate * 3


@pytest.mark.alone
@pytest.mark.parametrize("unit", SERVICES)
def test_a_restart_and_a_stop_lose_no_request(machines, unit):
    lb1, lb2 = machines
    vips = tuple(SERVICES[unit][0])
    announced(lb1.lab)
    with loaded(lb1.lab, unit):
        before = lb1.sh(f"systemctl show -P MainPID {unit}")
        # It waited for what is least preferred first.
        assert took(lb1, "systemctl", "restart", unit) > HOLD
        assert lb1.sh(f"systemctl show -P MainPID {unit}") != before
        announced(lb1.lab, vips)
        assert took(lb2, "systemctl", "stop", unit) > HOLD
        announced(lb1.lab, vips, {"lb1"})
        assert lb2.run(["systemctl", "is-active", unit], check=False).stdout.strip() in ("inactive", "failed")
        lb2.run(["systemctl", "start", unit])
        announced(lb1.lab, vips)


def test_an_agent_that_hangs_holds_up_no_stop(machines):
    lb1, _ = machines
    announced(lb1.lab)
    # Without the watchdog, which would end it after 2 s.
    lb1.sh("mkdir -p /run/systemd/system/vipherd.service.d && "
           "printf '[Service]\\nWatchdogSec=0\\n' >/run/systemd/system/vipherd.service.d/hang.conf && "
           "systemctl daemon-reload && systemctl restart vipherd")
    announced(lb1.lab)
    lb1.sh("kill -STOP $(systemctl show -P MainPID vipherd)")
    try:
        # It is given 5 s to answer; the bound that the unit promises is 40 s.
        assert took(lb1, "systemctl", "restart", "haproxy") < 40
        assert lb1.sh("systemctl is-active haproxy") == "active"
        assert "timed out" in lb1.sh("journalctl --no-pager -b -u vipherd-drain-haproxy")
    finally:
        lb1.sh("kill -CONT $(systemctl show -P MainPID vipherd); rm -r /run/systemd/system/vipherd.service.d; "
               "systemctl daemon-reload; systemctl restart vipherd")
    announced(lb1.lab)


def test_an_agent_that_does_not_run_holds_up_no_stop(machines):
    lb1, _ = machines
    lb1.run(["systemctl", "stop", "vipherd"])
    for unit in SERVICES:
        lb1.run(["systemctl", "restart", unit])
        assert lb1.sh(f"systemctl is-active {unit}") == "active"
        assert "no agent runs" in lb1.sh(f"journalctl --no-pager -b -u vipherd-drain-{unit}")
    lb1.run(["systemctl", "start", "vipherd"])
    announced(lb1.lab)
