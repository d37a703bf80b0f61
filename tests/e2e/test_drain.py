"""Taking VIPs out and bringing them back: drain, resume, weights, the guard, and what outlives the agent."""

import contextlib
import itertools
import os
import socket
import time

import configs
import pytest
from load import RATE, Load
from look import (ALL, IPV4, IPV6, LOCAL_PROTOCOL, PATIENCE, Log, eventually, eventually_true, expect, fib,
                  frr_routes, local_routes, reload, set_configuration, status, unsupervised, vip_states, vips,
                  wait_until_old)
from routers import keeping_connections
from shared import both_protocols, ok, vipherd
from vipherd_lab import client, scenarios, topology
from vipherd_lab.measure import L4Hashing

BOTH = {"lb1", "lb2"}
QUICK = '[services.web.drain]\nhold = "1500ms"\ntimeout = "20s"\n'


@pytest.fixture(autouse=True)
def nothing_asked_for_in_the_end(lab):
    yield
    for node in lab.nodes.values():
        if os.path.exists(node.host.path("/run/vipherd/control.sock")):
            ok(node, "resume")
            ok(node, "weight", "0")


def configure(node, lab, extra="", **keys):
    reload(node, configs.render(lab, {"web": configs.service(ALL, **keys)}) + extra)
    eventually(lambda: vip_states(node), {vip: ("attached", "announced") for vip in ALL})


def drain_and_return(lab, lb1, timeout):
    """The results of a load during which lb1 is drained and comes back: those of short requests, and of slow ones."""
    # The load takes processors from the checks: no answer late by less than this is a failure here.
    patient = {"http": {**configs.HTTP, "interval": "1s", "timeout": "10s"}}
    for node in lab.nodes.values():
        configure(node, lab, f'[services.web.drain]\nhold = "1500ms"\ntimeout = "{timeout}"\n', checks=patient)
    with L4Hashing(lab.router), Load(lab) as load:
        load.wait_for_slow_ones(lab.nodes.values())
        progress = ok(lb1, "drain", "--wait")
        assert "6 least preferred" in progress
        assert progress.endswith("6 drained\n")
        assert fib(lab) == expect(ALL, {"lb2"})
        eventually(lambda: local_routes(lb1), set())
        ok(lb1, "resume", "--wait")
        eventually(lambda: fib(lab), expect(ALL, BOTH))
        load.wait_for_slow_ones([lb1])  # under load for a moment more
        short, slow = load.stop()
    assert sum(result["requests"] / result["seconds"] for result in short) >= 0.9 * RATE
    for result in slow:
        assert result["quickest"] >= 9
    for result in [*short, *slow]:
        assert set(result["nodes"]) == BOTH
    return short, slow


@pytest.mark.alone
@both_protocols
def test_a_drain_and_the_return_lose_no_request(lab, lb1):
    """The router keeps connections where they are: nothing is lost, however long it takes (moves=False), but for what
    meets zebra's gap in the router's own IPv6 routes."""
    log = Log(lb1)
    with keeping_connections(lab):
        short, slow = drain_and_return(lab, lb1, "60s")
    assert not log.matching("still open")
    assert [client.unexplained(result, moves=False) for result in [*short, *slow]] == [[]] * 4


@pytest.mark.alone
@both_protocols
def test_a_drain_loses_only_what_the_router_moves(lab, lb1):
    """The router hashes all connections anew when its next hops change. Those that this moves to another node are
    reset, and nothing else is lost (client.unexplained). The drained node cannot know that these have no client
    any more, and so it waits for them as long as it is allowed to."""
    try:
        for result in itertools.chain(*drain_and_return(lab, lb1, "12s")):
            assert client.unexplained(result) == []
    finally:
        for node in lab.nodes.values():  # connections whose clients are gone would last for minutes
            node.host.run(["ss", "-K", "-tn", "sport", "=", ":80"])


@both_protocols
def test_a_drained_vip_is_reachable_until_the_hold_is_over(lab, lb1):
    """The other node fails while this one is held as least preferred: it serves."""
    configure(lb1, lab, '[services.web.drain]\nhold = "60s"\n')
    ok(lb1, "drain")
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    assert {vips(lb1)[vip]["drain"]["step"]["state"] for vip in ALL} == {"least preferred"}
    scenarios.prepare(lab, "nginx-stop", lab.nodes["lb2"])()
    eventually(lambda: fib(lab), expect(ALL, {"lb1"}))
    assert client.request(lab.client, IPV4[0], 20)["nodes"] == {"lb1": 20}


@contextlib.contextmanager
def connection(host, vip):
    """One that says nothing."""
    with host.network():
        opened = socket.create_connection((vip, 80), timeout=10)
    with opened:
        yield opened


def drain_step(node, vip):
    return vips(node)[vip]["drain"]["step"]["state"]


