"""The Debian package on systems that boot, with a router and another load balancer around them: docs/install.md word by
word, upgrades and restarts under load, removal. One after the other, as a machine lives."""

import glob
import os
import re
import shutil
import subprocess
import time

import pytest
from look import ALL, IPV4, eventually, eventually_true, expect, fib, router_changes
from machines import booted_node, edit, nginx_of_the_lab, put, took
from routers import keeping_connections
from shared import ROOT, lab_name
from vipherd_lab import booted, client
from vipherd_lab.lab import Lab, down_undisturbed
from vipherd_lab.measure import L4Hashing

RATE = 500


def package_for(suite, request):
    if suite == booted.own_suite():
        return request.getfixturevalue("own_package")
    found = glob.glob(f"{ROOT}/build/package{booted.SUITES[suite]}/vipherd_*.deb")
    if not found:
        pytest.skip(f"no package for Debian {booted.SUITES[suite]}: tests/debian13 run deploy/package build/package13")
    return found[0]


@pytest.fixture(scope="module", params=list(booted.SUITES), ids=[f"debian-{n}" for n in booted.SUITES.values()])
def machine(request, tmp_path_factory):
    """lb1 of a lab, booted, with everything but vipherd; lb2 serves as ever."""
    package = package_for(request.param, request)
    name = lab_name("package")
    lab = Lab.up(name, protocol="ospf", binary=os.environ.get("VIPHERD"))
    try:
        with booted_node(lab, "lb1", request.param, package, tmp_path_factory.mktemp("machine")) as found:
            nginx_of_the_lab(found)
            yield found
    finally:
        down_undisturbed(name)


def commands(heading):
    """The lines of docs/install.md to type, of one part."""
    with open(f"{ROOT}/docs/install.md") as file:
        part = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", file.read(), re.MULTILINE | re.DOTALL)[1]
    return "".join(re.findall(r"^```sh\n(.*?)^```", part, re.MULTILINE | re.DOTALL)).splitlines()


def type_in(machine, heading):
    """What the part's last command printed."""
    lines = commands(heading)
    assert lines, heading
    for line in lines:
        done = machine.run(["bash", "-c", f"cd /root && {line}"], check=False, timeout=120)
        # A diff that shows something is no failure, and a doctor may find something.
        usual = (0, 1) if "--diff" in line or "doctor" in line else (0,)
        assert done.returncode in usual, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


def both(machine):
    eventually(lambda: fib(machine.lab), expect(ALL, {"lb1", "lb2"}), 60)


def test_as_installed_it_is_healthy_and_announces_nothing(machine):
    assert "healthy" in type_in(machine, "1. Install").splitlines()[0]
    assert machine.sh("ip -o route show table local proto 118") == ""
    assert machine.sh("stat -c '%U:%G %a' /etc/vipherd/vipherd.toml") == "root:frr 640"
    assert machine.sh("systemctl is-enabled vipherd vipherd-notify@webhook").split() == ["enabled", "disabled"]
    assert "frrvty" in machine.sh("id -Gn frr").split()
    assert machine.sh("dpkg --audit") == ""


def test_its_own_tests_pass_in_autopkgtest(machine):
    """It runs in the machine and reaches it by ssh, as any other: a machine of its own is what the tests ask for."""
    shutil.copytree(f"{ROOT}/debian", f"/proc/{machine.leader}/root/root/source/debian")
    # A tree with this file is a built one, which needs nothing to build with.
    machine.write("/root/source/debian/files", f"{os.path.basename(machine.package)} net optional\n")
    # It asks for what is new in the archive, which nothing leads to from here.
    machine.write("/etc/apt/sources.list", "")
    machine.sh("mkdir -p -m 700 /root/.ssh && cd /root/.ssh && ssh-keygen -q -t ed25519 -N '' -f key && cp key.pub authorized_keys "
               "&& systemctl start ssh")
    done = machine.run(["bash", "-c", "cd /root && autopkgtest --no-built-binaries --summary-file=summary ./vipherd_*.deb source/ "
                                      "-- ssh --hostname=127.0.0.1 --login=root --identity=/root/.ssh/key "
                                      "--capability=isolation-machine"], check=False, timeout=300)
    # 0: each has passed, and none was skipped.
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(line.split() for line in machine.sh("cat /root/summary").splitlines()) == \
        [["packaged-files", "PASS"], ["starts-healthy", "PASS"]]
    machine.sh("systemctl stop ssh && rm -r /root/.ssh /root/source")


