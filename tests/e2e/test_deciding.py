"""What a service's verdict is made of: several checks, advice, damping, and checks that cannot run."""

import contextlib
import os
import resource

import configs
from look import (ALL, IPV4, IPV6, Log, check, eventually, eventually_true, expect, fib, reload, status, vip_states)

BOTH = {"lb1", "lb2"}


def service(node, name="web"):
    return next(part for part in status(node)["services"] if part["name"] == name)


def verdict(node):
    return service(node)["verdict"]["state"]


def test_advice_is_shown_and_does_not_decide(lab, lb1):
    checks = {"http": {**configs.HTTP, "weight": 3},
              "cache": {**configs.tcp(8081), "advisory": True, "weight": 1}}
    reload(lb1, configs.render(lab, {"web": configs.service(ALL, checks)}))
    eventually(lambda: check(lb1, name="cache")["verdict"]["state"], "down")
    assert verdict(lb1) == "up"
    assert service(lb1)["health"] == 75
    assert fib(lab) == expect(ALL, BOTH)
    with configs.listening(lb1, 8081):
        eventually(lambda: service(lb1)["health"], 100)


def test_a_flapping_service_is_held_down_and_returns(lab, lb1):
    keys = {"damping.half_life": "8s", "damping.suppress": 1500, "damping.reuse": 1000}
    log = Log(lb1)
    with configs.listening(lb1, 8081):
        reload(lb1, configs.render(lab, {"web": configs.service(ALL, {"port": configs.tcp(8081)}, **keys)}))
        eventually(lambda: verdict(lb1), "up")
    eventually(lambda: verdict(lb1), "down")
    with configs.listening(lb1, 8081):
        eventually(lambda: verdict(lb1), "up")
        assert not service(lb1)["damping"]["held"]
    eventually(lambda: check(lb1, name="port")["verdict"]["state"], "down")
    with configs.listening(lb1, 8081):
        log.wait("service web is held down because it went down too often")
        eventually(lambda: check(lb1, name="port")["verdict"]["state"], "up")
        # The check is up again, and the VIPs stay away until the penalty has decayed.
        log.wait("service web is not held down any more")
        eventually(lambda: fib(lab), expect(ALL, BOTH))
        order = [line.split(" service web ")[1] for line in log.matching("(info|warning) +service web (up|is )")]
        held = next(position for position, text in enumerate(order) if "too often" in text)
        assert order[held + 1].startswith("is not held down any more")
        assert order[held + 2].startswith("up")


@contextlib.contextmanager
def no_free_descriptors(process):
    """The process can open nothing more."""
    before = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    highest = max(int(name) for name in os.listdir(f"/proc/{process.pid}/fd"))
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (min(highest, 3), before[1]))
    try:
        yield
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, before)


def test_a_check_that_cannot_run_has_failed_unless_the_service_fails_open(lab, lb1):
    web, other = ALL[:3], ALL[3:]
    services = {"web": configs.service(web, {"port": configs.tcp(8081)}, fail_open=True),
                "other": configs.service(other, {"port": configs.tcp(8081)})}
    with configs.listening(lb1, 8081):
        reload(lb1, configs.render(lab, services))
        eventually(lambda: vip_states(lb1), {vip: ("attached", "announced") for vip in ALL})
        log = Log(lb1)
        with no_free_descriptors(lb1.agent.process()):
            log.wait("check web/port stays up .fail_open.: the check could not run: Too many open files")
            log.wait("check other/port down: the check could not run: Too many open files")
            log.wait("is not kept over a restart: .* Too many open files")
            eventually(lambda: fib(lab), {**expect(web, BOTH), **expect(other, {"lb2"})})
        eventually(lambda: fib(lab), expect(ALL, BOTH))
        log.expect("check web/port stays up", 1)
        assert log.matching("check web/port down") == []
        # The file of what has changed is written again with a heartbeat.
        eventually(lambda: lb1.agent.get("/health")[1]["notices"], [])


def test_a_check_of_the_vip_proves_that_the_service_listens_there(lab, lb1):
    vips = [IPV4[0], IPV6[0]]
    others = [vip for vip in ALL if vip not in vips]
    via_vip = {"http": {**configs.HTTP, "via_vip": True}}
    reload(lb1, configs.render(lab, {"web": configs.service(vips, via_vip), "other": configs.service(others)}))
    eventually(lambda: vip_states(lb1), {vip: ("attached", "announced") for vip in ALL})
    eventually_true("a result of every VIP", lambda: "2 VIPs" in check(lb1)["last"]["reason"])
    # This one listens on the loopback address alone.
    with configs.listening(lb1, 8081):
        via_vip = {"port": {**configs.tcp(8081), "via_vip": True}}
        reload(lb1, configs.render(lab, {"web": configs.service(vips, via_vip), "other": configs.service(others)}))
        eventually(lambda: check(lb1, name="port")["verdict"]["state"], "down")
        assert check(lb1, name="port")["verdict"]["why"] == f"connect to {vips[0]}:8081 refused"
        eventually(lambda: fib(lab), {**expect(vips, {"lb2"}), **expect(others, BOTH)})
        # It stays attached, or the check could never pass again.
        assert {vip: states[0] for vip, states in vip_states(lb1).items() if vip in vips} == dict.fromkeys(
            vips, "attached")
