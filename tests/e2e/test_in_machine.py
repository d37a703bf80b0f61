"""What another kernel is needed for than test machines have: VRFs, which few of them know, and the relay on the oldest
kernel that it is made for. Each in a virtual machine of its own."""

import os
import sys

import pytest
from vipherd_lab import vm
from vipherd_lab.agent import find_binary


@pytest.mark.alone
@pytest.mark.parametrize("file", ["vrf_in_machine.py", "relay_in_machine.py"])
def test_on_the_kernel_of_debian_12(file):
    """It takes 2 to 4 minutes; beside other work, another machine among it, longer than what is tested can bear."""
    code, output = vm.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--durations=0", "--color=no", file],
                          1800, os.path.dirname(os.path.realpath(__file__)),
                          {"VIPHERD": find_binary(os.environ.get("VIPHERD"))})
    print(output)
    assert code == 0, output
