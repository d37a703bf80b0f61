"""Processes named by pid and start time, so that a recycled pid is never mistaken for one of ours."""

import os
import signal
import time
from dataclasses import dataclass


def _stat_fields(pid):
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The command in parentheses may hold spaces: fields are counted behind it.
            return file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


@dataclass(frozen=True)
class Process:
    """One process; `start` is its start time in clock ticks since boot (proc(5), field 22)."""

    pid: int
    start: int

    @classmethod
    def of(cls, pid):
        fields = _stat_fields(pid)
        return cls(pid, int(fields[19])) if fields else None

    @classmethod
    def load(cls, path):
        """Reads what save() wrote; None when the file is absent, torn or names a dead process."""
        try:
            with open(path) as file:
                pid, start = map(int, file.read().split())
        except (OSError, ValueError):
            return None
        process = cls(pid, start)
        return process if process.alive() else None

    def save(self, path):
        temporary = f"{path}.new"
        with open(temporary, "w") as file:
            file.write(f"{self.pid} {self.start}\n")
        os.rename(temporary, path)

    def state(self):
        """The state letter of proc(5) (R, S, T, Z, ...), or None when the process is gone."""
        fields = _stat_fields(self.pid)
        return fields[0].decode() if fields and int(fields[19]) == self.start else None

    def cpu_ticks(self):
        """User and system time so far in clock ticks (proc(5), fields 14 and 15); 0 when it is gone."""
        fields = _stat_fields(self.pid)
        return int(fields[11]) + int(fields[12]) if fields and int(fields[19]) == self.start else 0

    def alive(self):
        """Until its last thread has ended: before that its files and locks are held, whatever the first one is."""
        state = self.state()
        if state not in ("Z", "X"):
            return state is not None
        try:
            return len(os.listdir(f"/proc/{self.pid}/task")) > 1
        except OSError:
            return False

    def open_pidfd(self):
        """A pidfd for exactly this process, or None when it is gone."""
        try:
            descriptor = os.pidfd_open(self.pid)
        except (ProcessLookupError, OSError):
            return None
        if self.alive():
            return descriptor
        os.close(descriptor)
        return None

    def signal(self, number):
        """Sends a signal; false when the process is gone."""
        descriptor = self.open_pidfd()
        if descriptor is None:
            return False
        try:
            signal.pidfd_send_signal(descriptor, number)
            return True
        except ProcessLookupError:
            return False
        finally:
            os.close(descriptor)

    def children(self):
        try:
            with open(f"/proc/{self.pid}/task/{self.pid}/children") as file:
                found = [Process.of(int(pid)) for pid in file.read().split()]
        except (FileNotFoundError, ProcessLookupError):
            return []
        return [child for child in found if child]

    def wait_gone(self, timeout):
        """True once the process is gone, false when it outlives the timeout."""
        deadline = time.monotonic() + timeout
        while self.alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        return True


def in_network_namespace(path):
    """All processes whose network namespace is the one that is mounted at `path`."""
    try:
        wanted = os.stat(path)
    except FileNotFoundError:
        return []
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        process = Process.of(int(entry))
        try:
            own = os.stat(f"/proc/{entry}/ns/net")
        except OSError:
            continue
        if process and (own.st_dev, own.st_ino) == (wanted.st_dev, wanted.st_ino):
            found.append(process)
    return found


def end_all(processes, grace=0.0):
    """Ends processes: SIGTERM and `grace` seconds when asked for, then SIGKILL until all are gone."""
    if grace:
        for process in processes:
            process.signal(signal.SIGTERM)
        deadline = time.monotonic() + grace
        for process in processes:
            process.wait_gone(max(0.0, deadline - time.monotonic()))
    for process in processes:
        process.signal(signal.SIGKILL)
    return all([process.wait_gone(5) for process in processes])
