"""VIPs that are taken where the node stands: it must not cut itself off, and says what is wrong."""

import json

import configs
import pytest
from look import ALL, eventually, eventually_true, expect, fib, reload, status, vips
from vipherd_lab import topology

OTHER = ALL[0]
POOL = ["10.10.10.0/24", "2001:db8:10::/64", "192.168.100.0/24"]


def established(node):
    """Peers of bgpd to whom there is a session."""
    summary = json.loads(node.frr.vtysh("show bgp ipv4 unicast summary json"))
    return {peer for peer, what in summary["peers"].items() if what["state"] == "Established"}


def texts(node):
    return {(problem["severity"], problem["text"]) for problem in status(node)["problems"]}


@pytest.mark.parametrize("lab", ["bgp"], indirect=True)
def test_the_node_keeps_its_session_whatever_is_called_a_vip(lab, lb1):
    own = topology.node_ipv4("lb1")
    peer = topology.ROUTER_IPV4
    near = "192.168.100.250"
    before = established(lb1)
    assert peer in before
    extra = f"[vips]\npool = {json.dumps(POOL)}\n"
    reload(lb1, configs.render(lab, {"web": configs.service([OTHER, own, peer, near])}, extra=extra))
    refused = "it is neither attached nor announced"
    eventually_true("the peer is known", lambda: any(peer in text for _, text in texts(lb1)))
    seen = texts(lb1)
    assert ("problem", f"VIP {own} is this node's own address on eth1: {refused}") in seen
    assert any(level == "problem" and text.startswith(f"VIP {peer} is ") and text.endswith(refused)
               for level, text in seen)
    assert any(level == "notice" and text.startswith(f"VIP {near} lies in 192.168.100.0/24, the subnet of eth1")
               for level, text in seen)
    eventually(lambda: vips(lb1)[peer]["attached"]["state"], "detached")
    assert vips(lb1)[own]["announced"]["state"] == "withdrawn"
    eventually(lambda: fib(lab)[OTHER], expect([OTHER], {"lb1", "lb2"})[OTHER])
    assert established(lb1) == before
    assert lb1.agent.get("/health")[0] == 503
