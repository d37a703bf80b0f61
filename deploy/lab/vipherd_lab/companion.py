"""A part of this program that runs in the network of a host as a process of its own, before whatever else the machine does,
and is asked over its standard input and output. It ends when whoever started it does."""

import os
import subprocess
import sys


def lab_program():
    """The lab's own executable, for the parts of it that run inside hosts."""
    return os.path.realpath(f"{os.path.dirname(__file__)}/../lab")


class Companion:
    def __init__(self, host, *arguments, **options):
        self._process = subprocess.Popen(host.command(["nice", "-n", "-5", sys.executable, lab_program(), *map(str, arguments)]),
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/", **options)

    def close(self):
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
