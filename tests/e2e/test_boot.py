"""The agent under a systemd that boots: every way to end or to hang it, a journal that hangs, and the node's own end and
return. lb1 boots, lb2 serves as ever."""

import contextlib
import json
import os
import re
import subprocess
import threading
import time

import pytest
from look import ALL, IPV4, eventually, eventually_true, expect, fib
from machines import CONFIGURATION, booted_node, edit, install, nginx_of_the_lab
from routers import keeping_connections
from shared import lab_name
from vipherd_lab import booted, client
from vipherd_lab.lab import Lab, down_undisturbed
from vipherd_lab.measure import L4Hashing
from vipherd_lab.memory_group import memory_group

TEXT = f"""
[frr]
protocols = ["ospf"]
[vips]
pool = ["10.10.10.0/24", "2001:db8:10::/64"]
[services.web]
vips = {ALL}
watch.unit = "nginx.service"
[services.web.drain]
hold = "1500ms"
[services.web.checks.http]
type = "http"
url = "http://127.0.0.1/"
interval = "100ms"
timeout = "2s"
"""


@pytest.fixture(scope="module")
def machine(own_package, tmp_path_factory):
    suite = booted.own_suite()
    if not suite:
        pytest.skip("this machine runs neither Debian 12 nor 13")
    directory = tmp_path_factory.mktemp("boot")
    name = lab_name("boot")
    lab = Lab.up(name, protocol="ospf", binary=os.environ.get("VIPHERD"))
    try:
        with memory_group(name) as group, booted_node(lab, "lb1", suite, own_package, directory, group) as found:
            nginx_of_the_lab(found)
            install(found, TEXT)
            yield found
    finally:
        down_undisturbed(name)


def served_by(machine, *nodes):
    eventually(lambda: fib(machine.lab), expect(ALL, nodes), 60)


def main_process(machine, unit="vipherd"):
    return machine.sh(f"systemctl show -P MainPID {unit}")


def starts(machine):
    return int(machine.sh("systemctl show -P NRestarts vipherd"))


@pytest.fixture
def watch(machine):
    """The router's routes, from when both nodes have all VIPs."""
    served_by(machine, "lb1", "lb2")
    with machine.lab.watch() as found:
        eventually_true("the routes", lambda: (found.pump(0.05), all(map(found.next_hops, ALL)))[1])
        yield found


@contextlib.contextmanager
def following(watch):
    """Meanwhile a thread takes in what the router's kernel says, so that its times are those of the changes."""
    over = threading.Event()

    def follow():
        while not over.is_set():
            watch.pump(0.05)

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def left_and_returned(machine, watch, since):
    """The router gets to have lb2 alone for every VIP, and both again."""
    alone = machine.lab.nodes["lb2"].next_hops

    def left():
        watch.pump(0.05)
        return {vip for stamp, vip, hops in watch.history if stamp >= since and hops and hops <= alone} == set(ALL)

    eventually_true("the node to leave", left, 60)
    served_by(machine, "lb1", "lb2")
    eventually(lambda: machine.run(["vipherd", "status"], check=False).returncode, 0)


@pytest.mark.parametrize("number", ["KILL", "STOP"])
def test_a_killed_or_hung_agent_is_left_and_returns(machine, watch, number):
    before, process, since = starts(machine), main_process(machine), time.monotonic_ns()
    machine.sh(f"kill -{number} {process}")
    left_and_returned(machine, watch, since)
    assert starts(machine) == before + 1 and main_process(machine) != process
    if number == "STOP":
        assert "atchdog timeout" in machine.sh("journalctl --no-pager -b -u vipherd")
    assert len(machine.sh("ip -o route show table local proto 118").splitlines()) == len(IPV4)


def relay_of(machine):
    text = machine.sh("vipherd status --json || true")
    return json.loads(text)["relay"]["state"] if text else {"state": "no agent answers", "why": ""}


def relay_filters(machine):
    return machine.sh("tc filter show dev eth1 ingress").count("name vipherd_ingress")


def test_the_relays_drop_in_gives_its_programs_what_they_need(machine):
    """As user frr and in the unit's confinement; without it the agent announces as ever, and says what is missing."""
    drop_in = "/etc/systemd/system/vipherd.service.d/relay.conf"
    before = machine.sh(f"cat {CONFIGURATION}") + "\n"
    own, sibling = "192.168.100.2", "192.168.100.3"
    machine.sh("install -m 640 -g frr /dev/null /etc/vipherd/relay.key && head -c 32 /dev/urandom | base64 > /etc/vipherd/relay.key")
    try:
        edit(machine, lambda text: text + f'[relay]\nsiblings = ["{own}", "{sibling}"]\nkey_file = "/etc/vipherd/relay.key"\n')
        eventually_true("the relay to fail", lambda: "Operation not permitted" in relay_of(machine)["why"], 20)
        served_by(machine, "lb1", "lb2")
        machine.sh(f"install -D -m 644 /usr/share/doc/vipherd/examples/relay.conf {drop_in} && systemctl daemon-reload")
        machine.run(["systemctl", "restart", "vipherd"])
        eventually(lambda: relay_of(machine)["state"], "working", 20)
        assert relay_filters(machine) == 1
        process = main_process(machine)
        assert machine.sh(f"stat -c %U /proc/{process}") == "frr"
        machine.sh(f"kill -KILL {process}")
        eventually_true("another process", lambda: main_process(machine) not in ("0", process), 20)
        eventually(lambda: relay_of(machine)["state"], "working", 20)
        machine.run(["systemctl", "stop", "vipherd"])
        assert relay_filters(machine) == 0
    finally:
        machine.sh(f"rm -rf {os.path.dirname(drop_in)} && systemctl daemon-reload")
        machine.write(CONFIGURATION, before)
        machine.run(["systemctl", "restart", "vipherd"])
    served_by(machine, "lb1", "lb2")


