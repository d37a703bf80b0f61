"""The labs of a test session: brought up once, shared, restored after each test, always taken down."""

import contextlib
import json
import os
import re
import subprocess

import pytest
from look import ALL, PATIENCE, eventually, expect, fib, reload_if_possible, set_configuration
from vipherd_lab import scenarios, show
from vipherd_lab.agent import CONFIGURATION, LOG
from vipherd_lab.errors import LabError, tail
from vipherd_lab.lab import Lab, down_undisturbed

ROOT = os.path.realpath(f"{os.path.dirname(__file__)}/../..")

both_protocols = pytest.mark.parametrize("lab", ["ospf", "bgp"], indirect=True)

# A test's name for its labs holds the pid of the session, so that what a killed one left is recognised.
_LEFTOVER = re.compile(r"t([0-9]+)-[a-z0-9-]+")


# Labs that are called by another name than their protocol.
_OPTIONS = {"dns": {"protocol": "bgp", "service": "dns"},
            "con-ospf": {"protocol": "ospf", "announcer": "connected"},
            "con-bgp": {"protocol": "bgp", "announcer": "connected"}}


def lab_name(purpose):
    return f"t{os.getpid()}-{purpose}"


@contextlib.contextmanager
def own_lab(purpose, **options):
    """A lab of the test's own; of one that fails it is printed how it was."""
    name = lab_name(purpose)
    try:
        yield Lab.up(name, binary=os.environ.get("VIPHERD"), **options)
    except BaseException:
        if name in Lab.names():
            print(lab_report(Lab.find(name)))
        raise
    finally:
        down_undisturbed(name)


def findings(node, topic):
    """What the doctor says there of a topic, by whose name its rules' ids begin: (id, what was seen)."""
    told = node.host.run([node.agent.binary, "doctor", "--json"], check=False)
    return [(finding["id"], finding["seen"]) for finding in json.loads(told)["findings"] if finding["id"].startswith(topic + "-")]


def restore_node(lab, node, baseline):
    """With the agents' configuration as `lab up` wrote it, and nothing that fails."""
    with open(node.host.path(CONFIGURATION)) as file:
        changed = file.read() != baseline
    if changed:
        set_configuration(node, baseline)
        if not reload_if_possible(node):  # or what was changed is what no reload changes
            node.agent.stop()
    scenarios.heal(lab, node)


class Labs:
    KEPT = 2  # up at a time, those used last: idle ones take time from all others

    def __init__(self):
        self._labs = {}  # protocol -> lab, the one used last at the end
        self._baseline = {}  # protocol -> the agents' configuration as `lab up` wrote it

    @staticmethod
    def remove_leftovers():
        """Takes down what an earlier session left that was killed with SIGKILL."""
        for name in Lab.names():
            match = _LEFTOVER.fullmatch(name)
            if match and not os.path.exists(f"/proc/{match[1]}"):
                down_undisturbed(name)

    def get(self, protocol):
        lab = self._labs.pop(protocol, None)
        if not lab:
            while len(self._labs) >= self.KEPT:
                down_undisturbed(self._labs.pop(next(iter(self._labs))).name)
            options = _OPTIONS.get(protocol, {"protocol": protocol})
            lab = Lab.up(lab_name(protocol), binary=os.environ.get("VIPHERD"), **options)
            with open(lab.nodes["lb1"].host.path(CONFIGURATION)) as file:
                self._baseline[protocol] = file.read()
        self._labs[protocol] = lab
        return lab

    def restore(self, protocol):
        """Undoes whatever a test did. A lab that does not recover is replaced by a new one."""
        lab = self._labs[protocol]
        try:
            for node in lab.nodes.values():
                restore_node(lab, node, self._baseline[protocol])
            for node in lab.nodes.values():
                eventually(lambda node=node: node.agent.get("/health")[0], 200, PATIENCE * 2)
            eventually(lambda: fib(lab), expect(ALL, lab.nodes), PATIENCE * 2)
        except (LabError, AssertionError):
            del self._labs[protocol]
            print(lab_report(lab))
            down_undisturbed(lab.name)
            raise

    def describe(self, lab=None):
        """The lab that a test used, or all of them: a report that holds the others, too, hides it."""
        return [(f"lab {each.name}", lab_report(each)) for each in self._labs.values() if lab in (None, each)]

    def down(self):
        for lab in self._labs.values():
            down_undisturbed(lab.name)
        self._labs = {}


def lab_report(lab):
    """What has to be seen where a test has failed."""
    try:
        text = show.render(show.collect(lab))
    except (LabError, OSError, ValueError) as error:
        text = f"lab show: {error}"
    for node in lab.nodes.values():
        text += f"\n{node.name}: {LOG}{tail(node.agent.log, 25)}"
        text += f"\n{node.name}: supervisor{tail(node.agent.supervisor_log, 6)}"
    return text


def vipherd(node, *arguments, binary=None, become=()):
    """The command on a node."""
    return subprocess.run(node.host.command([*become, binary or node.agent.binary, *arguments]), capture_output=True,
                          text=True, cwd="/", timeout=120)


def ok(node, *arguments):
    done = vipherd(node, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout
