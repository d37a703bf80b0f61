"""ECMP really spreads: by connection with L4 hashing, and one client goes to one node with L3 hashing.

Of IPv6 packets Linux hashes the flow label as well, which hosts choose anew for each connection unless
net.ipv6.auto_flowlabels says otherwise: so a client is spread even by L3 hashing.
"""

import pytest
from look import IPV4, IPV6
from shared import both_protocols
from vipherd_lab import client
from vipherd_lab.measure import L4Hashing

REQUESTS = 200

pytestmark = both_protocols
each_family = pytest.mark.parametrize("vip", [IPV4[0], IPV6[0]], ids=["ipv4", "ipv6"])


@pytest.fixture
def no_flow_labels(lab):
    before = lab.client.get_sysctl("net.ipv6.auto_flowlabels")
    lab.client.set_sysctls({"net.ipv6.auto_flowlabels": 0})
    yield
    lab.client.set_sysctls({"net.ipv6.auto_flowlabels": before})


def answers(lab, vip):
    result = client.request(lab.client, vip, REQUESTS)
    assert result["failures"] == []
    assert sum(result["nodes"].values()) == REQUESTS
    return result["nodes"]


def expect_both(nodes):
    assert set(nodes) == {"lb1", "lb2"}
    assert min(nodes.values()) >= REQUESTS // 5


@each_family
def test_l4_hashing_spreads_the_requests_of_one_client(lab, vip, no_flow_labels):
    with L4Hashing(lab.router):
        expect_both(answers(lab, vip))


@each_family
def test_l3_hashing_sends_one_client_to_one_node(lab, vip, no_flow_labels):
    assert len(answers(lab, vip)) == 1


def test_flow_labels_spread_the_requests_of_one_client(lab):
    expect_both(answers(lab, IPV6[0]))
