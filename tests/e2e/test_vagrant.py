"""The Vagrant topology: what can be looked at without hypervisors and boxes. test_classic_lab.py runs its scripts."""

import glob
import os
import re
import shutil
import subprocess

import pytest
from vipherd_lab import classic

VAGRANT = classic.VAGRANT
SCRIPTS = [f"{VAGRANT}/show", *sorted(glob.glob(f"{VAGRANT}/provision/*"))]
ROUTERS = ["cumulus4", "cumulus5", "frr"]

# Vagrant looks at the provider's part of a Vagrantfile only where it believes that VirtualBox is there.
FAKE_VBOXMANAGE = """#!/bin/sh
[ "$1" != --version ] || echo 7.0.20r163906
"""


class Project:
    """A copy of vagrant/ to run Vagrant in, which reaches no network."""

    def __init__(self, directory):
        self.directory = f"{directory}/vagrant"
        shutil.copytree(VAGRANT, self.directory, ignore=shutil.ignore_patterns(".vagrant"))
        os.mkdir(f"{directory}/bin")
        with open(f"{directory}/bin/VBoxManage", "w") as file:
            file.write(FAKE_VBOXMANAGE)
        os.chmod(f"{directory}/bin/VBoxManage", 0o755)
        self.environment = {**os.environ, "PATH": f"{directory}/bin:{os.environ['PATH']}", "VAGRANT_HOME": f"{directory}/home",
                            "VAGRANT_CHECKPOINT_DISABLE": "1", "VAGRANT_SERVER_URL": "http://127.0.0.1:9"}

    def edit(self, pattern, instead):
        with open(f"{self.directory}/Vagrantfile") as file:
            text, count = re.subn(pattern, instead, file.read())
        assert count
        with open(f"{self.directory}/Vagrantfile", "w") as file:
            file.write(text)

    def vagrant(self, *arguments, router="frr", provider="virtualbox"):
        return subprocess.run(["vagrant", *arguments], cwd=self.directory, capture_output=True, text=True, timeout=60, env={
            **self.environment, "VIPHERD_ROUTER": router, "VAGRANT_DEFAULT_PROVIDER": provider})


@pytest.fixture
def project(tmp_path):
    return Project(str(tmp_path))


@pytest.mark.parametrize("provider", ["virtualbox", "libvirt"])
@pytest.mark.parametrize("router", ROUTERS)
def test_vagrant_finds_no_error_and_would_run_what_the_tests_run(project, router, provider):
    project.edit(r'(machine\.vm\.provision "shell", inline: )(.*)', r'\1IO.write("#{__dir__}/#{name}.ran", \2) && \2')
    done = project.vagrant("validate", router=router, provider=provider)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in classic.topology():
        with open(f"{project.directory}/{name}.ran") as file:
            command = file.read().split()
        assert command == classic.provisioning(name, router)
        assert os.path.exists(command[1].replace(classic.PROVISION, f"{VAGRANT}/provision"))


@pytest.mark.parametrize("provider", ["virtualbox", "libvirt"])
def test_vagrant_would_find_an_error_of_the_provider(project, provider):
    """Shows that the test above also looks at what is said to the provider."""
    project.edit(rf'(provider "{provider}" do \|box\|\n *box)\.memory =', r"\1.no_such_setting =")
    done = project.vagrant("validate", provider=provider)
    assert done.returncode == 1 and "no_such_setting" in done.stderr, done.stdout + done.stderr


def test_an_unknown_router_is_refused(project):
    done = project.vagrant("validate", router="quagga")
    assert done.returncode == 1 and "VIPHERD_ROUTER=quagga is not known: expected cumulus4, cumulus5, frr" in done.stderr


@pytest.mark.parametrize("router", ["cumulus5", "frr"])
def test_a_box_that_cannot_be_fetched_ends_with_the_way_round_it(project, router):
    done = project.vagrant("up", "router", router=router)
    assert done.returncode == 1 and "could not be found" in done.stderr, done.stdout + done.stderr
    assert ("VIPHERD_ROUTER=frr vagrant up" in done.stderr) == (router != "frr")


# A hypervisor whose machines are always up and need nothing.
NULL_PROVIDER = """
class NullProvider < Vagrant.plugin("2", :provider)
  def action(_name)
    ->(env) { env[:ui].info("up: #{env[:machine].name}") }
  end

  def state
    Vagrant::MachineState.new(:running, "running", "running")
  end
end

class NullPlugin < Vagrant.plugin("2")
  name "null"
  provider("null", box_optional: true) { NullProvider }
end
"""


def test_vagrant_up_ends_with_show_after_the_last_machine(project):
    with open(f"{project.directory}/Vagrantfile", "a") as file:
        file.write(NULL_PROVIDER)
    with open(f"{project.directory}/show", "w") as file:
        file.write("#!/bin/sh\necho the routes and the requests\n")
    done = project.vagrant("up", provider="null")
    assert done.returncode == 0, done.stdout + done.stderr
    order = re.findall(r"up: \w+|the routes and the requests", done.stdout)
    assert order == [*(f"up: {name}" for name in classic.topology()), "the routes and the requests"], done.stdout


def test_every_cable_has_two_ends_and_every_port_a_mac_address_of_its_own():
    cables = [each for machine in classic.topology().values() for each in machine["cables"].items()]
    names, macs = zip(*cables)
    assert all(names.count(name) == 2 for name in names) and len(set(macs)) == len(macs)


@pytest.mark.parametrize("script", SCRIPTS, ids=os.path.basename)
def test_scripts_parse(script):
    done = subprocess.run(["bash", "-n", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_scripts_are_sound():
    done = subprocess.run(["shellcheck", "-x", "-P", os.path.dirname(VAGRANT), *SCRIPTS], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
