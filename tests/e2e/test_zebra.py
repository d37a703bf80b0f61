"""zebra dies or hangs under a running agent, and returns."""

import signal

from listener import LOCAL_TABLE, MAIN_TABLE, RouteListener
from look import (ALL, FRR_PROTOCOL, Log, eventually, expect, fib, frozen, frr_routes, local_routes, presence, status,
                  vip_states)
from shared import both_protocols
from vipherd_lab import client, scenarios
from vipherd_lab.measure import L4Hashing


@both_protocols
def test_everything_is_announced_again_to_a_new_zebra(lab, lb1):
    log = Log(lb1)
    agent = lb1.agent.process()
    with RouteListener(lb1.host) as kernel:
        scenarios.prepare(lab, "zebra-kill", lb1)()
        log.wait("zebra lost, nothing is announced")
        eventually(lambda: lb1.agent.get("/health")[0], 503)
        eventually(lambda: status(lb1)["zebra"]["state"], "disconnected")
        # The service is up all the time: VIPs stay local, whatever routers still believe is answered.
        with L4Hashing(lab.router):
            assert client.request(lab.client, ALL[0], 20)["failures"] == []
        scenarios.heal(lab, lb1)
        log.wait("zebra connected")
        eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))
        eventually(lambda: vip_states(lb1), {vip: ("attached", "announced") for vip in ALL})
        assert kernel.changes(LOCAL_TABLE) == []
        installed = [change.address for change in kernel.changes(MAIN_TABLE, int(FRR_PROTOCOL)) if change.added]
    # One announcement each, and another only where zebra itself objected to the one before. (zebra may find a
    # route of its predecessor in the kernel and keep it, which shows as no change, or stumble over it.)
    for vip in ALL:
        log.wait(f"VIP {vip} announced")
        told = [" ".join(line.split()[4:]) for line in log.matching(f"VIP {vip} ")]
        objections = [what for what in told if "zebra could not" in what or "zebra prefers" in what
                      or "removed by zebra" in what]
        announcements = [what for what in told if what.startswith("announced")]
        assert len(announcements) == 1 + len(objections), told
    # Of one announcement zebra may replace an IPv6 route of its predecessor twice: it removes and adds them.
    assert all(installed.count(vip) <= (2 if ":" in vip else 1) for vip in ALL), installed
    assert set(installed) <= set(ALL)
    assert frr_routes(lb1) == set(ALL)
    assert lb1.agent.process() == agent
    log.expect("zebra lost", 1)
    log.expect("zebra connected", 1)


@both_protocols
def test_a_service_that_failed_without_zebra_is_not_announced_to_the_new_one(lab, lb1):
    log = Log(lb1)
    zebra = lb1.frr.process("zebra")
    zebra.signal(signal.SIGKILL)
    log.wait("zebra lost")
    scenarios.prepare(lab, "nginx-stop", lb1)()
    eventually(lambda: local_routes(lb1), set())
    lb1.frr.stop()
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    with lab.watch(ALL) as watch:
        lb1.frr.start()
        log.wait("zebra connected")
        assert lb1.agent.get("/health")[0] == 503
        # The protocols have met again when the floor prefix is there; no VIP came along.
        address = "10.10.10.250"
        lb1.host.run(["ip", "route", "add", "blackhole", address])
        try:
            eventually(lambda: fib(lab).get(address), {"lb1"})
        finally:
            lb1.host.run(["ip", "route", "del", "blackhole", address])
        # A zebra that finds its predecessor's routes in the kernel may take them for routes of openfabric,
        # but they carry no tag, so the route-map stops them.
        assert [presence(watch, lb1, vip, 0) for vip in ALL] == [[False]] * len(ALL)


def test_a_zebra_that_hangs_for_a_moment_costs_nothing(lab, lb1):
    log = Log(lb1)
    with frozen(lb1.frr.process("zebra")):
        scenarios.prepare(lab, "nginx-stop", lb1)()
        log.wait("service web down")
        # Told, but not confirmed: so it stays attached.
        eventually(lambda: {announced for _, announced in vip_states(lb1).values()}, {"withdrawing"})
        assert local_routes(lb1) == set(ALL)
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    eventually(lambda: local_routes(lb1), set())
