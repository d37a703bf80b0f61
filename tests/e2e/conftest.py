"""Fixtures: labs that all tests share, each test finding them healthy and leaving them so.

Several workers may run tests at once (pytest -n), each in labs of its own. A test marked `alone` measures shares
or rates, counts lost requests of a steady stream, or loads the machine: it runs while no other worker does anything.

On a failure the report ends with `lab show` and the tail of each agent's log.
"""

import contextlib
import fcntl
import glob
import os
import signal
import subprocess
import sys

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.realpath(f"{os.path.dirname(__file__)}/../../deploy/lab"))
pytest.register_assert_rewrite("load", "look", "shared")

import shared  # noqa: E402  (the path to the lab's modules has to come first)
from vipherd_lab.agent import find_binary  # noqa: E402


def _interrupt(*_):
    raise KeyboardInterrupt


def pytest_configure(config):
    # With -v xdist asks each worker about itself, and one that is slow to answer runs its tests in another thread, in
    # which Python sets no handlers of signals.
    if config.option.verbose > 0 and getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("-v goes with -n 0 only; --durations and -rA work with workers, too")
    # pytest ends its fixtures on Ctrl-C; let every other signal that asks to end do the same.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    config.addinivalue_line("markers", "alone: runs while no other worker runs a test")


@contextlib.contextmanager
def _locked(name, how):
    """Locks a file of the tests themselves: nothing is left behind, whatever ends a worker."""
    with open(f"{os.path.dirname(__file__)}/{name}") as file:
        fcntl.flock(file, how)
        yield


@contextlib.contextmanager
def _turn(alone):
    # A test that waits to be alone holds this lock, so that no other one begins before.
    if alone:
        with _locked("shared.py", fcntl.LOCK_EX), _locked("conftest.py", fcntl.LOCK_EX):
            yield
        return
    with contextlib.ExitStack() as turn:
        with _locked("shared.py", fcntl.LOCK_EX):
            turn.enter_context(_locked("conftest.py", fcntl.LOCK_SH))
        yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    """From the first fixture to the last, since bringing a lab up is work, too."""
    with _turn(item.get_closest_marker("alone") is not None):
        yield


@pytest.fixture(scope="session")
def labs():
    """The labs of this session, brought up when they are first asked for."""
    if os.geteuid() != 0:
        pytest.exit("run as root: the tests make network namespaces", returncode=2)
    pool = shared.Labs()
    pool.remove_leftovers()
    yield pool
    pool.down()


@pytest.fixture(scope="session")
def own_package(tmp_path_factory):
    """That of the release which this machine runs: the file VIPHERD_PACKAGE, or packed from what was built already."""
    if given := os.environ.get("VIPHERD_PACKAGE"):
        if not os.path.isfile(given):
            pytest.exit(f"VIPHERD_PACKAGE: there is no file {given}", returncode=2)
        return os.path.abspath(given)
    build = os.path.dirname(find_binary(os.environ.get("VIPHERD")))
    if not os.path.exists(f"{build}/CMakeCache.txt"):
        pytest.skip(f"{build} is no build directory: nothing to make a package of")
    directory = str(tmp_path_factory.mktemp("package"))
    done = subprocess.run([f"{shared.ROOT}/deploy/package", "--built", build, directory], capture_output=True, text=True,
                          timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return glob.glob(f"{directory}/vipherd_*.deb")[0]


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
        report.sections += labs.describe(item.funcargs.get("lab"))
