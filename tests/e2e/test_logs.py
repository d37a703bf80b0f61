"""The log has one line for each change of state, and none for what stays as it is."""

import configs
from look import ALL, IPV4, Log, check, eventually, eventually_true, local_routes, reload, vip_states
from vipherd_lab import scenarios

PROBES = 30  # about three seconds


def texts(log):
    """Lines without their time and level."""
    return [line.split(None, 2)[2] for line in log.lines()]


def test_nothing_is_logged_while_nothing_changes(lab, lb1):
    log = Log(lb1)
    before = check(lb1)["passes"]
    eventually_true("many probes", lambda: check(lb1)["passes"] >= before + PROBES)
    assert log.lines() == []


def test_a_failure_is_logged_once_and_so_is_the_return(lab, lb1):
    log = Log(lb1)
    scenarios.prepare(lab, "nginx-500", lb1)()
    eventually_true("many failed probes", lambda: check(lb1)["fails"] >= PROBES)
    eventually(lambda: len(log.matching("VIP .* withdrawn")), len(ALL))
    told = texts(log)
    assert [text for text in told if not text.startswith("VIP ")] == [
        "check web/http down: status 500, expected 2xx", "service web down: check http: status 500, expected 2xx"]
    for vip in ALL:
        assert [text.split(" ")[2] for text in told if text.startswith(f"VIP {vip} ")] == ["withdrawing:", "withdrawn:"]

    log = Log(lb1)
    scenarios.heal(lab, lb1)
    eventually(lambda: len(log.matching("VIP .* announced")), len(ALL))
    before = check(lb1)["passes"]
    eventually_true("many probes", lambda: check(lb1)["passes"] >= before + PROBES)
    told = texts(log)
    assert told[:2] == ["check web/http up: status 200", "service web up: 1 of 1 checks up, 1 needed"]
    assert len(told) == 2 + len(ALL)


def test_a_zebra_that_stays_away_is_logged_once(lab, lb1):
    log = Log(lb1)
    lb1.frr.stop()
    log.wait("zebra lost")
    log.wait("cannot connect to zebra")
    before = check(lb1)["passes"]
    eventually_true("many probes", lambda: check(lb1)["passes"] >= before + PROBES)
    log.expect("zebra", 2)


def test_a_changing_reason_of_a_failure_is_no_change_of_state(lab, lb1):
    log = Log(lb1)
    scenarios.prepare(lab, "nginx-500", lb1)()
    eventually(lambda: check(lb1)["verdict"]["state"], "down")
    scenarios.prepare(lab, "nginx-kill", lb1)()
    eventually_true("another reason", lambda: "500" not in check(lb1)["last"]["reason"])
    eventually_true("many failed probes", lambda: check(lb1)["fails"] >= PROBES)
    log.expect("check web/http", 1)


def test_a_reload_changes_the_level(lab, lb1):
    web = configs.service(ALL)
    gone = [f"VIP {vip} detached" for vip in IPV4[1:]]
    log = Log(lb1)
    reload(lb1, configs.render(lab, {"web": configs.service(ALL[:1] + ALL[2:])}, extra='[log]\nlevel = "debug"\n'))
    assert " debug " in log.wait(gone[0])
    reload(lb1, configs.render(lab, {"web": web}))
    eventually(lambda: local_routes(lb1), set(ALL))
    eventually(lambda: vip_states(lb1), {vip: ("attached", "announced") for vip in ALL})
    reload(lb1, configs.render(lab, {"web": configs.service(ALL[:2] + ALL[3:])}))
    eventually(lambda: local_routes(lb1), set(ALL[:2] + ALL[3:]))
    # What is logged after the detachment shows that nothing was for it.
    reload(lb1, configs.render(lab, {"web": web}))
    assert log.matching(gone[1]) == []
