"""Fixtures: labs that all tests share, each test finding them healthy and leaving them so.

On a failure the report ends with `lab show` and the tail of each agent's log.
"""

import os
import signal
import sys

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.realpath(f"{os.path.dirname(__file__)}/../../deploy/lab"))
pytest.register_assert_rewrite("look", "shared")

import shared  # noqa: E402  (the path to the lab's modules has to come first)


def _interrupt(*_):
    raise KeyboardInterrupt


def pytest_configure(config):
    # pytest ends its fixtures on Ctrl-C; let every other signal that asks to end do the same.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)


@pytest.fixture(scope="session")
def labs():
    """The labs of this session, brought up when they are first asked for."""
    if os.geteuid() != 0:
        pytest.exit("run as root: the tests make network namespaces", returncode=2)
    pool = shared.Labs()
    pool.remove_leftovers()
    yield pool
    pool.down()


@pytest.fixture
def lab(request, labs):
    """A healthy lab: OSPF, or what the parameter names (see shared.both_protocols)."""
    protocol = getattr(request, "param", "ospf")
    yield labs.get(protocol)
    labs.restore(protocol)


@pytest.fixture
def lb1(lab):
    return lab.nodes["lb1"]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    labs = item.funcargs.get("labs") if hasattr(item, "funcargs") else None
    if report.failed and labs:
        report.sections += labs.describe()