def memory(machine, *names):
    """What the control group of the agent's unit says, in the file of either hierarchy."""
    first, second = names
    group = "system.slice/vipherd.service"
    return int(machine.sh(f"cd /sys/fs/cgroup && cat memory/{group}/{first} 2>/dev/null || cat {group}/{second}"))


@pytest.fixture
def memory_limit(machine):
    """MemoryMax= of the agent's unit, a little above what the agent has."""
    if not machine.group:
        pytest.skip("this machine lets no control group limit memory")
    # Since then everything is counted.
    machine.run(["systemctl", "restart", "vipherd"])
    served_by(machine, "lb1", "lb2")
    # A router drops a change within a second of the last one (MinLSArrival), which may be what an earlier test did, and hears
    # of it again when the agent has long been back.
    time.sleep(2)
    limit = (memory(machine, "memory.usage_in_bytes", "memory.current") + (16 << 20)) >> 20 << 20
    machine.run(["systemctl", "set-property", "--runtime", "vipherd", f"MemoryMax={limit}"])
    # A systemd that has no say over memory takes the property, too.
    assert memory(machine, "memory.limit_in_bytes", "memory.max") == limit
    yield limit
    machine.run(["systemctl", "revert", "vipherd"])


def test_an_agent_that_runs_out_of_memory_is_left_and_returns(machine, memory_limit, watch):
    before, since = starts(machine), time.monotonic_ns()
    # As large as the agent reads them, and together more than it may have; gone before the next one starts, a second later.
    large, files = 15 << 20, 8
    assert memory_limit < large * files
    machine.sh(f"yes '# {'x' * 90}' | head -c {large} >/etc/vipherd/large && cd /etc/vipherd/conf.d && "
               f"for i in $(seq {files}); do ln ../large large$i.toml; done; systemctl reload vipherd; rm ../large large*.toml")
    left_and_returned(machine, watch, since)
    assert starts(machine) > before
    # By the limit of the unit, not by that of a group above it.
    said = subprocess.run(["dmesg"], check=True, capture_output=True, text=True).stdout
    assert re.search(rf"oom_memcg=\S*/{os.path.basename(machine.group)}/\S*system\.slice/vipherd\.service,.*task=vipherd,", said)


def test_a_journal_that_hangs_holds_up_no_decision(machine, watch):
    # A line for each probe, so that what the journal does not read fills up.
    edit(machine, lambda text: '[log]\nlevel = "debug"\n' + text)
    served_by(machine, "lb1", "lb2")
    journal = main_process(machine, "systemd-journald")
    process = main_process(machine)
    machine.sh(f"kill -STOP {journal}")
    try:
        for _ in range(2):
            machine.sh("kill -STOP $(pidof nginx)")
            served_by(machine, "lb2")
            machine.sh("kill -CONT $(pidof nginx)")
            served_by(machine, "lb1", "lb2")
        assert main_process(machine) == process
    finally:
        machine.sh(f"kill -CONT {journal}")
    edit(machine, lambda text: text.replace('[log]\nlevel = "debug"\n', ""))
    served_by(machine, "lb1", "lb2")


@contextlib.contextmanager
def load(machine):
    """500 requests a second to a VIP, none of which may fail."""
    served_by(machine, "lb1", "lb2")
    with keeping_connections(machine.lab), L4Hashing(machine.lab.router), \
            client.Client(machine.lab.client, IPV4[0], 500, router=machine.lab.router, timeout=client.PATIENT) as running:
        yield
        result = running.stop()
    assert result["failures"] == [] and set(result["nodes"]) == {"lb1", "lb2"}


@pytest.mark.alone
def test_a_reboot_loses_no_request_and_announces_nothing_before_the_service_is_healthy(machine, watch):
    machine.sh("vipherd integrate nginx.service --install")
    # A service that needs longer than everything else to come up.
    machine.sh("mkdir -p /etc/systemd/system/nginx.service.d && "
               "printf '[Service]\\nExecStartPre=/bin/sleep 4\\n' >/etc/systemd/system/nginx.service.d/slow.conf && "
               "systemctl daemon-reload")
    with load(machine):
        since = time.monotonic_ns()
        with following(watch):
            machine.reboot()
            served_by(machine, "lb1", "lb2")
        left_and_returned(machine, watch, since)
        healthy = 1000 * int(machine.sh("systemctl show -P ActiveEnterTimestampMonotonic nginx"))
        agent = 1000 * int(machine.sh("systemctl show -P ActiveEnterTimestampMonotonic vipherd"))
        assert agent < healthy
        hops = machine.lab.nodes["lb1"].next_hops
        returned = [stamp for stamp, address, now in watch.history if stamp > since and now & hops and stamp > agent]
        assert returned and min(returned) > healthy - 1_000_000_000  # nginx serves before systemd knows it
    machine.sh("rm -r /etc/systemd/system/nginx.service.d && systemctl daemon-reload")


@pytest.mark.alone
def test_a_shutdown_drains_before_nginx_stops(machine, watch):
    with load(machine):
        since = time.monotonic_ns()
        with following(watch):
            machine.power_off()
            off = time.monotonic_ns()
            served_by(machine, "lb2")
        hops = machine.lab.nodes["lb1"].next_hops
        # When it went for good: what a router computes once more without it is no news.
        gone = {}
        for stamp, vip, now in watch.history:
            if now & hops:
                gone.pop(vip, None)
            elif now and stamp > since:
                gone.setdefault(vip, stamp)
        assert set(gone) == set(ALL) and max(gone.values()) < off
