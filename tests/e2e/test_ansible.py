"""The Ansible collection on three load balancers that boot, behind a router with equal-cost routes: they are installed, and
upgraded one after the other under load."""

import json
import os
import shutil

import pytest
from fleet import COLLECTION, EXAMPLES, Controller, all_booted, fill_repository, of_archive
from look import ALL, IPV4, eventually, expect, fib, presence
from routers import keeping_connections
from shared import lab_name
from test_package import newer
from vipherd_lab import booted, client
from vipherd_lab.lab import Lab, down_undisturbed
from vipherd_lab.measure import L4Hashing

RATE = 500
NODES = {"lb1", "lb2", "lb3"}
UPGRADED = ["vipherd", "nginx", "frr"]


@pytest.fixture(scope="module")
def controller(own_package, tmp_path_factory):
    """With `machines`, none of which knows of vipherd yet."""
    if obstacle := booted.obstacle():
        pytest.skip(f"this machine cannot boot a container: {obstacle}")
    if not (suite := booted.own_suite()):
        pytest.skip("this machine's Debian is none that the package is made for")
    if not shutil.which("ansible-playbook"):
        pytest.skip("ansible-core is not installed (deploy/lab/install-packages ansible)")
    directory = str(tmp_path_factory.mktemp("fleet"))
    root = booted.root(suite, own_package)
    name = lab_name("fleet")
    lab = Lab.up(name, protocol="ospf", nodes=len(NODES), agent=False, binary=os.environ.get("VIPHERD"))
    try:
        with all_booted(lab, root, directory) as machines:
            found = Controller(lab, directory)
            found.machines, found.package, found.root = machines, own_package, root
            for machine in machines.values():
                found.admit(machine)
                fill_repository(machine, f"{root}/srv")  # nothing
            yield found
    except booted.CannotBoot as error:
        pytest.skip(f"this machine cannot boot a container: {error}")
    finally:
        down_undisturbed(name)


def served_by(controller, nodes, patience=60):
    eventually(lambda: fib(controller.lab), expect(ALL, nodes), patience)


def each(controller, line):
    """Node -> what the line prints there."""
    return {name: machine.sh(line, check=False) for name, machine in controller.machines.items()}


def test_ansible_lint_finds_nothing(controller):
    controller.local("ansible-lint", "--offline", "--nocolor", cwd=COLLECTION)


def test_it_installs_and_a_second_run_changes_nothing(controller):
    given = {"vipherd_package": json.dumps(controller.package), "vipherd_serial": len(NODES)}
    code, output = controller.play("vipherd.vipherd.install", **given)
    assert code == 0, output
    served_by(controller, NODES)
    assert set(each(controller, "systemctl is-active vipherd-drain-nginx frr vipherd").values()) == {"active\nactive\nactive"}
    pids = each(controller, "pidof zebra vipherd nginx")
    code, output = controller.play("vipherd.vipherd.install", **given)
    assert code == 0, output
    assert output.count("changed=0 ") == len(NODES), output
    assert each(controller, "pidof zebra vipherd nginx") == pids


@pytest.mark.alone
def test_a_rolling_upgrade_of_vipherd_nginx_and_frr_loses_no_request(controller, tmp_path):
    archives = [controller.package, *[of_archive(controller.root, name) for name in UPGRADED[1:]]]
    (tmp_path / "newer").mkdir()
    for package, name in zip(archives, UPGRADED):
        shutil.copy(newer(package, str(tmp_path / name)), tmp_path / "newer")
    for machine in controller.machines.values():
        assert fill_repository(machine, tmp_path / "newer") == len(UPGRADED)
    versions = "dpkg-query -W -f '${Package} ${Version}\n' " + " ".join(UPGRADED)
    before, pids = each(controller, versions), each(controller, "pidof zebra; pidof vipherd; pidof nginx")
    served_by(controller, NODES)
    lab, vip = controller.lab, IPV4[0]
    with keeping_connections(lab), L4Hashing(lab.router), lab.watch([vip]) as watch, \
            client.Client(lab.client, vip, RATE, router=lab.router, timeout=client.PATIENT) as load:
        with controller.start(f"{EXAMPLES}/upgrade.yml") as running:
            while running.poll() is None:
                watch.pump(0.5)
        assert running.returncode == 0, controller.said()
        served_by(controller, NODES)
        result = load.stop()
        left = {name: presence(watch, node, vip, 0)[-2:] for name, node in lab.nodes.items()}
    assert result["failures"] == [] and set(result["nodes"]) == NODES
    assert each(controller, versions) == {name: "\n".join(f"{line}+1" for line in text.splitlines())
                                          for name, text in before.items()}
    for name, found in each(controller, "pidof zebra; pidof vipherd; pidof nginx").items():
        assert not set(found.split()) & set(pids[name].split())
    # One after the other: each left and came back, and there were always two. (FRR takes a route away for a moment when
    # it computes the same once more.)
    assert left == dict.fromkeys(NODES, [False, True])
    assert [change for change in watch.history if 0 < len(change[2]) < len(NODES) - 1] == [], watch.history


@pytest.fixture
def tasks(tmp_path, controller):
    """A file of tasks to run on drained nodes, which leave a sign that they ran."""
    def written(last):
        path = tmp_path / "tasks.yml"
        path.write_text("- ansible.builtin.file: {path: /run/worked, state: touch}\n" + last)
        return json.dumps(str(path))
    yield written
    for machine in controller.machines.values():
        machine.sh("rm -f /run/worked; systemctl start nginx; vipherd resume --wait")
    served_by(controller, NODES)


def worked(controller):
    return {name for name, found in each(controller, "ls /run/worked").items() if found}


def test_it_stops_at_the_first_problem_and_does_not_begin_with_one(controller, tasks):
    fails = tasks("- ansible.builtin.command: /bin/false\n  when: inventory_hostname == 'lb2'\n")
    code, output = controller.play("vipherd.vipherd.rolling", vipherd_tasks=fails)
    assert code != 0 and "lb2: stopped at" in output, output
    assert worked(controller) == {"lb1", "lb2"}
    served_by(controller, {"lb1", "lb3"})
    controller.machines["lb1"].sh("rm /run/worked")
    code, output = controller.play("vipherd.vipherd.rolling", vipherd_tasks=fails)
    assert code != 0 and worked(controller) == {"lb2"}, output


def test_it_stops_at_a_node_whose_service_does_not_return(controller, tasks):
    stops = tasks("- ansible.builtin.systemd: {name: nginx, state: stopped}\n")
    code, output = controller.play("vipherd.vipherd.rolling", vipherd_tasks=stops, vipherd_patience=2)
    assert code != 0 and "lb1: stopped at" in output, output
    assert worked(controller) == {"lb1"}
    served_by(controller, {"lb2", "lb3"})


def test_it_drains_nothing_that_too_few_others_announce(controller, tasks):
    code, output = controller.play("vipherd.vipherd.rolling", vipherd_tasks=tasks(""), vipherd_min_others=3)
    assert code != 0 and f"fewer than 3 others announce {IPV4[0]}" in output, output
    assert worked(controller) == set()
    served_by(controller, NODES)
