"""The completion of bash and zsh: real shells on a terminal, in which the tab key is pressed."""

import contextlib
import os
import pty
import select
import signal
import subprocess
import time

import pytest
from look import PATIENCE

COMPLETION = os.path.realpath(f"{os.path.dirname(__file__)}/../../deploy/completion")
BASH = ["bash", "--norc", "--noprofile", "-i"]
ZSH = ["zsh", "-f", "-i"]
PREPARE = {"bash": f"source {COMPLETION}/vipherd.bash",
           "zsh": f"fpath=({COMPLETION} $fpath); autoload -U compinit; compinit -u -D"}

pytestmark = pytest.mark.parametrize("lab", ["bgp"], indirect=True)


class Shell:
    """An interactive shell on a node, with the binary under test as `vipherd`."""

    def __init__(self, node, argv, directory):
        os.symlink(node.agent.binary, f"{directory}/vipherd")
        self._master, slave = pty.openpty()
        environment = {"PATH": f"{directory}:/usr/sbin:/usr/bin:/sbin:/bin", "TERM": "dumb", "PS1": "> ",
                       "INPUTRC": "/dev/null", "HOME": str(directory), "LANG": "C.UTF-8"}
        self._process = subprocess.Popen(node.host.command(argv), stdin=slave, stdout=slave, stderr=slave,
                                         env=environment, start_new_session=True)
        os.close(slave)
        ready, text = self._type(PREPARE[argv[0]] + "; echo rea''dy\n", "ready")
        assert ready, text

    def _type(self, keys, expected, patience=PATIENCE):
        """Whether what is expected comes, and what came."""
        os.write(self._master, keys.encode())
        text, deadline = "", time.monotonic() + patience
        while expected not in text and time.monotonic() < deadline:
            if select.select([self._master], [], [], 0.1)[0]:
                text += os.read(self._master, 65536).decode()
        return expected in text, text

    def completes(self, typed, expected, tries=1):
        """Types what is given, and a tab: then the line has to be the expected one."""
        for _ in range(tries):
            completed, text = self._type(typed + "\t", expected, PATIENCE / tries)
            os.write(self._master, b"\x15")  # the line is forgotten
            if completed:
                return
        raise AssertionError(f"typed {typed!r} and a tab, seen: {text!r}")

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._master)


@pytest.mark.parametrize("argv", [BASH, ZSH], ids=["bash", "zsh"])
def test_the_tab_key_completes_commands_options_and_names(lab, lb1, argv, tmp_path):
    shell = Shell(lb1, argv, tmp_path)
    try:
        shell.completes("vipherd dra", "vipherd drain ")
        shell.completes("vipherd status --na", "vipherd status --nagios ")
        shell.completes("vipherd run --log-level war", "vipherd run --log-level warning ")
        # An agent has a third of a second to tell its names, in which it may have to wait for a processor.
        shell.completes("vipherd probe w", "vipherd probe web ", tries=5)
        shell.completes("vipherd explain 2001:db8:10::11", "vipherd explain 2001:db8:10::11 ", tries=5)
        shell.completes("vipherd check-config --config /etc/vipherd/vip",
                        "vipherd check-config --config /etc/vipherd/vipherd.toml ")
    finally:
        shell.close()
