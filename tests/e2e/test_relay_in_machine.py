"""The relay on the oldest kernel that it is made for, in a virtual machine."""

import pytest
from shared import passes_in_virtual_machine


@pytest.mark.alone
def test_on_the_kernel_of_debian_12():
    passes_in_virtual_machine("relay_in_machine.py")
