"""One host of the lab: a network namespace, and a mount namespace in which paths are as in production.

Inside a host /run, /etc, /var/log and /var/lib/vipherd are the host's own directories below /run/vipherd-lab/LAB/HOST,
so FRR's sockets are at /run/frr, its configuration at /etc/frr, nginx's pid at /run/nginx.pid. What
the machine itself has in /etc stays readable (never writable) through symbolic links.
"""

import contextlib
import ctypes
import os
import shutil
import subprocess

from .errors import SLOWNESS, LabError, tail, wait_until
from .processes import Process, end_all, in_network_namespace

ROOT = "/run/vipherd-lab"
CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)

# Runs as the holder: a process that keeps the mount and host name namespace alive. The machine's /etc
# is mounted read-only below the host's /run, where the links in the host's own /etc point to. A root with
# another FRR is mounted there too, read-only, with what is the host's own mounted into it.
_HOLDER_SCRIPT = r"""
set -e
mount -n --bind /etc "$1/run/machine-etc"
mount -n -o remount,bind,ro "$1/run/machine-etc"
if [ -n "$3" ]; then
    root=$1/run/frr-root
    mount -n --bind "$3" "$root"
    mount -n -o remount,bind,ro "$root"
    mount -n --bind "$1/run" "$root/run"
    mount -n --bind "$1/etc/frr" "$root/etc/frr"
    mount -n --bind "$1/log" "$root/var/log"
    for file in passwd group; do mount -n --bind "/etc/$file" "$root/etc/$file"; done
    for file in null random urandom; do mount -n --bind "/dev/$file" "$root/dev/$file"; done
    mount -n --bind /proc "$root/proc"
    for path in tmp var/tmp var/lib/frr; do mount -n -t tmpfs -o mode=1777 tmpfs "$root/$path"; done
fi
mount -n --bind "$1/etc" /etc
mount -n --bind "$1/log" /var/log
mkdir -p /var/lib/vipherd
mount -n --bind "$1/lib" /var/lib/vipherd
mount -n --rbind "$1/run" /run
mount -n -t sysfs sysfs /sys 2>/dev/null || true
hostname "$2"
touch /run/holder-ready
exec sleep infinity
"""


def setns(path):
    """Moves the calling thread into the network namespace at `path`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if _libc.setns(descriptor, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {path}")
    finally:
        os.close(descriptor)


def ip(*arguments):
    """Runs ip(8) and returns its output."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise LabError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


