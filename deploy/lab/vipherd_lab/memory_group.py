"""A control group that can limit memory, for a load balancer that boots (see booted.py): its systemd makes its own below,
so that MemoryMax= holds for its units."""

import contextlib
import os
import time

# Of either hierarchy: where it is, and the file that only a group has which can limit memory.
_HIERARCHIES = {"/sys/fs/cgroup/memory": "memory.limit_in_bytes", "/sys/fs/cgroup": "memory.max"}


@contextlib.contextmanager
def memory_group(name):
    """Its directory, or None where this machine lets no control group limit memory. Gone afterwards, with all below."""
    for base, limit in _HIERARCHIES.items():
        path = f"{base}/{name}"
        try:
            os.mkdir(path)
        except OSError:
            continue
        try:
            if os.path.exists(f"{path}/{limit}"):
                yield path
                return
        finally:
            _remove(path)
    yield None


def needs_remount(path):
    """nspawn mounts the first hierarchy for reading alone."""
    return path.startswith(next(iter(_HIERARCHIES)) + "/")


def _remove(path):
    for directory, _, _ in os.walk(path, topdown=False):
        # A process that was killed is in its group until it has been waited for.
        for patience in range(100):
            try:
                os.rmdir(directory)
                break
            except OSError:
                if patience == 99:
                    raise
                time.sleep(0.1)
