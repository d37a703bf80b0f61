"""The relay's data path between three real nodes: whose connections survive a change of the router's next hops, and
what becomes of packets that no node knows. The programs alone: relay_node does what the agent does with them."""

import json
import os
import signal
import socket
import struct
import subprocess
import time

import pytest
from look import eventually
from relay_net import NODES, PORT, RELAY_PORT, TOKEN, VIPS, binary, network
from relay_packets import family_of, segment
from vipherd_lab.errors import SLOWNESS
from vipherd_lab.namespaces import setns

COUNT = 60  # connections to each VIP
PATIENCE = 30 * SLOWNESS
MEGABYTE = 1000 * 1000


@pytest.fixture(scope="module", params=["subnet", "routed"])
def net(request):
    if binary() is None:
        pytest.skip("relay_node was not built (clang, bpftool, libbpf-dev): the relay is not tested")
    with network(request.param) as made:
        yield made


@pytest.fixture(autouse=True)
def restored(net):
    yield
    net.end_relays()
    net.route(NODES)


def report(many):
    return json.loads(many.ask("report"))


def go_on(many):
    """Waits until each connection that is left was used several times; returns the report."""
    before = report(many)["requests"]

    def used():
        now = report(many)
        left = COUNT * len(VIPS) - now["lost"]
        return now["requests"] - before >= 4 * left
    eventually(used, True, PATIENCE)
    return report(many)


def connect_many(net):
    many = net.traffic("many", PORT, COUNT, *VIPS)
    eventually(lambda: sum(report(many)["nodes"].values()), COUNT * len(VIPS), PATIENCE)
    return many


def test_without_the_relay_a_changed_next_hop_costs_connections(net):
    many = connect_many(net)
    net.route(["n1", "n3"])
    after = go_on(many)
    assert after["lost"] >= after["nodes"]["n2"] > 0
    many.end()


def test_no_connection_is_lost_whatever_the_next_hops(net):
    net.start_relays()
    many = connect_many(net)
    transfers = [net.traffic(kind, PORT, 20 * MEGABYTE, 3, vip) for kind in ("put", "get") for vip in VIPS]
    assert {transfer.line() for transfer in transfers} <= set(NODES)
    for hops in (["n1", "n3"], NODES, ["n2"], ["n3", "n1", "n2"]):
        net.route(hops)
        after = go_on(many)
        assert (after["lost"], after["lost_of"], after["moved"]) == (0, {}, 0)
    assert [json.loads(transfer.line())["whole"] for transfer in transfers] == [True] * 4
    for relayed in ("passed_on", "forwarded", "accepted", "connections_passed_on", "connections_accepted"):
        assert net.total(relayed) > 0
    for wrong in ("malformed", "undeliverable", "rate_limited"):
        assert net.total(wrong) == 0
    many.end()


def single_segments(net):
    """The client's kernel sends each segment by itself, as a network card without offloads does."""
    net.ip("cli", "link", "set", "c0", "gso_max_segs", "1")


def upload(net, vip, seconds):
    return net.traffic("put", PORT, 5 * MEGABYTE, seconds, vip)


def moved_away(net, owners):
    """To a node that has none of these connections."""
    net.route([node for node in NODES if node not in owners][:1])


@pytest.mark.parametrize("vip", VIPS)
def test_full_size_segments_have_room(net, vip):
    single_segments(net)
    net.start_relays()
    transfer = upload(net, vip, 6)
    moved_away(net, [transfer.line()])
    assert json.loads(transfer.line())["whole"]
    counters = [net.counters(node) for node in NODES]
    assert (sum(each["too_big"] for each in counters), sum(each["clamped"] for each in counters)) == (0, 1)
    assert net.total("passed_on") > 1000


@pytest.mark.parametrize("vip", VIPS)
def test_a_connection_older_than_the_relay_without_room_is_reset_at_once(net, vip):
    single_segments(net)
    transfer = upload(net, vip, PATIENCE)
    owner = transfer.line()
    net.start_relays()
    moved_away(net, [owner])
    begin = time.monotonic()
    assert transfer.line() == ""
    assert time.monotonic() - begin < PATIENCE
    assert sum(net.counters(node)["too_big"] for node in NODES) > 0


# -- packets that no socket sent --------------------------------------------------------------------