class Host:
    """One host; creating the object touches nothing, create() and destroy() do."""

    def __init__(self, lab, name, frr_root=None):
        self.lab = lab
        self.name = name
        self.frr_root = frr_root  # of another FRR than the machine's; see frr_root.py
        self.netns = f"{lab}-{name}"
        self.netns_path = f"/run/netns/{self.netns}"
        self.directory = f"{ROOT}/{lab}/{name}"
        self._holder_file = f"{self.directory}/holder.pid"

    def path(self, inside):
        """Where a file that the host sees below /run, /etc, /var/log or /var/lib/vipherd lies for us."""
        for prefix, own in (("/run/", "run"), ("/etc/", "etc"), ("/var/log/", "log"),
                            ("/var/lib/vipherd/", "lib")):
            if inside.startswith(prefix):
                return f"{self.directory}/{own}/{inside[len(prefix):]}"
        raise ValueError(f"{inside} is not private to a host")

    def holder(self):
        return Process.load(self._holder_file)

    # -- life ------------------------------------------------------------------------------------

    def create(self):
        self._make_directories()
        ip("netns", "add", self.netns)
        log = f"{self.directory}/holder.log"
        with open(log, "w") as output:
            child = subprocess.Popen(
                ["nsenter", f"--net={self.netns_path}",
                 "unshare", "--mount", "--uts", "--propagation", "slave",
                 "sh", "-c", _HOLDER_SCRIPT, f"vipherd-lab:{self.netns}", self.directory, self.name,
                 self.frr_root or ""],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", start_new_session=True)
        Process.of(child.pid).save(self._holder_file)
        # The marker appears behind the private bind mount, which is the same directory for us.
        wait_until(f"the namespaces of {self.name}",
                   lambda: os.path.exists(self.path("/run/holder-ready")) or child.poll(), 10, log)
        if child.poll() is not None:
            raise LabError(f"the namespaces of {self.name} were not made: {tail(log)}")

    def _make_directories(self):
        for path in ("run/machine-etc", "run/frr", "run/frr-root", "run/lock", "etc", "log/frr", "lib"):
            os.makedirs(f"{self.directory}/{path}")
        own = {"frr", "nginx", "nsd", "sysctl.d", "systemd", "vipherd", "hostname"}
        for entry in os.scandir("/etc"):
            if entry.name in own:
                continue
            target = os.readlink(entry.path) if entry.is_symlink() else f"/run/machine-etc/{entry.name}"
            os.symlink(target, f"{self.directory}/etc/{entry.name}")
        for name in own - {"hostname"}:
            os.mkdir(f"{self.directory}/etc/{name}")
        with open(f"{self.directory}/etc/hostname", "w") as file:
            file.write(f"{self.name}\n")

    def processes(self):
        """Everything that runs on the host, the holder included."""
        return in_network_namespace(self.netns_path)

    def destroy(self):
        """Ends all that runs on the host and removes its namespaces; a half-made host will do."""
        while True:
            running = self.processes()
            if not running:
                break
            if not end_all(running):
                raise LabError(f"processes of {self.name} cannot be ended: {running}")
        holder = self.holder()
        if holder:
            end_all([holder])
        if os.path.exists(self.netns_path):
            ip("netns", "del", self.netns)
        remove_tree(self.directory)

    # -- running things --------------------------------------------------------------------------

    def command(self, argv):
        """The command line that runs argv on the host."""
        holder = self.holder()
        if not holder:
            raise LabError(f"host {self.name} of lab {self.lab} is not up")
        # --root: a mount namespace alone would lead out of a chroot in which the lab runs.
        return ["nsenter", "--target", str(holder.pid), "--net", "--uts", "--mount", "--root", "--", *argv]

    def run(self, argv, timeout=30, check=True, **options):
        """Runs a command on the host to its end and returns its output."""
        try:
            done = subprocess.run(self.command(argv), capture_output=True, text=True, timeout=timeout * SLOWNESS,
                                  stdin=subprocess.DEVNULL, cwd="/", **options)
        except subprocess.TimeoutExpired:
            raise LabError(f"{self.name}: {' '.join(argv)} did not end within {timeout} s") from None
        if check and done.returncode != 0:
            text = (done.stderr or done.stdout).strip()
            raise LabError(f"{self.name}: {' '.join(argv)} ended with {done.returncode}: {text}")
        return done.stdout

    def start(self, argv, log, **options):
        """Starts a command on the host, detached, with its output appended to `log`."""
        with open(log, "a") as output:
            return subprocess.Popen(self.command(argv), stdin=subprocess.DEVNULL, stdout=output,
                                    stderr=output, cwd="/", start_new_session=True, **options)

    @contextlib.contextmanager
    def network(self):
        """Within this context the calling thread is in the host's network (sockets made here stay)."""
        back = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            setns(self.netns_path)
            yield self
        finally:
            if _libc.setns(back, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "cannot return from the host's network namespace")
            os.close(back)

    def set_sysctls(self, values):
        with self.network():
            for name, value in values.items():
                with open("/proc/sys/" + name.replace(".", "/"), "w") as file:
                    file.write(f"{value}\n")

    def get_sysctl(self, name):
        with self.network(), open("/proc/sys/" + name.replace(".", "/")) as file:
            return file.read().strip()


def remove_tree(path):
    """Removes a directory of the lab, after making sure that nothing is mounted in it."""
    if not path.startswith(ROOT + "/"):
        raise ValueError(f"{path} is not in {ROOT}")
    with open("/proc/self/mountinfo") as file:
        mounted = [line.split()[4] for line in file]
    if any(point == path or point.startswith(path + "/") for point in mounted):
        raise LabError(f"something is mounted in {path}; not removed")
    if os.path.isdir(path):
        shutil.rmtree(path)
