"""The announcer vty: bgpd, ospfd and ospf6d are told over their VTY sockets what to announce.

One lab with both protocols and one load balancer. The VIPs are addresses on lo, which the agent gives."""

import json
import os
import re
import signal
import time

import configs
import pytest
from look import (IPV4, IPV6, Log, announced_by_another_program, eventually, eventually_true, frozen, is_alive,
                  lo_addresses, reload, reload_frr, restart, set_configuration, tell_of_another_program, vip_states)
from shared import lab_name
from vipherd_lab import scenarios, topology
from vipherd_lab.agent import CONFIGURATION
from vipherd_lab.lab import Lab, down_undisturbed

ALL = IPV4 + IPV6
BOTH4, BOTH6 = {"bgp", "ospf"}, {"bgp", "ospf6"}
EVERYWHERE = {**dict.fromkeys(IPV4, BOTH4), **dict.fromkeys(IPV6, BOTH6)}
NOWHERE = dict.fromkeys(ALL, set())
DAEMONS = ("bgpd", "ospfd", "ospf6d")
# Longer than the agent waits for a daemon that says nothing (5 s), with room for a busy machine.
LONG = 60


def configuration(lab, vips=ALL, protocols=("bgp", "ospf"), **keys):
    text = configs.render(lab, {"web": configs.service(vips, **keys)})
    named = ", ".join(f'"{name}"' for name in protocols)
    return re.sub(r"^protocols = .*$", f"protocols = [{named}]", text, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def vty_lab(labs):
    lab = Lab.up(lab_name("vty"), nodes=1, protocol="both", announcer="vty", watchdog=10.0,  # agents are held for a moment
                 binary=os.environ.get("VIPHERD"))
    try:
        yield lab
    finally:
        down_undisturbed(lab.name)


@pytest.fixture
def lab(vty_lab):
    node = vty_lab.nodes["lb1"]
    expect_everywhere(vty_lab)
    yield vty_lab
    set_configuration(node, configuration(vty_lab))
    node.agent.stop()
    scenarios.heal(vty_lab, node)
    expect_everywhere(vty_lab)


@pytest.fixture
def lb1(lab):
    return lab.nodes["lb1"]


# ------------------------------------------------------------------------------- looking


def rib(lab, family):
    """Host routes in the router's RIB -> protocols that carry them."""
    told = json.loads(lab.router_frr.vtysh(f"show {family} route json") or "{}")
    return {prefix.split("/")[0]: {entry["protocol"] for entry in entries}
            for prefix, entries in told.items() if prefix.endswith("/32" if family == "ip" else "/128")}


def carried(lab, vips=ALL):
    """VIP -> the protocols by which the router has learned it."""
    routes = {**rib(lab, "ip"), **rib(lab, "ipv6")}
    return {vip: routes.get(vip, set()) for vip in vips}


def expect_everywhere(lab):
    """If that does not come, the report shows where a VIP was lost: in the node's bgpd or the router's."""
    try:
        eventually(lambda: carried(lab), EVERYWHERE, LONG)
    except AssertionError:
        node = lab.nodes["lb1"]
        shows = [part for vip in IPV4 for part in ("-c", f"show bgp ipv4 unicast {vip}/32")]
        print(node.host.run(["vtysh", "-d", "bgpd", *shows, "-c", "show running-config"]))
        print(node.host.run(["vtysh", "-c", "show ip route", "-c", "show ip import-check", "-c", "show bgp summary"]))
        print(lab.router_frr.vtysh("show bgp ipv4 unicast"), lab.router_frr.vtysh("show ip route"))
        raise


def running(node, daemon):
    return node.host.run(["vtysh", "-d", daemon, "-c", "show running-config"])


def own_lines(node):
    """What the running configuration has of vipherd's, in all daemons. (The operator's lines name lists.)"""
    return [line.strip() for daemon in DAEMONS for line in running(node, daemon).splitlines()
            if "VIPHERD-VTY" in line and " match " not in line and " advertise " not in line]


def configure(node, daemon, *commands):
    parts = [part for command in ("configure terminal", *commands) for part in ("-c", command)]
    node.host.run(["vtysh", "-d", daemon, *parts])


def bgp_path(lab, vip):
    family = "ipv6" if ":" in vip else "ipv4"
    paths = json.loads(lab.router_frr.vtysh(f"show bgp {family} unicast {vip} json")).get("paths", [])
    return paths[0] if paths else {}


# ------------------------------------------------------------------------------- the tests


def test_it_announces_and_withdraws_by_every_protocol(lab, lb1):
    eventually(lambda: {state for _, state in vip_states(lb1).values()}, {"announced"})
    eventually(lambda: lb1.agent.get("/health")[0], 200)
    assert [line for line in own_lines(lb1) if line.startswith("network 10.10.10.10/32")]
    scenarios.prepare(lab, "nginx-stop", lb1)()
    eventually(lambda: carried(lab), NOWHERE)
    eventually(lambda: {state for _, state in vip_states(lb1).values()}, {"withdrawn"})
    # Route-maps and lists that nothing needs went, too.
    eventually(lambda: own_lines(lb1), [])
    lb1.service.start()
    eventually(lambda: carried(lab), EVERYWHERE)


def test_one_of_several_vips_leaves_alone(lab, lb1):
    reload(lb1, configuration(lab, vips=[IPV4[0], IPV4[2], *IPV6[1:]]))
    eventually(lambda: carried(lab), {**EVERYWHERE, IPV4[1]: set(), IPV6[0]: set()})
    reload(lb1, configuration(lab))
    eventually(lambda: carried(lab), EVERYWHERE)


def test_the_metric_and_the_tag_reach_the_router_without_a_gap(lab, lb1):
    with lab.watch(IPV4) as watch:
        begin = time.monotonic_ns()
        reload(lb1, configuration(lab, metric=50))
        eventually(lambda: bgp_path(lab, IPV4[0]).get("metric"), 50)
        eventually(lambda: bgp_path(lab, IPV6[0]).get("metric"), 50)
        watch.pump(0.2)
        gaps = [(vip, hops) for stamp, vip, hops in watch.history if stamp > begin and not hops]
    assert gaps == []
    # A tag without a prefix-list is not announced by OSPFv2, and the status says why.
    reload(lb1, configuration(lab, tag=300))
    eventually(lambda: carried(lab, IPV4), dict.fromkeys(IPV4, {"bgp"}))
    eventually_true("the reason", lambda: "tag 300" in json.dumps(lb1.agent.get("/v1/status")[1]))


@pytest.mark.parametrize("daemon, left4, left6", [("bgpd", {"ospf"}, {"ospf6"}), ("ospfd", {"bgp"}, BOTH6),
                                                  ("ospf6d", BOTH4, {"bgp"})])
def test_a_daemon_that_was_killed_is_told_again_and_the_others_go_on(lab, lb1, daemon, left4, left6):
    agent = lb1.agent.process()
    lb1.frr.process(daemon).signal(signal.SIGKILL)
    left = {**dict.fromkeys(IPV4, left4), **dict.fromkeys(IPV6, left6)}
    eventually(lambda: carried(lab), left)
    lb1.frr.start([daemon])
    eventually(lambda: carried(lab), EVERYWHERE, LONG)
    eventually(lambda: {state for _, state in vip_states(lb1).values()}, {"announced"}, LONG)
    assert lb1.agent.process() == agent


def test_a_hung_bgpd_blocks_nothing_and_is_told_when_it_wakes(lab, lb1):
    log = Log(lb1)
    with frozen(lb1.frr.process("bgpd")):
        scenarios.prepare(lab, "nginx-stop", lb1)()
        log.wait("service web down")
        # The others are told at once, and the endpoint answers all the time.
        eventually(lambda: {vip for vip, by in carried(lab).items() if by - {"bgp"}}, set())
        for _ in range(20):
            assert lb1.agent.get("/health")[0] == 503
        assert is_alive(lb1.agent.process())
    eventually(lambda: carried(lab), NOWHERE, LONG)
    eventually(lambda: own_lines(lb1), [], LONG)
    lb1.service.start()
    eventually(lambda: carried(lab), EVERYWHERE, LONG)


def test_a_bgpd_that_hangs_for_long_is_given_up_and_found_again(lab, lb1):
    with frozen(lb1.frr.process("bgpd")):
        configured = configuration(lab, metric=60)
        reload(lb1, configured)
        eventually_true("the reason", lambda: "bgpd did not answer" in json.dumps(lb1.agent.get("/v1/status")[1]),
                        LONG)
    eventually(lambda: bgp_path(lab, IPV4[0]).get("metric"), 60, LONG)
    eventually(lambda: {state for _, state in vip_states(lb1).values()}, {"announced"}, LONG)


def own_map(node):
    return next(line.split()[1] for line in running(node, "bgpd").splitlines()
                if line.startswith("route-map VIPHERD-VTY-"))


BGP4 = ("router bgp 65001", "address-family ipv4 unicast")
OSPF4, OSPF6 = "VIPHERD-VTY-100", "VIPHERD-VTY"
# What another program does -> daemon and commands. MAP is the route-map that is in use.
FOREIGN = {
    "a network statement": ("bgpd", [*BGP4, "no network 10.10.10.10/32 route-map MAP"]),
    "the route-map and one of its statements": (
        "bgpd", ["no route-map MAP", *BGP4, "no network 10.10.10.10/32 route-map MAP"]),
    "the route-map alone": ("bgpd", ["no route-map MAP"]),
    "a line in the route-map": ("bgpd", ["route-map MAP permit 10", "set metric 77", "set community no-advertise"]),
    "an entry of the route-map": ("bgpd", ["route-map MAP deny 5"]),
    "the statement with another route-map": ("bgpd", [*BGP4, "network 10.10.10.10/32 route-map LAB-FLOOR"]),
    "the prefix-list of ospfd": ("ospfd", [f"no ip prefix-list {OSPF4}"]),
    "the prefix-list of ospf6d": ("ospf6d", [f"no ipv6 prefix-list {OSPF6}"]),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_what_others_remove_or_change_is_put_back(lab, lb1, what):
    before = {daemon: running(lb1, daemon) for daemon in DAEMONS}
    agent = lb1.agent.process()
    daemon, commands = FOREIGN[what]
    name = own_map(lb1)
    with frozen(agent):  # or it may have put back what this looks for
        configure(lb1, daemon, *[command.replace("MAP", name) if "LAB" not in command else command
                                 for command in commands])
        assert running(lb1, daemon) != before[daemon]
    eventually(lambda: sorted(own_lines(lb1)),
               sorted(line.strip() for text in before.values() for line in text.splitlines()
                      if "VIPHERD-VTY" in line and " match " not in line and " advertise " not in line))
    eventually(lambda: sorted(running(lb1, "bgpd").splitlines()), sorted(before["bgpd"].splitlines()))
    eventually(lambda: carried(lab), EVERYWHERE)
    eventually(lambda: bgp_path(lab, IPV4[0]).get("metric"), 0)
    assert lb1.agent.process() == agent


def test_a_reload_of_frr_is_repaired(lab, lb1):
    """It removes every line that vipherd has written: see docs/frr.md."""
    before = own_lines(lb1)
    assert "VIPHERD-VTY" in reload_frr(lb1)
    eventually(lambda: sorted(own_lines(lb1)), sorted(before))
    eventually(lambda: carried(lab), EVERYWHERE)
    eventually(lambda: {state for _, state in vip_states(lb1).values()}, {"announced"})


def test_lines_of_a_withdrawn_vip_that_others_put_back_go(lab, lb1):
    name = own_map(lb1)
    scenarios.prepare(lab, "nginx-stop", lb1)()
    eventually(lambda: own_lines(lb1), [])
    configure(lb1, "bgpd", f"route-map {name} permit 10", "exit", *BGP4, f"network 10.10.10.10/32 route-map {name}")
    configure(lb1, "ospfd", f"ip prefix-list {OSPF4} seq 9 permit 10.10.10.10/32")
    eventually(lambda: own_lines(lb1), [])


def test_lines_of_others_stay_and_those_of_a_dead_agent_go(lab, lb1):
    foreign = ["network 10.10.10.80/32", "network 10.10.10.81/32 route-map SOMEBODY"]
    configure(lb1, "bgpd", "route-map SOMEBODY permit 10", "set metric 7", "exit", "router bgp 65001",
              "address-family ipv4 unicast", *foreign)
    configure(lb1, "ospfd", "ip prefix-list SOMEBODY seq 5 permit 10.10.10.80/32")
    try:
        log = Log(lb1)
        lb1.agent.process().signal(signal.SIGKILL)
        # What ExecStopPost= does.
        log.wait("removed [1-9][0-9]* lines of vipherd's from FRR's running configuration")
        eventually(lambda: carried(lab), EVERYWHERE, LONG)  # the supervisor starts another
        lb1.agent.stop()
        assert own_lines(lb1) == []
        lines = [line.strip() for line in running(lb1, "bgpd").splitlines()]
        assert [line for line in lines if line in foreign] == foreign
        assert "route-map SOMEBODY permit 10" in lines
        assert "ip prefix-list SOMEBODY seq 5 permit 10.10.10.80/32" in running(lb1, "ospfd")
    finally:
        configure(lb1, "bgpd", "router bgp 65001", "address-family ipv4 unicast",
                  *[f"no {line}" for line in foreign], "exit", "exit", "no route-map SOMEBODY")
        configure(lb1, "ospfd", "no ip prefix-list SOMEBODY")


def test_the_addresses_of_a_dead_agent_stay_until_the_router_has_converged(lab, lb1):
    vips = configuration(lab).replace("[vips]\n", '[vips]\ndetach_delay = "5s"\nlease = "30s"\n')
    restart(lb1, vips)
    eventually(lambda: carried(lab), EVERYWHERE, LONG)
    log = Log(lb1)
    with lab.watch([IPV4[0]]) as watch:
        begin = time.monotonic_ns()
        lb1.agent.process().signal(signal.SIGKILL)
        assert watch.wait_for(IPV4[0], lb1.next_hops, False, begin, LONG) is not None
    assert IPV4[0] in lo_addresses(lb1)
    log.wait("removed [0-9]+ VIP addresses of protocol 118")


def test_the_clean_up_removes_what_no_agent_remembers(lab, lb1):
    lb1.agent.stop()
    name = "VIPHERD-VTY-0123456789ABCDEF"
    configure(lb1, "bgpd", f"route-map {name} permit 10", "exit", "router bgp 65001",
              "address-family ipv4 unicast", f"network 10.10.10.90/32 route-map {name}")
    configure(lb1, "ospfd", "ip prefix-list VIPHERD-VTY-100 seq 7 permit 10.10.10.90/32")
    assert len(own_lines(lb1)) == 3
    told = lb1.host.run([lb1.agent.binary, "cleanup", "--config", CONFIGURATION])
    assert "removed 3 lines of vipherd's" in told
    assert own_lines(lb1) == []


def test_the_clean_up_does_not_wait_for_a_daemon_that_hangs(lab, lb1):
    lb1.agent.stop()
    begin = time.monotonic()
    with frozen(lb1.frr.process("bgpd")):
        done = lb1.host.start([lb1.agent.binary, "cleanup", "--config", CONFIGURATION],
                              lb1.host.path("/var/log/cleanup.log"))
        assert done.wait(LONG) == 1
    assert time.monotonic() - begin < LONG
    with open(lb1.host.path("/var/log/cleanup.log")) as file:
        assert "bgpd did not answer in time" in file.read()


def test_a_start_takes_back_what_an_earlier_run_left_of_a_service_that_is_down(lab, lb1):
    lb1.agent.stop()
    name = "VIPHERD-VTY-0123456789ABCDEF"
    scenarios.prepare(lab, "nginx-stop", lb1)()
    configure(lb1, "bgpd", f"route-map {name} permit 10", "exit", "router bgp 65001",
              "address-family ipv4 unicast", f"network {IPV4[0]}/32 route-map {name}")
    configure(lb1, "ospfd", f"ip prefix-list VIPHERD-VTY-100 seq 7 permit {IPV4[0]}/32", "router ospf",
              "redistribute connected metric 100 metric-type 1 route-map VIPHERD-OSPF")
    topology.batch(lb1.host, [f"address replace {IPV4[0]}/32 dev lo"])
    try:
        eventually(lambda: carried(lab)[IPV4[0]], BOTH4)
        lb1.agent.start()
        lb1.agent.wait_ready()
        eventually(lambda: carried(lab), NOWHERE)
        eventually(lambda: own_lines(lb1), [])
    finally:
        topology.batch(lb1.host, [f"address del {IPV4[0]}/32 dev lo"])


def test_an_agent_that_starts_warns_of_saved_lines(lab, lb1):
    saved = lb1.host.path("/etc/frr/bgpd.conf")
    with open(saved, "w") as file:
        file.write("router bgp 65001\n network 10.10.10.10/32 route-map VIPHERD-VTY-0123456789ABCDEF\n")
    try:
        lb1.agent.stop()
        log = Log(lb1)
        lb1.agent.start()
        lb1.agent.wait_ready()
        log.wait("/etc/frr/bgpd.conf holds lines of vipherd's")
    finally:
        os.unlink(saved)


def test_without_router_bgp_the_reason_is_said(lab, lb1):
    lb1.frr.process("bgpd").signal(signal.SIGKILL)
    eventually(lambda: carried(lab), {**dict.fromkeys(IPV4, {"ospf"}), **dict.fromkeys(IPV6, {"ospf6"})})
    empty = lb1.host.path("/etc/frr/empty.conf")
    with open(empty, "w"):
        pass
    bare = lb1.host.start(["/usr/lib/frr/bgpd", "-F", "traditional", "-A", "127.0.0.1", "-f", "/etc/frr/empty.conf"],
                          lb1.host.path("/var/log/bare.log"))
    try:
        eventually_true("the reason", lambda: "bgpd has no" in json.dumps(lb1.agent.get("/v1/status")[1]), LONG)
    finally:
        bare.terminate()
        bare.wait(20)


def test_a_whole_policy_is_understood_by_bgpd_and_seen_by_the_router(lab, lb1):
    """The lines are those that the announcer writes (a unit test compares them with the same file)."""
    golden = f"{os.path.dirname(os.path.realpath(__file__))}/../golden/vty_route_map.txt"
    with open(golden) as file:
        lines = file.read().splitlines()
    network = "network 10.10.10.80/32 route-map SOMEBODY"
    topology.batch(lb1.host, ["address replace 10.10.10.80/32 dev lo"])
    configure(lb1, "bgpd", "route-map SOMEBODY permit 10", *lines, "exit", "router bgp 65001",
              "address-family ipv4 unicast", network)
    try:
        path = eventually_true("the path", lambda: bgp_path(lab, "10.10.10.80"))
        assert path["metric"] == 5
        assert path["aspath"]["string"] == "65001 65001 65001"
        assert path["community"]["string"] == "65001:100 graceful-shutdown"
        assert path["largeCommunity"]["string"] == "65001:1:2"
        assert "(100.000 Mbps)" in path["extendedCommunity"]["string"]
    finally:
        configure(lb1, "bgpd", "router bgp 65001", "address-family ipv4 unicast", f"no {network}",
                  "exit", "exit", "no route-map SOMEBODY")


def test_the_policy_of_a_service_is_seen_by_the_router(lab, lb1):
    policy = ('[services.web.announce]\nmed = 5\ncommunities = ["65001:100"]\n'
              'large_communities = ["65001:1:2"]\nprepend = 2\n')
    reload(lb1, configuration(lab) + policy)
    for vip in (IPV4[0], IPV6[0]):
        eventually(lambda vip=vip: bgp_path(lab, vip).get("metric"), 5)
        path = bgp_path(lab, vip)
        assert path["aspath"]["string"] == "65001 65001 65001"
        assert path["community"]["string"] == "65001:100"
        assert path["largeCommunity"]["string"] == "65001:1:2"
    eventually(lambda: {state for _, state in vip_states(lb1).values()}, {"announced"})


@pytest.mark.alone
def test_a_thousand_vips(lab, lb1):
    """BGP alone. The goal is a second; a shared machine may be ten times slower."""
    many = [f"2001:db8:10::{number:x}" for number in range(0x1000, 0x1000 + 1000)]
    restart(lb1, configuration(lab, vips=many, protocols=["bgp"]))

    def there():
        return sum(vip in many for vip in rib(lab, "ipv6"))

    eventually(there, 1000, LONG)
    eventually(lambda: {state for _, state in vip_states(lb1).values()}, {"announced"}, LONG)
    for change, count in ((scenarios.prepare(lab, "nginx-stop", lb1), 0), (lb1.service.start, 1000)):
        begin = time.monotonic()
        change()
        eventually(there, count, LONG)
        print(f"{count} of 1000 VIPs at the router after {time.monotonic() - begin:.2f} s")


@pytest.mark.parametrize("vip", [IPV4[0], IPV6[0]], ids=["ipv4", "ipv6"])
def test_a_withdrawn_vip_that_another_program_has_announced_is_a_problem(lab, lb1, vip):
    scenarios.prepare(lab, "nginx-stop", lb1)()
    eventually(lambda: carried(lab), NOWHERE)
    with announced_by_another_program(lb1, vip, lambda: carried(lab) == NOWHERE):
        eventually(lambda: carried(lab), {**NOWHERE, vip: BOTH6 if ":" in vip else BOTH4})
        tell_of_another_program(lb1, vip, "bgpd and ospf6d" if ":" in vip else "bgpd and ospfd")