@both_protocols
def test_a_vip_stays_until_its_connections_have_ended(lab, lb1):
    """lb1 alone announces; the client's connection says nothing, so it notices nothing."""
    configure(lb1, lab, '[services.web.drain]\nhold = "0s"\ntimeout = "20s"\n')
    log = Log(lb1)
    ok(lab.nodes["lb2"], "disable", "web")
    try:
        eventually(lambda: fib(lab), expect(ALL, {"lb1"}))
        with connection(lab.client, IPV4[0]), connection(lb1.host, IPV4[1]):
            ok(lb1, "drain")
            eventually(lambda: vips(lb1)[IPV4[0]]["drain"]["connections"], 1)
            # The node's own connections cut no client off.
            eventually(lambda: drain_step(lb1, IPV4[1]), "drained")
            assert drain_step(lb1, IPV4[0]) == "leaving"
            assert IPV4[0] in local_routes(lb1)
            eventually(lambda: drain_step(lb1, IPV4[0]), "drained", PATIENCE * 2)
        log.wait("1 connection was still open after 20s")
        eventually(lambda: local_routes(lb1), set())
    finally:
        ok(lab.nodes["lb2"], "enable", "web")


def killed(lab, node):
    """No other agent is started before the router has noticed."""
    with unsupervised(node):
        node.agent.process().signal(9)
        eventually(lambda: fib(lab), expect(ALL, set(lab.nodes) - {node.name}))


@both_protocols
def test_a_drain_outlives_the_agent(lab, lb1):
    configure(lb1, lab, QUICK)
    ok(lb1, "drain", IPV4[0])
    ok(lb1, "drain", "--wait", IPV6[0])
    rest = [vip for vip in ALL if vip not in (IPV4[0], IPV6[0])]
    drained = {**expect(rest, BOTH), **expect([IPV4[0], IPV6[0]], {"lb2"})}
    eventually(lambda: fib(lab), drained)
    killed(lab, lb1)
    eventually(lambda: fib(lab), drained)
    ok(lb1, "resume")
    eventually(lambda: fib(lab), expect(ALL, BOTH))


def test_the_guard_refuses_to_leave_nobody(lab, lb1):
    """OSPF shows the other nodes."""
    configure(lb1, lab, QUICK + "[services.web.guard]\nmin_announcers = 1\n")
    eventually(lambda: {daemon["others"] for vip in vips(lb1).values() for daemon in vip["daemons"]}, {1})
    # What was told before the guard was asked for may be too old for it.
    eventually(lambda: vipherd(lb1, "drain", "--wait").returncode, 0)
    ok(lb1, "resume", "--wait")
    ok(lab.nodes["lb2"], "disable", "web")
    try:
        eventually(lambda: {daemon["others"] for vip in vips(lb1).values() for daemon in vip["daemons"]}, {0})
        refused = vipherd(lb1, "drain")
        assert refused.returncode == 1
        assert "0 other nodes announce" in refused.stderr and "--force" in refused.stderr
        eventually(lambda: fib(lab), expect(ALL, {"lb1"}))
        ok(lb1, "drain", "--force", "--wait")
        eventually(lambda: fib(lab), {})
    finally:
        ok(lab.nodes["lb2"], "enable", "web")


def test_the_last_one_standing_is_held(lab, lb1):
    """Both nodes' services fail: both announce as least preferred, until one is well again."""
    lb2 = lab.nodes["lb2"]
    for node in (lb1, lb2):
        configure(node, lab, on_all_down="hold")
    eventually(lambda: {daemon["others"] for vip in vips(lb1).values() for daemon in vip["daemons"]}, {1})
    scenarios.prepare(lab, "nginx-500", lb1)()
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    scenarios.prepare(lab, "nginx-500", lb2)()
    eventually(lambda: fib(lab), expect(ALL, BOTH))
    assert all(vip["held"] for vip in vips(lb1).values())
    assert lb1.agent.get("/health")[0] == 503, "held is not healthy"
    # The nodes do not take turns.
    with lab.watch(ALL) as watch:
        quiet_until = time.monotonic() + 4
        while time.monotonic() < quiet_until:
            watch.pump(0.2)
        assert {vip: {node.name for node in lab.nodes.values() if watch.next_hops(vip) & node.next_hops}
                for vip in ALL} == dict.fromkeys(ALL, BOTH)
    os.unlink(lb2.nginx.error_flag)
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))


