"""VIPs of a VRF. Few kernels of test machines know VRFs, so all of it happens in a virtual machine."""

import pytest
from shared import passes_in_virtual_machine


@pytest.mark.alone
def test_in_a_machine_that_knows_vrfs():
    passes_in_virtual_machine("vrf_in_machine.py")
