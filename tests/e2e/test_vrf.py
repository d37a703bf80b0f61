"""VIPs of a VRF. Few kernels of test machines know VRFs, so all of it happens in a virtual machine."""

import os
import sys

import pytest
from vipherd_lab import vm
from vipherd_lab.agent import find_binary

# In a machine of its own it takes 2 to 4 minutes; beside other work longer.
PATIENCE = 1800


@pytest.mark.alone
def test_in_a_machine_that_knows_vrfs():
    code, output = vm.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--durations=0",
                           "--color=no", "vrf_in_machine.py"],
                          PATIENCE, os.path.dirname(os.path.realpath(__file__)),
                          {"VIPHERD": find_binary(os.environ.get("VIPHERD"))})
    print(output)
    assert code == 0, output