def test_the_first_five_minutes(machine):
    for heading in ("2. Say what is to be announced", "3. Have FRR announce it"):
        type_in(machine, heading)
    assert "1 service, 6 VIPs, 1 check" in machine.sh("vipherd check-config")
    machine.run(["systemctl", "reload", "vipherd"])
    both(machine)
    eventually(lambda: machine.run(["vipherd", "status"], check=False).returncode, 0)
    type_in(machine, "4. Start")
    assert "10.10.10.10" in type_in(machine, "5. Look")
    assert machine.sh("stat -c '%U:%G %a' /etc/vipherd/vipherd.toml") == "root:frr 640"


@pytest.fixture
def load(machine):
    """500 requests a second to a VIP, over both nodes; `stop()` says what came of them."""
    both(machine)
    with L4Hashing(machine.lab.router), client.Client(machine.lab.client, IPV4[0], RATE, router=machine.lab.router,
                                                      timeout=client.PATIENT) as running:
        yield running


def newer(package, directory):
    """The same package with a higher version."""
    subprocess.run(["dpkg-deb", "-R", package, directory], check=True)
    control = f"{directory}/DEBIAN/control"
    with open(control) as file:
        text = file.read()
    with open(control, "w") as file:
        file.write(re.sub(r"^Version: .*$", r"\g<0>+1", text, flags=re.MULTILINE))
    built = f"{directory}.d/{os.path.basename(package).replace('_amd64', '+1_amd64')}"
    os.makedirs(os.path.dirname(built))
    subprocess.run(["dpkg-deb", "-b", "--root-owner-group", "-Zgzip", directory, built], check=True, capture_output=True)
    return built


@pytest.mark.alone
def test_an_upgrade_changes_no_route_and_loses_no_request(machine, load, tmp_path):
    put(machine, newer(machine.package, str(tmp_path / "newer")))
    before = machine.sh("systemctl show -P MainPID vipherd")
    configured = machine.sh("cat /etc/vipherd/vipherd.toml")
    with machine.lab.watch() as watch:
        eventually_true("the routes", lambda: (watch.pump(0.05), all(map(watch.next_hops, ALL)))[1])
        since = time.monotonic_ns()
        machine.run(["bash", "-c", "apt-get install -y ./root/vipherd_*.deb"], timeout=120)
        assert machine.sh("dpkg-query -W -f '${Version}' vipherd").endswith("+1")
        assert machine.sh("systemctl show -P MainPID vipherd") != before
        eventually(lambda: machine.run(["vipherd", "status"], check=False).returncode, 0)
        assert router_changes(watch, since) == []
    result = load.stop()
    assert result["failures"] == [] and set(result["nodes"]) == {"lb1", "lb2"}
    assert machine.sh("cat /etc/vipherd/vipherd.toml") == configured
    assert machine.sh("stat -c '%U:%G %a' /etc/vipherd/vipherd.toml") == "root:frr 640"


def without_lb1(machine):
    eventually(lambda: fib(machine.lab), expect(ALL, {"lb2"}))


@pytest.mark.alone
@pytest.mark.parametrize("how", [["restart"], ["stop", "start"]], ids=["restart", "stop-and-start"])
def test_nginx_stops_and_starts_and_no_request_is_lost(machine, how):
    type_in(machine, "Then")
    edit(machine, lambda text: text.split("[services.web.drain]")[0] + '[services.web.drain]\nhold = "1500ms"\n')
    both(machine)
    with keeping_connections(machine.lab), L4Hashing(machine.lab.router), \
            client.Client(machine.lab.client, IPV4[0], RATE, router=machine.lab.router, timeout=client.PATIENT) as running:
        before = machine.sh("systemctl show -P MainPID nginx")
        # It waited for what is least preferred first.
        assert took(machine, "systemctl", how[0], "nginx") > 1.5
        for command in how[1:]:
            without_lb1(machine)
            machine.run(["systemctl", command, "nginx"])
        assert machine.sh("systemctl show -P MainPID nginx") != before
        both(machine)
        result = running.stop()
    assert result["failures"] == [] and set(result["nodes"]) == {"lb1", "lb2"}


def test_what_an_operator_has_drained_stays_drained_over_a_restart_of_nginx(machine):
    both(machine)
    machine.sh('vipherd drain web --wait --reason "new kernel"')
    machine.run(["systemctl", "restart", "nginx"])
    assert "new kernel" in machine.run(["vipherd", "status"]).stdout
    without_lb1(machine)
    machine.sh("vipherd resume web --wait")
    both(machine)


def test_a_stop_of_nginx_waits_no_longer_than_it_is_told_to(machine):
    machine.sh("vipherd integrate nginx.service --timeout 2s --install")
    edit(machine, lambda text: text.replace('hold = "1500ms"', 'hold = "5m"'))
    both(machine)
    # Far less than the drain would take: 2 s, and what a busy machine needs for the rest.
    assert took(machine, "systemctl", "restart", "nginx") < 60
    assert machine.sh("systemctl is-active nginx") == "active"
    machine.run(["systemctl", "stop", "vipherd"])
    machine.run(["systemctl", "restart", "nginx"])
    assert machine.sh("systemctl is-active nginx") == "active"
    assert "no agent runs" in machine.sh("journalctl --no-pager -b")
    machine.run(["systemctl", "start", "vipherd"])
    both(machine)


@pytest.mark.alone
def test_an_upgrade_of_frr_behind_a_drain_loses_no_request(machine):
    edit(machine, lambda text: text.replace('hold = "5m"', 'hold = "1500ms"'))
    both(machine)
    with keeping_connections(machine.lab), L4Hashing(machine.lab.router), \
            client.Client(machine.lab.client, IPV4[0], RATE, router=machine.lab.router, timeout=client.PATIENT) as running:
        before = machine.sh("pidof zebra")
        machine.sh("vipherd drain --wait && dpkg -i /var/cache/apt/archives/frr_*.deb && "
                   "systemctl restart frr && vipherd resume --wait", timeout=180)
        assert machine.sh("pidof zebra") != before
        both(machine)
        result = running.stop()
    assert result["failures"] == [] and set(result["nodes"]) == {"lb1", "lb2"}


@pytest.mark.alone
def test_a_stop_of_the_agent_that_is_to_drain_loses_no_request(machine):
    machine.sh("vipherd integrate vipherd.service --install")
    both(machine)
    with keeping_connections(machine.lab), L4Hashing(machine.lab.router), \
            client.Client(machine.lab.client, IPV4[0], RATE, router=machine.lab.router, timeout=client.PATIENT) as running:
        assert took(machine, "systemctl", "stop", "vipherd") > 1.5
        without_lb1(machine)
        machine.run(["systemctl", "start", "vipherd"])
        both(machine)
        before = machine.sh("systemctl show -P MainPID vipherd")
        # It would take longer if it drained, and the router would see it.
        with machine.lab.watch() as watch:
            eventually_true("the routes", lambda: (watch.pump(0.05), all(map(watch.next_hops, ALL)))[1])
            since = time.monotonic_ns()
            machine.run(["systemctl", "restart", "vipherd"])
            eventually(lambda: machine.run(["vipherd", "status"], check=False).returncode, 0)
            assert router_changes(watch, since) == []
        assert machine.sh("systemctl show -P MainPID vipherd") != before
        result = running.stop()
    assert result["failures"] == [] and set(result["nodes"]) == {"lb1", "lb2"}


def test_removed_it_withdraws_and_purged_it_forgets(machine):
    machine.sh("apt-get remove -y vipherd")
    without_lb1(machine)
    assert machine.sh("ip -o route show table local proto 118") == ""
    assert machine.sh("ls /usr/sbin/vipherd /etc/vipherd/vipherd.toml", check=False) == "/etc/vipherd/vipherd.toml"
    # After nginx was integrated and vipherd removed, nginx can still be stopped.
    machine.run(["systemctl", "restart", "nginx"])
    machine.sh("apt-get purge -y vipherd")
    assert machine.sh("ls -d /etc/vipherd /var/lib/vipherd /run/vipherd", check=False) == ""
    assert machine.sh("id -un frr") == "frr"
    assert machine.sh("systemctl is-active frr nginx").split() == ["active", "active"]
