"""The Debian package, and newer ones of it and of others, for machines that boot."""

import glob
import os
import re
import subprocess

import pytest
from vipherd_lab.agent import find_binary

ROOT = os.path.realpath(f"{os.path.dirname(__file__)}/../..")


def build(directory):
    """That of the release which this machine runs, packed from what was built already."""
    build = os.path.dirname(find_binary(os.environ.get("VIPHERD")))
    if not os.path.exists(f"{build}/CMakeCache.txt"):
        pytest.skip(f"{build} is no build directory: nothing to make a package of")
    done = subprocess.run([f"{ROOT}/deploy/package", "--built", build, directory], capture_output=True, text=True,
                          timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return glob.glob(f"{directory}/vipherd_*.deb")[0]


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
    subprocess.run(["dpkg-deb", "-b", "--root-owner-group", "-Zgzip", "-z1", directory, built], check=True,
                   capture_output=True)
    return built


def name_the_node(machine):
    """nginx says which node it is, as those of the lab do."""
    with open(machine.host.path("/etc/nginx/nginx.conf")) as file:
        machine.write("/etc/nginx/nginx.conf", re.sub(r"^ *\w+_temp_path .*\n", "", file.read(), flags=re.MULTILINE))
    machine.run(["systemctl", "restart", "nginx"])
