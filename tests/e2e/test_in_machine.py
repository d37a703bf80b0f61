"""What another kernel is needed for than test machines have: VRFs, which few of them know, and the relay on the oldest
kernel that it is made for. Each in a virtual machine of its own."""

import contextlib
import os
import subprocess
import sys

import pytest
from vipherd_lab.agent import find_binary
from vipherd_lab.companion import lab_program

HERE = os.path.dirname(os.path.realpath(__file__))
FILES = ["vrf_in_machine.py", "relay_in_machine.py"]


@contextlib.contextmanager
def started(file):
    """On the kernel of Debian 12. It takes 2 to 4 minutes; beside other work longer."""
    with subprocess.Popen(
            [sys.executable, lab_program(), "vm", "--timeout", "1800", "--",
             sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--durations=0", "--color=no", file],
            cwd=HERE, env={**os.environ, "VIPHERD": find_binary(os.environ.get("VIPHERD"))}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as machine:
        try:
            yield machine
        finally:
            machine.terminate()


@pytest.mark.alone
@pytest.mark.parametrize("file", FILES)
def test_on_the_kernel_of_debian_12(file):
    with started(file) as machine:
        output, _ = machine.communicate()
    print(output)
    assert machine.returncode == 0, output
