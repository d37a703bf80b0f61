"""The one error a user of the lab sees, and the one way to wait for something: with a deadline."""

import os
import time

# How much longer everything may take than on an ordinary machine; `lab vm` knows that its machine is slow.
SLOWNESS = float(os.environ.get("VIPHERD_LAB_SLOWNESS", "1"))


class LabError(Exception):
    """Something the user has to know; its text is all that is printed."""


def tail(path, lines=12):
    """The last lines of a log file as indented text; empty when there is no such file."""
    try:
        with open(path, errors="replace") as file:
            last = file.read().splitlines()[-lines:]
    except OSError:
        return ""
    return "".join(f"\n    | {line}" for line in last)


def wait_until(what, predicate, timeout, log=None, interval=0.02):
    """Polls until predicate() is true and returns its value.

    Past `timeout` seconds it raises a LabError that names what was waited for and the log to read.
    """
    timeout *= SLOWNESS
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline:
            where = f"; see {log}{tail(log)}" if log else ""
            raise LabError(f"waited {timeout:g} s in vain for {what}{where}")
        time.sleep(interval)
