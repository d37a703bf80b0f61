"""A VIP follows its service: the router's FIB has exactly the nodes whose service is up."""

from look import ALL, eventually, expect, fib, fib_protocols, frr_routes, local_routes, vip_states
from shared import both_protocols
from vipherd_lab import scenarios

pytestmark = both_protocols


def fail(lab, *nodes, scenario="nginx-stop"):
    for node in nodes:
        scenarios.prepare(lab, scenario, lab.nodes[node])()


def test_every_vip_goes_to_every_node(lab):
    assert fib(lab) == expect(ALL, {"lb1", "lb2"})
    assert fib_protocols(lab) == {lab.settings["protocol"]}
    for node in lab.nodes.values():
        assert local_routes(node) == set(ALL)
        assert frr_routes(node) == set(ALL)
        assert vip_states(node) == {vip: ("attached", "announced") for vip in ALL}


def test_a_node_whose_service_is_down_is_left_and_comes_back(lab, lb1):
    fail(lab, "lb1")
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    # Detached after the withdrawal, so that the node itself reaches the healthy one.
    eventually(lambda: vip_states(lb1), {vip: ("detached", "withdrawn") for vip in ALL})
    assert local_routes(lb1) == set()
    assert frr_routes(lb1) == set()
    assert local_routes(lab.nodes["lb2"]) == set(ALL)

    scenarios.heal(lab, lb1)
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))
    eventually(lambda: vip_states(lb1), {vip: ("attached", "announced") for vip in ALL})
    assert local_routes(lb1) == set(ALL)


def test_no_route_is_left_when_the_service_is_down_everywhere(lab):
    fail(lab, "lb1", "lb2")
    eventually(lambda: fib(lab), {})
    scenarios.heal(lab, lab.nodes["lb2"])
    eventually(lambda: fib(lab), expect(ALL, {"lb2"}))
    scenarios.heal(lab, lab.nodes["lb1"])
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))
