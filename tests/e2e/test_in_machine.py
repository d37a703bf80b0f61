"""What another kernel is needed for than test machines have: VRFs, which few of them know, and the relay on the oldest
kernel that it is made for. Each in a virtual machine of its own. As each keeps one core busy, they run at once."""

import contextlib
import os
import subprocess
import sys

import pytest
from vipherd_lab.agent import find_binary
from vipherd_lab.companion import lab_program

HERE = os.path.dirname(os.path.realpath(__file__))
# The longest first: when it is over, so are the others.
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


@pytest.fixture(scope="module")
def machines():
    with contextlib.ExitStack() as running:
        yield {file: running.enter_context(started(file)) for file in FILES}


@pytest.mark.alone
@pytest.mark.parametrize("file", FILES)
def test_on_the_kernel_of_debian_12(machines, file):
    output, _ = machines[file].communicate()
    print(output)
    assert machines[file].returncode == 0, output
