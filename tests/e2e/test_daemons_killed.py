"""Some of FRR's daemons are killed, in one order or another, and restarted as watchfrr does, without further help."""

import signal

import pytest
from look import ALL, PATIENCE, Log, eventually, everything, frr_routes, learned, local_routes, vip_states
from vipherd_lab import scenarios

# If zebra is among them, what is left is stopped and all are started; else those that are missing are.
ORDERS = [["bgpd", "zebra"], ["zebra", "bgpd"], ["ospfd", "zebra", "ospf6d"], ["ospf6d", "bgpd", "ospfd"],
          ["zebra", "ospf6d", "bgpd", "ospfd", "bfdd"]]


def kill(lb1, name, log):
    process = lb1.frr.process(name)
    process.signal(signal.SIGKILL)
    assert process.wait_gone(PATIENCE)
    if name == "zebra":
        log.wait("zebra lost, nothing is announced")


@pytest.mark.parametrize("lab", ["both"], indirect=True)
@pytest.mark.parametrize("killed", ORDERS, ids="-".join)
def test_all_protocols_follow_again(lab, lb1, killed):
    log = Log(lb1)
    agent = lb1.agent.process()
    for name in killed:
        kill(lb1, name, log)
    scenarios.heal(lab, lb1)
    eventually(lambda: vip_states(lb1), {vip: ("attached", "announced") for vip in ALL}, PATIENCE * 2)
    eventually(lambda: learned(lab), everything({"lb1", "lb2"}), PATIENCE * 2)
    eventually(lambda: lb1.agent.get("/health")[0], 200, PATIENCE * 2)
    # What leaves now leaves everywhere: no daemon holds on to something of before.
    scenarios.prepare(lab, "nginx-stop", lb1)()
    eventually(lambda: learned(lab), everything({"lb2"}), PATIENCE * 2)
    eventually(lambda: (local_routes(lb1), frr_routes(lb1)), (set(), set()))
    assert lb1.agent.process() == agent
    log.expect("zebra connected", killed.count("zebra"))


@pytest.mark.parametrize("lab", ["both"], indirect=True)
def test_a_withdrawal_that_a_daemon_does_not_hear_of_is_an_alarm(lab, lb1):
    log = Log(lb1)
    kill(lb1, "zebra", log)
    lb1.frr.start(["zebra"])  # alone: the others do not ask the new one for our routes
    log.wait("zebra connected")
    for vip in ALL:
        log.wait(f"VIP {vip} announced")
    eventually(lambda: frr_routes(lb1), set(ALL), PATIENCE)
    scenarios.prepare(lab, "nginx-stop", lb1)()
    log.wait(f"VIP {ALL[0]} is withdrawn, but still announced by bgpd and ospfd; zebra has no route for it", PATIENCE * 2)
    for daemon in ("bgpd", "ospfd", "ospf6d"):
        kill(lb1, daemon, log)
    lb1.frr.start(["bgpd", "ospfd", "ospf6d"])
    log.wait(f"VIP {ALL[0]} is announced by no daemon any more", PATIENCE * 2)
    eventually(lambda: learned(lab), everything({"lb2"}), PATIENCE * 2)
