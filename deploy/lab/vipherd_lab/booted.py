"""A load balancer that boots: a Debian with systemd, FRR and nginx in systemd-nspawn, in the network of a host of the
lab. For what the lab's own hosts lack: packages, units, maintainer scripts. What is written in it stays over a reboot
and is gone with it."""

import os
import re
import shutil
import subprocess

from .errors import LabError, wait_until
from .frr_root import CACHE, _locked, _mirror, _run
from .memory_group import needs_remount


class CannotBoot(LabError):
    """This machine lets no container boot."""


SUITES = {"bookworm": "12", "trixie": "13"}
_TOOLS = {"systemd-nspawn": "systemd-container", "debootstrap": "debootstrap"}
_PACKAGES = ["autopkgtest", "bash-completion", "ca-certificates", "curl", "dbus", "frr", "haproxy", "iproute2", "man-db",
             "nginx-light", "nsd", "openssh-server", "procps", "python3", "python3-apt", "systemd-sysv", "unbound", "zsh"]
_ENVIRONMENT = ["env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
                "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"]
# Several machines boot from one directory: what each writes lies in memory above it. All of that is mounted where
# nothing but nspawn sees it, and ends with it.
_OWN_COPY = """
mount -t tmpfs tmpfs "$2"
mkdir "$2/upper" "$2/work" "$2/root"
mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" overlay "$2/root"
copy=$2/root
shift 2
code=133  # what nspawn ends with when the machine wants to boot again
while [ "$code" = 133 ]; do
  code=0
  # Alone in its group: one with processes gets no groups below that limit memory.
  sh -euc 'if [ -n "$GROUP" ]; then echo $$ >"$GROUP/cgroup.procs"; fi; exec systemd-nspawn "$@"' \
    nspawn --directory="$copy" "$@" || code=$?
done
exit "$code"
"""


def own_suite():
    """The suite that this machine runs; none if it is another one than those here."""
    with open("/etc/os-release") as file:
        found = re.search(r"^VERSION_CODENAME=(\w+)", file.read(), re.MULTILINE)
    return found[1] if found and found[1] in SUITES else None


def obstacle():
    """Why this machine can boot none; empty if nothing is known to stand in the way."""
    missing = [package for tool, package in _TOOLS.items() if not shutil.which(tool)]
    return f"{', '.join(missing)} is not installed (deploy/lab/install-packages boot)" if missing else ""


def root(suite, package):
    """The directory with this Debian, made when it is asked for the first time, and with what the package needs."""
    os.makedirs(CACHE, exist_ok=True)
    path = f"{CACHE}/booted-{suite}"
    with _locked(f"{path}.lock"):
        if not os.path.isdir(path):
            shutil.rmtree(f"{path}.new", ignore_errors=True)  # of one that was interrupted
            _run(["debootstrap", "--variant=minbase", f"--include={','.join(_PACKAGES)}", suite, f"{path}.new", _mirror()])
            os.unlink(f"{path}.new/etc/hostname")  # this machine's: the one that boots is given its own
            os.rename(f"{path}.new", path)
        _install_what_it_needs(path, package)
        # Some share a port, and none is needed by all: a test that needs one starts it.
        _run(["chroot", path, *_ENVIRONMENT, "systemctl", "disable", "--quiet", "haproxy", "nsd", "ssh", "unbound"])
    return path


def _install_what_it_needs(path, package):
    """What the package depends on, and what was not asked for yet when the root was made: the machine that boots has no
    way to a mirror."""
    depends = _run(["dpkg-deb", "-f", package, "Depends"])
    names = [re.match(r"[a-z0-9.+-]+", part.strip())[0] for part in depends.split(",") if "systemd" not in part.split("|")[0]]
    known = _run(["dpkg-query", f"--admindir={path}/var/lib/dpkg", "-W", "-f", "${Package} ${db:Status-Status}\n"])
    missing = [name for name in [*_PACKAGES, *names] if f"{name} installed\n" not in known]
    if not missing:
        return
    chroot = ["chroot", path, *_ENVIRONMENT]
    shutil.copy("/etc/resolv.conf", f"{path}/etc/resolv.conf")
    _run([*chroot, "apt-get", "-q", "update"])
    # No service starts where no systemd runs.
    _run([*chroot, "apt-get", "-q", "-y", "install", "--no-install-recommends", *missing])


