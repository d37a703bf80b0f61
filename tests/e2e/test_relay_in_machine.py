"""The relay on the oldest kernel that it is made for, in a virtual machine."""

import os
import sys

import pytest
from vipherd_lab import vm
from vipherd_lab.agent import find_binary

# In a machine of its own it takes a few minutes; beside other work longer.
PATIENCE = 1800


@pytest.mark.alone
def test_on_the_kernel_of_debian_12():
    code, output = vm.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--durations=0",
                           "--color=no", "relay_in_machine.py"],
                          PATIENCE, os.path.dirname(os.path.realpath(__file__)),
                          {"VIPHERD": find_binary(os.environ.get("VIPHERD"))})
    print(output)
    assert code == 0, output
