"""The Vagrant topology: what can be judged without VirtualBox and its boxes."""

import glob
import os
import re
import shutil
import subprocess

import pytest

ROOT = os.path.realpath(f"{os.path.dirname(__file__)}/../..")
VAGRANT = f"{ROOT}/vagrant"
SCRIPTS = sorted(glob.glob(f"{VAGRANT}/provision/*"))

# Vagrant judges the provider's part of a Vagrantfile only where it believes that VirtualBox is there.
FAKE_VBOXMANAGE = """#!/bin/sh
[ "$1" != --version ] || echo 7.0.20r163906
"""


@pytest.fixture
def validate(tmp_path):
    """Runs `vagrant validate` on a Vagrantfile's text, beside the real provisioning scripts."""
    def run(text):
        project = tmp_path / "project"
        shutil.copytree(VAGRANT, project / "vagrant", ignore=shutil.ignore_patterns(".vagrant"))
        (project / "vagrant/Vagrantfile").write_text(text)
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin/VBoxManage").write_text(FAKE_VBOXMANAGE)
        (tmp_path / "bin/VBoxManage").chmod(0o755)
        environment = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
                       "VAGRANT_HOME": str(tmp_path / "home"), "VAGRANT_CHECKPOINT_DISABLE": "1"}
        return subprocess.run(["vagrant", "validate"], cwd=project / "vagrant", env=environment,
                              capture_output=True, text=True, timeout=60)
    return run


def vagrantfile():
    with open(f"{VAGRANT}/Vagrantfile") as file:
        return file.read()


def test_vagrant_finds_no_fault(validate):
    done = validate(vagrantfile())
    assert done.returncode == 0, done.stdout + done.stderr


def test_vagrant_would_find_a_fault_of_the_provider(validate):
    """Shows that the test above also judges what is said to VirtualBox."""
    done = validate(vagrantfile().replace("box.cpus =", "box.no_such_setting ="))
    assert done.returncode == 1 and "no_such_setting" in done.stderr, done.stdout + done.stderr


@pytest.mark.parametrize("script", SCRIPTS, ids=os.path.basename)
def test_scripts_parse(script):
    done = subprocess.run(["bash", "-n", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_scripts_are_sound():
    done = subprocess.run(["shellcheck", *SCRIPTS], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_frr_accepts_the_load_balancers_configuration(tmp_path):
    text = subprocess.run([f"{VAGRANT}/provision/frr-conf", "192.168.100.3", "enp0s8"], check=True,
                          capture_output=True, text=True).stdout
    assert "\n ospf router-id 192.168.100.3\n" in text and "\ninterface enp0s8\n" in text
    assert "\n redistribute openfabric metric 100 metric-type 1 route-map VIPHERD\n" in text
    # What the classic router does not speak, and timers that it would have to share.
    assert not re.search(r"^ *(router bgp|router ospf6|ipv6 ospf6|ip ospf dead-interval|timers) ?", text, re.MULTILINE)
    path = tmp_path / "frr.conf"
    path.write_text(text)
    done = subprocess.run(["vtysh", "--dryrun", "--inputfile", str(path)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
