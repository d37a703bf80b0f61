"""Containers without a container runtime: the image of deploy/containerlab, built by the steps of its Dockerfile in a
chroot, and processes that run in it, each in namespaces of its own."""

import glob
import os
import re
import shutil
import signal
import subprocess

from . import booted
from .errors import LabError, tail, wait_until

CONTEXT = os.path.realpath(f"{os.path.dirname(__file__)}/../../containerlab")
_ENVIRONMENT = ["env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"]


def instructions():
    """The Dockerfile's lines as (instruction, rest), continued ones joined."""
    with open(f"{CONTEXT}/Dockerfile") as file:
        text = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", file.read(), flags=re.MULTILINE))
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


class Image:
    """A base that is left as it is, and above it what the Dockerfile adds."""

    def __init__(self, package, directory):
        self.directory = directory
        self.base = booted.root("bookworm", package)
        self.layer = f"{directory}/layer"
        context = f"{directory}/context"
        shutil.copytree(CONTEXT, context)
        shutil.copy(package, context)
        for name in ("layer", "work", "root"):
            os.mkdir(f"{directory}/{name}")
        script = [f"mount -t overlay overlay -o lowerdir={self.base},upperdir={self.layer},workdir={directory}/work "
                  f"{directory}/root", f"cd {directory}/root", "cp /etc/resolv.conf etc/resolv.conf",
                  # As debian:12 has it: no package starts a service.
                  "printf '#!/bin/sh\\nexit 101\\n' >usr/sbin/policy-rc.d && chmod 755 usr/sbin/policy-rc.d"]
        for number, (instruction, rest) in enumerate(instructions()):
            script += self._step(instruction, rest, context, f"{directory}/step{number}")
        done = subprocess.run(["unshare", "--mount", "sh", "-e", "-c", "\n".join(script)], capture_output=True, text=True,
                              timeout=400, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise LabError(f"the image was not built: {done.stdout[-1000:]}{done.stderr[-2000:]}")

    @staticmethod
    def _step(instruction, rest, context, file):
        if instruction == "COPY":
            *sources, destination = rest.split()
            found = [path for source in sources for path in glob.glob(f"{context}/{source}")]
            if len(found) < len(sources):
                raise LabError(f"COPY {rest}: not all of it is in {context}")
            return [f"cp {' '.join(found)} .{destination}"]
        if instruction == "RUN":
            with open(file, "w") as script:
                script.write(rest)
            return [f'chroot . {" ".join(_ENVIRONMENT)} sh -c "$(cat {file})"']
        if instruction in ("FROM", "ENTRYPOINT", "CMD"):
            return []
        raise LabError(f"the Dockerfile's instruction {instruction} is not known here")


class Container:
    """A process of the image in a network namespace that there is already, with binds as (source, path inside)."""

    def __init__(self, image, name, host, arguments, binds=(), sysctls=(), capabilities=None):
        self.name = name
        directory = f"{image.directory}/{name}"
        self.log = f"{directory}/log"
        for part in ("upper", "work", "root"):
            os.makedirs(f"{directory}/{part}")
        root = f"{directory}/root"
        script = ["mount --make-rprivate /",
                  f"mount -t overlay overlay -o lowerdir={image.layer}:{image.base},upperdir={directory}/upper,"
                  f"workdir={directory}/work {root}",
                  f"mount -t proc proc {root}/proc", f"mount --rbind /dev {root}/dev", f"hostname {name}"]
        for source, inside in binds:
            target = f"{root}{inside}"
            script += [f"mkdir -p {target if os.path.isdir(source) else os.path.dirname(target)}",
                       f"[ -e {target} ] || touch {target}", f"mount --bind {source} {target}"]
        script += [f"echo {value} >/proc/sys/{key.replace('.', '/')}" for key, value in sysctls]
        limit = f"setpriv --bounding-set=-all,{capabilities} --inh-caps=-all,{capabilities} " if capabilities else ""
        script += [f"exec chroot {root} {' '.join(_ENVIRONMENT)} {limit}/usr/local/sbin/start {arguments}"]
        with open(self.log, "w") as output:
            self._outer = subprocess.Popen(
                ["nsenter", f"--net={host.netns_path}", "unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child",
                 "sh", "-e", "-c", "\n".join(script)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, cwd="/")
        self.pid = wait_until(f"the first process of {name}", self._child, 10, self.log)

    def _child(self):
        if self._outer.poll() is not None:
            raise LabError(f"container {self.name} ended with {self._outer.returncode}{tail(self.log)}")
        with open(f"/proc/{self._outer.pid}/task/{self._outer.pid}/children") as file:
            pid = (file.read().split() or [None])[0]
        if not pid:
            return None
        with open(f"/proc/{pid}/cmdline") as file:
            # Before that it is the shell that makes the mounts.
            return pid if "/usr/local/sbin/start" in file.read().split("\0") else None

    def run(self, argv, check=True):
        done = subprocess.run(["nsenter", "-t", self.pid, "-a", "-r", *_ENVIRONMENT, *argv], capture_output=True, text=True,
                              timeout=60, stdin=subprocess.DEVNULL)
        if check and done.returncode != 0:
            raise LabError(f"{self.name}: {' '.join(argv)} ended with {done.returncode}: {done.stderr.strip()}{tail(self.log)}")
        return done.stdout

    def stop(self, timeout=20):
        """As `docker stop`: SIGTERM, and SIGKILL to what is left of it. Returns whether SIGTERM was enough."""
        if self._outer.poll() is None:
            os.kill(int(self.pid), signal.SIGTERM)
        try:
            self._outer.wait(timeout)
            return True
        except subprocess.TimeoutExpired:
            self.kill()
            return False

    def kill(self):
        if self._outer.poll() is None:
            self._outer.kill()
        self._outer.wait()