def in_namespace(net, name, function):
    """A call made in a node's network namespace."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        setns(net.netns_path(name))
        return function()
    finally:
        setns(f"/proc/self/fd/{home}")
        os.close(home)


def answer_to_unknown_segment(net, vip, port, patience):
    """The flags of what comes back; None: nothing did."""
    source = "172.31.100.2" if "." in vip else "fd31:100::2"

    def ask():
        with socket.socket(family_of(vip), socket.SOCK_RAW, socket.IPPROTO_TCP) as raw:
            raw.bind((source, 0))
            begin = time.monotonic()
            raw.sendto(segment(source, vip, port), (vip, 0))
            while (left := begin + patience - time.monotonic()) > 0:
                raw.settimeout(left)
                try:
                    packet, sender = raw.recvfrom(2048)
                except TimeoutError:
                    break
                got = packet[20:] if "." in vip else packet  # IPv6 raw sockets show no IP header
                if sender[0] == vip and struct.unpack("!H", got[2:4])[0] == port:
                    return got[13]
        return None
    return in_namespace(net, "cli", ask)


RESET = 4


@pytest.mark.parametrize("vip", VIPS)
def test_what_no_node_owns_is_reset_by_the_node_that_got_it(net, vip):
    net.start_relays()
    net.route(["n1"])
    family = VIPS.index(vip)
    assert answer_to_unknown_segment(net, vip, 1111, PATIENCE) == RESET
    first, second, third = (net.addresses(node)[family] for node in NODES)
    assert net.counters("n1")["siblings"][second]["passed_on"] == 1
    assert net.counters("n2")["siblings"][third]["forwarded"] == 1
    assert net.counters("n3")["siblings"][first]["forwarded"] == 1
    assert net.counters("n1")["siblings"][third]["unowned"] == 1


def test_rings_that_contradict_each_other_make_no_loop(net):
    net.start_relays()
    net.ring("n1", ["n2", "n3"])
    net.ring("n2", ["n1"])
    net.ring("n3", [])
    net.route(["n1"])
    assert answer_to_unknown_segment(net, VIPS[0], 1112, PATIENCE) == RESET
    assert (net.total("passed_on"), net.total("forwarded"), net.total("unowned")) == (1, 2, 1)


def send_to_relay(net, sender, target, payload):
    def send():
        with socket.socket(family_of(target), socket.SOCK_DGRAM) as udp:
            udp.sendto(payload, (target, RELAY_PORT))
    in_namespace(net, sender, send)


def test_strangers_and_the_malformed_are_dropped_and_counted(net):
    net.start_relays()
    for family, target in enumerate(net.addresses("n1")):
        send_to_relay(net, "cli", target, struct.pack("!BBHI", 1, 1, 0, TOKEN) + bytes(40))
        eventually(lambda family=family: net.counters("n1")["strangers"], family + 1, PATIENCE)
    if net.layout == "subnet":  # elsewhere a node's packets come from an uplink's address, and are a stranger's
        for target, sibling in zip(net.addresses("n1"), net.addresses("n2")):
            send_to_relay(net, "n2", target, struct.pack("!BBHI", 1, 1, 0, TOKEN + 1) + bytes(40))
            eventually(lambda sibling=sibling: net.counters("n1")["siblings"][sibling]["malformed"], 1, PATIENCE)
    assert net.total("accepted") + net.total("unowned") + net.total("forwarded") == 0


# -- the agent's life ---------------------------------------------------------------------------------


def filters(net, node):
    return "".join(subprocess.run(["ip", "netns", "exec", net.netns(node), "tc", *what, "dev", interface],
                                  capture_output=True, text=True, check=True).stdout
                   for interface in net.interfaces() for what in (["filter", "show", "ingress"],
                                                                  ["filter", "show", "egress"], ["qdisc", "show"]))


def test_an_agent_that_hangs_stops_relaying_and_one_that_goes_on_begins_again(net):
    net.start_relays()
    net.route(["n1"])
    relay = net.relays["n1"].process
    relay.send_signal(signal.SIGSTOP)

    def relayed(port=iter(range(2000, 60000))):
        before = net.total_of(["n2", "n3"], "forwarded")
        assert answer_to_unknown_segment(net, VIPS[0], next(port), PATIENCE) == RESET
        return net.total_of(["n2", "n3"], "forwarded") > before
    try:
        eventually(relayed, False, PATIENCE)
    finally:
        relay.send_signal(signal.SIGCONT)
    eventually(relayed, True, PATIENCE)


def test_a_killed_agents_filters_are_found_and_nothing_else_is_touched(net):
    before = filters(net, "n1")
    net.start_relays()
    assert "vipherd_ingress" in filters(net, "n1")
    net.relays.pop("n1").kill()
    assert "vipherd_ingress" in filters(net, "n1")
    removed = subprocess.run(["ip", "netns", "exec", net.netns("n1"), binary(), "orphans"], capture_output=True,
                             text=True, check=True).stdout
    assert removed.split() == net.interfaces()
    assert filters(net, "n1") == before
    net.end_relays()
    assert [filters(net, node) for node in ("n2", "n3")] == [before, before]


def test_a_successor_takes_over_without_losing_a_connection(net):
    net.start_relays()
    many = connect_many(net)
    net.route(["n1", "n3"])
    for node in NODES:
        relay = net.relays.pop(node)
        assert relay.ask("leave") == "ok"
        relay.end()
        net.start_relay(node)
    after = go_on(many)
    assert (after["lost"], after["moved"]) == (0, 0)
    assert net.total("accepted") > 0
    many.end()
