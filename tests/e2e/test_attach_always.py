"""attach = "always": the VIP is local whether the service is up or not, so that it can bind to it.

Linux lets a socket bind to an IPv4 address that a local route makes local. To an IPv6 address it binds
only where an interface has it, so there net.ipv6.ip_nonlocal_bind is needed as well.
"""

import configs
import pytest
from look import ALL, IPV4, IPV6, eventually, expect, fib, local_routes, restart, vip_states
from vipherd_lab import scenarios
from vipherd_lab.errors import LabError, wait_until

BOUND = "/etc/nginx/bound.conf"
VIPS = [IPV4[0], IPV6[0]]


def start_bound_nginx(node):
    """nginx that listens on the VIPs themselves, and nowhere else."""
    with open(node.host.path("/etc/nginx/nginx.conf")) as file:
        text = file.read()
    for line, bound in (("listen 0.0.0.0:80 ", f"listen {VIPS[0]}:80 "),
                        ("listen [::]:80 ", f"listen [{VIPS[1]}]:80 ")):
        assert line in text
        text = text.replace(line, bound)
    with open(node.host.path(BOUND), "w") as file:
        file.write(text)
    node.host.run(["nginx", "-c", BOUND])
    wait_until("nginx on the VIPs", node.nginx.master, 10)


@pytest.fixture
def ipv6_binds(lb1):
    lb1.host.set_sysctls({"net.ipv6.ip_nonlocal_bind": 1})
    yield
    lb1.host.set_sysctls({"net.ipv6.ip_nonlocal_bind": 0})


@pytest.fixture
def no_nginx(lab, lb1):
    scenarios.prepare(lab, "nginx-kill", lb1)()
    wait_until("the end of nginx", lambda: not lb1.nginx.processes(), 10)
    yield
    if lb1.nginx.master():
        scenarios.prepare(lab, "nginx-kill", lb1)()


def configuration(lab):
    # A check of the VIP itself: it has to be local for that, or another node would answer it.
    checks = {"v4": {"type": "http", "url": f"http://{VIPS[0]}/"},
              "v6": {"type": "http", "url": f"http://[{VIPS[1]}]/"}}
    return configs.render(lab, {"web": configs.service(VIPS, checks, attach="always")})


def test_a_service_can_bind_to_the_vip_before_it_is_announced(lab, lb1, no_nginx, ipv6_binds):
    restart(lb1, configuration(lab))
    eventually(lambda: vip_states(lb1), {vip: ("attached", "withdrawn") for vip in VIPS})
    assert local_routes(lb1) == set(VIPS)
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    start_bound_nginx(lb1)
    eventually(lambda: {vip: fib(lab).get(vip) for vip in VIPS}, expect(VIPS, {"lb1", "lb2"}))
    # Withdrawn, but not detached, when it fails again.
    scenarios.prepare(lab, "nginx-kill", lb1)()
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    eventually(lambda: vip_states(lb1), {vip: ("attached", "withdrawn") for vip in VIPS})
    assert local_routes(lb1) == set(VIPS)


def test_it_could_not_bind_with_when_up(lab, lb1, no_nginx, ipv6_binds):
    restart(lb1, configs.render(lab, {"web": configs.service(VIPS, attach="when-up")}))
    eventually(lambda: vip_states(lb1), {vip: ("detached", "withdrawn") for vip in VIPS})
    with pytest.raises(LabError, match="Cannot assign requested address"):
        start_bound_nginx(lb1)


def test_stopping_the_agent_detaches_all_the_same(lab, lb1):
    restart(lb1, configs.render(lab, {"web": configs.service(VIPS, attach="always")}))
    eventually(lambda: vip_states(lb1), {vip: ("attached", "announced") for vip in VIPS})
    lb1.agent.stop()
    assert local_routes(lb1) == set()
