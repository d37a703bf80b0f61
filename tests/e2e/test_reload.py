"""SIGHUP: VIPs that a change does not concern do not flap; a faulty file changes nothing."""

import re
import time

import configs
from listener import LOCAL_TABLE, RouteListener
from look import (ALL, IPV4, IPV6, Log, check, eventually, expect, fib, frr_routes, local_routes, reload,
                  router_changes, set_configuration, status, vip_states)
from shared import both_protocols
from vipherd_lab.agent import CONFIGURATION

ADDED = ["10.10.10.20", "2001:db8:10::20"]
REMOVED = [IPV4[2], IPV6[2]]
KEPT = [vip for vip in ALL if vip not in REMOVED]
BOTH = {"lb1", "lb2"}


@both_protocols
def test_only_vips_that_were_added_or_removed_change(lab, lb1):
    agent = lb1.agent.process()
    with lab.watch(KEPT) as watch, RouteListener(lb1.host) as kernel:
        begin = time.monotonic_ns()
        reload(lb1, configs.render(lab, {"web": configs.service(KEPT + ADDED)}))
        eventually(lambda: fib(lab), {**expect(KEPT, BOTH), **expect(REMOVED, {"lb2"}), **expect(ADDED, {"lb1"})})
        eventually(lambda: local_routes(lb1), set(KEPT + ADDED))
        eventually(lambda: vip_states(lb1), {vip: ("attached", "announced") for vip in KEPT + ADDED})
        assert router_changes(watch, begin) == []
        assert kernel.changes(addresses=KEPT) == []
        touched = {change.address for change in kernel.changes(LOCAL_TABLE)}
        assert touched == set(ADDED + REMOVED)
    assert frr_routes(lb1) == set(KEPT + ADDED)
    assert lb1.agent.process() == agent


def test_a_new_check_and_a_new_interval_do_not_flap(lab, lb1):
    with lab.watch(ALL) as watch, RouteListener(lb1.host) as kernel:
        begin = time.monotonic_ns()
        web = configs.service(ALL, {"http": {**configs.HTTP, "interval": "60ms"},
                                    "port": configs.tcp(80)})
        reload(lb1, configs.render(lab, {"web": web}))
        eventually(lambda: check(lb1, name="port")["verdict"]["state"], "up")
        eventually(lambda: check(lb1)["passes"] >= 3, True)
        # A VIP that follows shows that all there is to come has come to the router.
        reload(lb1, configs.render(lab, {"web": web, "more": configs.service([ADDED[0]])}))
        eventually(lambda: fib(lab), {**expect(ALL, BOTH), ADDED[0]: {"lb1"}})
        assert router_changes(watch, begin) == []
        assert kernel.changes(addresses=ALL) == []


def test_a_check_that_was_changed_counts_from_its_first_result(lab, lb1):
    dead = {"type": "http", "url": "http://127.0.0.1:81/"}  # nothing listens there
    reload(lb1, configs.render(lab, {"web": configs.service(ALL, {"http": dead})}))
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))


def test_a_disabled_service_is_withdrawn_and_the_node_stays_healthy(lab, lb1):
    services = {"web": configs.service(KEPT), "old": configs.service(REMOVED, enabled=False)}
    reload(lb1, configs.render(lab, services))
    eventually(lambda: fib(lab), {**expect(KEPT, BOTH), **expect(REMOVED, {"lb2"})})
    eventually(lambda: local_routes(lb1), set(KEPT))
    eventually(lambda: lb1.agent.get("/health")[0], 200)
    eventually(lambda: {service["name"]: service["verdict"]["state"] for service in status(lb1)["services"]},
               {"web": "up", "old": "disabled"})


def test_a_faulty_file_changes_nothing_and_is_reported_until_a_good_one_comes(lab, lb1):
    good = configs.render(lab, {"web": configs.service(ALL)})
    faulty = good.replace('url = "http', 'ulr = "http').replace("rise = 1", "rise = -1")
    # Both faults are in the lines that were broken.
    places = {f"{CONFIGURATION}:{number}:" for number, (was, now)
              in enumerate(zip(good.splitlines(), faulty.splitlines()), start=1) if was != now}
    assert len(places) == 2
    log = Log(lb1)
    with lab.watch(ALL) as watch, RouteListener(lb1.host) as kernel:
        begin = time.monotonic_ns()
        set_configuration(lb1, faulty)
        lb1.agent.reload()
        line = log.wait("reload rejected, nothing was changed")
        for place in places:
            assert re.search(f"{re.escape(place)}[0-9]+: ", line), f"{place} is not named in: {line}"
        assert status(lb1)["config"]["state"] == "rejected"
        for place in places:
            assert place in status(lb1)["config"]["why"]
        passes = check(lb1)["passes"]
        eventually(lambda: check(lb1)["passes"] >= passes + 3, True)  # probing goes on as before
        eventually(lambda: "rejected" in lb1.agent.status()["text"], True)  # systemctl status says so
        assert vip_states(lb1) == {vip: ("attached", "announced") for vip in ALL}

        reload(lb1, good)
        assert status(lb1)["config"]["state"] == "applied"
        eventually(lambda: "rejected" in lb1.agent.status()["text"], False)
        assert router_changes(watch, begin) == []
        assert kernel.changes(addresses=ALL) == []
    assert fib(lab) == expect(ALL, BOTH)


def test_what_cannot_change_while_running_is_refused_by_name(lab, lb1):
    log = Log(lb1)
    set_configuration(lb1, configs.render(lab, {"web": configs.service(KEPT)}, port=9118))
    lb1.agent.reload()
    assert "api.listen cannot change while running" in log.wait("reload rejected")
    assert status(lb1)["config"]["state"] == "rejected"  # at the old port
    assert set(vip_states(lb1)) == set(ALL)


def test_a_protocol_that_is_left_out_is_not_asked_any_more(lab, lb1):
    """The lab speaks OSPF alone."""
    ospf = configs.render(lab, {"web": configs.service(ALL)})
    both = re.sub(r"^protocols = .*$", 'protocols = ["bgp", "ospf"]', ospf, flags=re.MULTILINE)
    assert both != ospf
    agent = lb1.agent.process()

    def asked():
        return {daemon["daemon"] for vip in status(lb1)["vips"] for daemon in vip["daemons"]}

    eventually(lambda: "bgpd" in asked(), False)
    reload(lb1, both)
    eventually(lambda: "bgpd" in asked(), True)
    eventually(lambda: {vip["reach"]["state"] for vip in status(lb1)["vips"]}, {"unknown"})
    reload(lb1, ospf)
    eventually(asked, {"ospfd", "ospf6d"})
    eventually(lambda: {vip["reach"]["state"] for vip in status(lb1)["vips"]}, {"reached"})
    eventually(lambda: lb1.agent.get("/health")[0], 200)
    assert lb1.agent.process() == agent