@pytest.mark.alone
@both_protocols
def test_a_restart_on_purpose_changes_no_route(lab, lb1):
    """Handed over to the next agent: no route changes at the router, no request is lost, and what is killed
    afterwards is withdrawn at once again."""
    log = Log(lb1)
    before = lb1.agent.process()
    with L4Hashing(lab.router), lab.watch(ALL) as watch, \
            client.Client(lab.client, IPV4[0], rate=500, router=lab.router, timeout=client.PATIENT) as load:
        assert "everything stays announced" in ok(lb1, "hand-over")
        eventually_true("the next agent", lambda: lb1.agent.process() not in (None, before))
        lb1.agent.wait_ready()
        eventually(lambda: vip_states(lb1), {vip: ("attached", "announced") for vip in ALL})
        watch.pump(1.0)
        result = load.stop()
        assert result["changes"] == []
        assert result["failures"] == []
        assert set(result["nodes"]) == BOTH
    log.wait("handing over to the next agent")
    assert not log.matching("withdraw")
    # From its second on the new session is as any other, when zebra keeps nothing for a successor: a crash withdraws.
    eventually_true("zebra to keep nothing", lambda: "Stale Client" not in lb1.frr.vtysh("show zebra client"))
    killed(lab, lb1)
    eventually(lambda: fib(lab), expect(ALL, BOTH))


def test_what_the_next_agent_does_not_want_goes(lab, lb1):
    """Handed over, but the configuration has changed meanwhile."""
    before = lb1.agent.process()
    set_configuration(lb1, configs.render(lab, {"web": configs.service(IPV4[:1] + IPV6[:1])}))
    ok(lb1, "hand-over")
    eventually_true("the next agent", lambda: lb1.agent.process() not in (None, before))
    lb1.agent.wait_ready()
    rest = [vip for vip in ALL if vip not in (IPV4[0], IPV6[0])]
    eventually(lambda: fib(lab), {**expect([IPV4[0], IPV6[0]], BOTH), **expect(rest, {"lb2"})})
    eventually(lambda: local_routes(lb1), {IPV4[0], IPV6[0]})


def test_what_only_zebra_still_knows_goes(lab, lb1):
    """The next agent learns of what it does not want by the local routes, but these are gone as well: it tells zebra
    what it wants, and zebra sweeps the rest."""
    wanted, forgotten = [IPV4[0], IPV6[0]], [vip for vip in ALL if vip not in (IPV4[0], IPV6[0])]
    set_configuration(lb1, configs.render(lab, {"web": configs.service(wanted)}))
    wait_until_old(lb1, ALL)
    with unsupervised(lb1):
        before = lb1.agent.process()
        ok(lb1, "hand-over")
        assert before.wait_gone(PATIENCE)
        topology.batch(lb1.host, [f"route del local {vip} dev lo table local proto {LOCAL_PROTOCOL}"
                                  for vip in forgotten])
        assert fib(lab) == expect(ALL, BOTH)
        assert (frr_routes(lb1), local_routes(lb1)) == (set(ALL), set(wanted))
    # zebra would keep them for a minute.
    eventually(lambda: frr_routes(lb1), set(wanted))
    eventually(lambda: fib(lab), {**expect(wanted, BOTH), **expect(forgotten, {"lb2"})})


@both_protocols
def test_explain_follows_the_chain(lab, lb1):
    daemon = "bgpd" if lab.settings["protocol"] == "bgp" else "ospfd"
    whole = eventually_true("the whole chain", lambda: (lambda done: done.returncode == 0 and done.stdout)(
        vipherd(lb1, "explain", IPV4[0])))
    assert f"{IPV4[0]} on lb1: path complete" in whole
    assert f"ok  {daemon} " in whole and "192.168.100.1" in whole
    scenarios.prepare(lab, "nginx-500", lb1)()
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    broken = vipherd(lb1, "explain", IPV4[0])
    assert broken.returncode == 1
    assert "stops at check web/http" in broken.stdout
    assert [line.split()[1] for line in broken.stdout.splitlines() if line.startswith("BROKEN")] == ["check"]
    assert vipherd(lb1, "explain", "10.10.10.99").returncode == 1


@both_protocols
def test_an_announcement_that_reaches_nobody_is_an_alarm(lab, lb1):
    """The route-map denies it: zebra has the route, no neighbour gets it."""
    log = Log(lb1)
    reload(lb1, configs.render(lab, {"web": configs.service(ALL, tag=300)}, extra='reach_deadline = "1s"\n'))
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    found = eventually_true("the alarm", lambda: log.matching(f"VIP {IPV4[0]} is announced to zebra, but advertised to none"),
                            PATIENCE * 2)
    daemon = "bgpd" if lab.settings["protocol"] == "bgp" else "ospfd"
    assert daemon in found[0]
    code, body = lb1.agent.get("/health")
    assert code == 503
    assert any("advertised to none" in problem for problem in body["problems"])
    reload(lb1, configs.render(lab, {"web": configs.service(ALL)}, extra='reach_deadline = "1s"\n'))
    eventually(lambda: fib(lab), expect(ALL, BOTH))
    eventually(lambda: lb1.agent.get("/health")[0], 200, PATIENCE * 2)
    eventually(lambda: {vip["reach"]["state"] for vip in status(lb1)["vips"]}, {"reached"}, PATIENCE * 2)