class Machine:
    """One that is booted."""

    def __init__(self, host, path, log, group=None):
        """Boots it in the network of the host, whose daemons have been stopped; `log` is for what it says, `group` a
        memory_group() that it shall be in."""
        self.host = host
        self.log = log
        self.group = group
        self._boot(path, log)
        try:
            wait_until("the machine to boot", self._has_booted, 60, log, interval=0.2)
        except LabError as error:
            jobs = self.sh("systemctl list-jobs; journalctl --no-pager -b -n 40", check=False)
            self.end()
            raise LabError(f"{error}\n{jobs}") from None
        except BaseException:
            self.end()
            raise

    def _boot(self, path, log):
        copy = f"{log}.root"
        os.makedirs(copy, exist_ok=True)
        with open(log, "w") as output:
            # Nothing reads the console: status lines would fill it and stop its systemd.
            self._nspawn = subprocess.Popen(
                ["unshare", "--mount", "--propagation", "slave", "sh", "-euc", _OWN_COPY, "own-copy", path, copy,
                 "--quiet", "--boot", "--register=no", "--keep-unit",
                 # The relay's programs go into this machine's kernel, which nspawn forbids unless told otherwise.
                 "--capability=CAP_NET_ADMIN,CAP_BPF,CAP_PERFMON", "--system-call-filter=bpf",
                 f"--network-namespace-path={self.host.netns_path}", f"--hostname={self.host.name}",
                 "--console=passive", "systemd.show_status=false", "systemd.log_target=journal"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                # From systemd 256 on there is no other one, whatever this machine has.
                env={**os.environ, "GROUP": self.group or "",
                     **({"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"} if path.endswith("trixie") else {})})
        try:
            self.leader = wait_until("the machine's first process", self._find_leader, 20, log)
        except LabError as error:
            self.end()
            raise CannotBoot(str(error)) from None
        except BaseException:
            self.end()
            raise

    def _find_leader(self):
        """The machine's first process, or None in between. The first child that nspawn has is one that makes the second,
        which is the machine's, and ends."""
        if self._nspawn.poll() is not None:
            raise LabError(f"systemd-nspawn ended with {self._nspawn.returncode}")
        for child in _children(self._nspawn.pid):
            return (_children(child) or [None])[0]
        return None

    def _has_booted(self):
        self.leader = self._find_leader()
        if not self.leader:
            return False
        state = self.run(["systemctl", "is-system-running"], check=False).stdout.strip()
        if state not in ("running", "degraded"):
            return False
        if self.group and needs_remount(self.group):
            _run(["nsenter", "-t", self.leader, "-m", "mount", "-o", "remount,bind,rw", "/sys/fs/cgroup/memory"])
            # It looks once for what it may write.
            self.run(["systemctl", "daemon-reexec"])
        return True

    def reboot(self):
        """Has systemd stop everything and boot again, and waits for that."""
        before = self.leader
        self.run(["systemctl", "reboot"], check=False)
        wait_until("the machine to end", lambda: self._find_leader() not in (before, None), 90, self.log, interval=0.1)
        wait_until("the machine to boot again", self._has_booted, 60, self.log, interval=0.2)

    def power_off(self):
        """Has systemd stop everything, and waits until the machine is gone."""
        self.run(["systemctl", "poweroff"], check=False)
        wait_until("the machine to be off", lambda: self._nspawn.poll() is not None, 90, self.log, interval=0.1)

    def command(self, argv):
        return ["nsenter", "-t", self.leader, "-a", *_ENVIRONMENT, *argv]

    def run(self, argv, timeout=60, check=True, text=None):
        """Runs a command to its end, with `text` as its input, and returns what subprocess.run() does."""
        done = subprocess.run(self.command(argv), capture_output=True, text=True, timeout=timeout, cwd="/",
                              input=text or "")
        if check and done.returncode != 0:
            raise LabError(f"{' '.join(argv)} ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done

    def sh(self, line, **options):
        return self.run(["bash", "-c", line], **options).stdout.strip()

    def write(self, path, text):
        """Into the file if it is there, which keeps owner and mode."""
        self.run(["sh", "-c", 'cat >"$1"', "write", path], text=text)

    def end(self):
        """Ends it, in no orderly way: what is to be seen of a stop is for tests to ask for."""
        for process in [getattr(self, "leader", None), *_children(self._nspawn.pid), self._nspawn.pid]:
            if process and self._nspawn.poll() is None:
                try:
                    os.kill(int(process), 9)
                except ProcessLookupError:
                    pass
                try:
                    self._nspawn.wait(5)
                except subprocess.TimeoutExpired:
                    continue
        self._nspawn.wait()


def _children(process):
    try:
        with open(f"/proc/{process}/task/{process}/children") as file:
            return file.read().split()
    except FileNotFoundError:
        return []
