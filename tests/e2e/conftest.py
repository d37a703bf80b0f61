"""Fixtures: labs that all tests share, each test finding them healthy and leaving them so.

Several workers may run tests at once (pytest -n), each in labs of its own. A test marked `alone` measures shares
or rates, counts lost requests of a steady stream, or loads the machine: while it runs no other worker does anything.

On a failure the report ends with `lab show` and the tail of each agent's log.
"""

import fcntl
import glob
import os
import signal
import subprocess
import sys

import pytest

sys.dont_write_bytecode = True
# At the interval of production a third of the processor goes to BFD, most of it in labs that are idle.
os.environ.setdefault("VIPHERD_LAB_BFD_SLOWNESS", "3")
# An nginx that waits for a processor is no failure of it.
os.environ.setdefault("VIPHERD_LAB_CHECK_TIMEOUT", "2s")
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


_TURN = pytest.StashKey()


class _Turn:
    """Locks files of the tests themselves: nothing is left behind, whatever ends a worker."""

    def __init__(self):
        directory = os.path.dirname(__file__)
        self._queue, self._turn = open(f"{directory}/shared.py"), open(f"{directory}/conftest.py")
        self.alone = False
        self.next_is_alone = False  # the test after this one

    def take(self, alone):
        """Instead of the turn that it has, for which others may be waiting. No test begins before one that waits to be alone."""
        self.end()
        fcntl.flock(self._queue, fcntl.LOCK_EX)
        fcntl.flock(self._turn, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(self._queue, fcntl.LOCK_UN)
        self.alone = alone

    def end(self):
        fcntl.flock(self._turn, fcntl.LOCK_UN)
        self.alone = False


def _wants_to_be_alone(item):
    return item is not None and item.get_closest_marker("alone") is not None


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item, nextitem):
    """From the first fixture to the last, since bringing a lab up is work, too. Of several tests that want to be alone only
    the first one has to wait."""
    turn = item.config.stash.setdefault(_TURN, _Turn())
    if not turn.alone:
        turn.take(alone=False)
    turn.next_is_alone = _wants_to_be_alone(nextitem)
    yield
    if not (turn.alone and turn.next_is_alone):
        turn.end()


@pytest.fixture(autouse=True)
def _alone(request):
    """Comes after what a module needs (machines that boot, say) and before what a test needs for itself."""
    turn = request.config.stash[_TURN]
    if _wants_to_be_alone(request.node) and not turn.alone:
        turn.take(alone=True)
    yield
    if turn.alone and not turn.next_is_alone:
        turn.take(alone=False)


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
    directory = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):  # packed by the worker that needs it first
        directory = directory.parent
    with open(f"{directory}/package.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not glob.glob(f"{directory}/package/vipherd_*.deb"):
            done = subprocess.run([f"{shared.ROOT}/deploy/package", "--built", build, f"{directory}/package"],
                                  capture_output=True, text=True, timeout=300)
            assert done.returncode == 0, done.stdout + done.stderr
    return glob.glob(f"{directory}/package/vipherd_*.deb")[0]


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
