"""Load balancers of a lab that boot a Debian with the package: booting, and what tests do there."""

import contextlib
import glob
import os
import re
import shutil
import time

import pytest
from vipherd_lab import booted
from vipherd_lab.processes import end_all

CONFIGURATION = "/etc/vipherd/vipherd.toml"


@contextlib.contextmanager
def booted_node(lab, name, suite, package, directory, group=None):
    """A load balancer of the lab, booted, with everything but vipherd, in the place of what ran there; `group`: see
    booted.Machine."""
    if obstacle := booted.obstacle():
        pytest.skip(f"this machine cannot boot a container: {obstacle}")
    node = lab.nodes[name]
    node.agent.stop()
    end_all(node.service.processes())
    node.frr.stop()
    try:
        machine = booted.Machine(node.host, booted.root(suite, package), str(directory / name), group)
    except booted.CannotBoot as error:
        pytest.skip(f"this machine cannot boot a container: {error}")
    try:
        machine.lab, machine.node, machine.suite, machine.package = lab, node, suite, package
        put(machine, package)
        yield machine
    finally:
        machine.end()


def put(machine, package):
    """Into root's directory, in the place of the one that lies there."""
    directory = f"/proc/{machine.leader}/root/root"
    for old in glob.glob(f"{directory}/vipherd_*.deb"):
        os.unlink(old)
    shutil.copy(package, directory)


def install(machine, configuration):
    """The package, FRR as the lab has it for this node, and the agent's configuration."""
    machine.run(["bash", "-c", "apt-get install -y /root/vipherd_*.deb"], timeout=120)
    with open(machine.node.host.path("/etc/frr/frr.conf")) as file:
        machine.write("/etc/frr/frr.conf", file.read())
    daemons = "|".join(name for name in machine.node.frr.daemons if name not in ("zebra", "mgmtd"))
    machine.sh(f"sed -i -E 's/^({daemons})=no/\\1=yes/' /etc/frr/daemons && systemctl restart frr")
    machine.write(CONFIGURATION, configuration)
    machine.run(["systemctl", "reload", "vipherd"])


def nginx_of_the_lab(machine):
    """It says which node it is."""
    with open(machine.host.path("/etc/nginx/nginx.conf")) as file:
        machine.write("/etc/nginx/nginx.conf", re.sub(r"^ *\w+_temp_path .*\n", "", file.read(), flags=re.MULTILINE))
    machine.run(["systemctl", "restart", "nginx"])


def edit(machine, change):
    machine.write(CONFIGURATION, change(machine.sh(f"cat {CONFIGURATION}") + "\n"))
    machine.run(["systemctl", "reload", "vipherd"])


def took(machine, *argv):
    """Seconds."""
    begin = time.monotonic()
    machine.run(list(argv), timeout=120)
    return time.monotonic() - begin
