"""A virtual machine for what the machine's own kernel lacks (VRF devices): Debian's cloud kernel under qemu's
emulation, which needs no help of the processor. Its file system is this machine's, by virtiofs: read as it is,
written in memory only. So a lab comes up in it as it does outside."""

import contextlib
import glob
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

from .errors import LabError, tail
from .frr_root import CACHE, _locked, _run

MEMORY_MIB = 1536
# Emulated, and perhaps beside other work.
SLOWNESS = 10
# Loaded before the file system is there; modprobe finds the others.
_FIRST_MODULES = ["virtio_pci", "virtiofs", "overlay"]
_BUSYBOX = "/bin/busybox"
# Debian 12 has it in qemu's own directory, later releases as a package of its own.
_VIRTIOFSD = next(filter(os.path.exists, ["/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd"]),
                  "/usr/libexec/virtiofsd")
_EXIT = re.compile(rb"^vm: exit code (\d+)\r?$", re.MULTILINE)

# /init of the initial RAM disk: this machine's / below an overlay in memory, then the command.
_INIT = r"""#!/bin/busybox sh
PATH=/bin
for module in $(cat /modules); do insmod "/$module"; done
mkdir -p /machine /memory /root
mount -t virtiofs -o ro machine /machine
mount -t tmpfs -o mode=755 tmpfs /memory
mkdir /memory/upper /memory/work
mount -t overlay -o lowerdir=/machine,upperdir=/memory/upper,workdir=/memory/work overlay /root
mkdir -p /root/proc /root/sys /root/dev /root/run /root/tmp
mount -t proc proc /root/proc
mount -t sysfs sysfs /root/sys
mount -t devtmpfs devtmpfs /root/dev
mkdir -p /root/dev/pts /root/dev/shm
mount -t devpts devpts /root/dev/pts
for path in dev/shm run; do mount -t tmpfs -o mode=1777 tmpfs "/root/$path"; done
chmod 755 /root/run
mkdir -p /root/run/lock /root/run/netns
cp /command /root/run/vm-command
# The kernel's modules are no part of this machine: they are in the lab's cache.
mkdir -p /root/lib/modules
mount --bind "/root$(cat /modules-root)" "/root/lib/modules"
ip link set lo up
exec switch_root /root /bin/sh /run/vm-command
"""

_COMMAND = r"""
exec </dev/null >/dev/ttyS1 2>&1
stty -F /dev/ttyS1 -opost
mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
cd {directory}
env {environment} {command}
code=$?
sync
printf '\nvm: exit code %s\n' "$code"
sleep 0.2
echo o >/proc/sysrq-trigger
sleep 60
"""


def kernel():
    """The directory with the unpacked package of Debian's cloud kernel, fetched when there is none."""
    os.makedirs(CACHE, exist_ok=True)
    root = f"{CACHE}/kernel"
    with _locked(f"{root}.lock"):
        if not os.path.isdir(root):
            _fetch_kernel(root)
    return root


def _fetch_kernel(root):
    work = f"{root}.new"
    shutil.rmtree(work, ignore_errors=True)  # of one that was interrupted
    os.makedirs(work)
    _run(["apt-get", "-q", "update"])
    depends = _run(["apt-cache", "depends", "linux-image-cloud-amd64"])
    found = re.search(r"Depends: (linux-image-\S+-cloud-amd64)$", depends, re.MULTILINE)
    if not found:
        raise LabError("apt knows no linux-image-cloud-amd64 (apt-get update first?)")
    _run(["apt-get", "-q", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3", "download", found[1]],
         cwd=work)
    (package,) = glob.glob(f"{work}/*.deb")
    _run(["dpkg-deb", "-x", package, work])
    os.unlink(package)
    (modules,) = glob.glob(f"{work}/lib/modules/*")
    _run(["depmod", "-b", work, os.path.basename(modules)])
    os.rename(work, root)


def _first_modules(modules):
    """Those of _FIRST_MODULES and what they need, in the order in which they have to be loaded."""
    needs = {}
    with open(f"{modules}/modules.dep") as file:
        for line in file:
            path, _, others = line.partition(":")
            needs[path] = others.split()
    by_name = {re.sub(r"\.ko.*", "", os.path.basename(path)): path for path in needs}
    order = []
    for name in _FIRST_MODULES:
        path = by_name[name]
        order += [found for found in [*reversed(needs[path]), path] if found not in order]
    return order


def _cpio(entries):
    """An archive in the format of initial RAM disks: name -> (mode, content)."""
    out = bytearray()
    for number, (name, (mode, content)) in enumerate([*entries.items(), ("TRAILER!!!", (0, b""))], 1):
        encoded = name.encode() + b"\0"
        fields = [number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(encoded), 0]
        out += b"070701" + b"".join(b"%08x" % field for field in fields) + encoded
        out += b"\0" * (-len(out) % 4) + content
        out += b"\0" * (-len(out) % 4)
    return bytes(out)


def _initial_disk(root, command):
    (modules,) = glob.glob(f"{root}/lib/modules/*")
    first = _first_modules(modules)
    entries = {"bin": (0o040755, b""), "bin/busybox": (0o100755, _read(_BUSYBOX)), "dev": (0o040755, b"")}
    applets = subprocess.run([_BUSYBOX, "--list"], capture_output=True, text=True, check=True).stdout.split()
    entries |= {f"bin/{name}": (0o120777, b"busybox") for name in applets if name != "busybox"}
    entries |= {os.path.basename(path): (0o100644, _read(f"{modules}/{path}")) for path in first}
    entries |= {"modules": (0o100644, "\n".join(map(os.path.basename, first)).encode()),
                "modules-root": (0o100644, f"{root}/lib/modules".encode()),
                "command": (0o100755, command.encode()), "init": (0o100755, _INIT.encode())}
    return _cpio(entries)


def _read(path):
    with open(path, "rb") as file:
        return file.read()


def _end(process):
    """Ends a process of ours, by its id, and waits for it."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def run(argv, timeout, directory="/", environment=None):
    """Runs a command in a machine of its own, as root; returns (exit code, output). Fails if the command did
    not end within `timeout` seconds, boot included."""
    for tool in ("/usr/bin/qemu-system-x86_64", _VIRTIOFSD, _BUSYBOX, "/usr/sbin/depmod"):
        if not os.path.exists(tool):
            raise LabError(f"{tool} is missing: deploy/lab/install-packages test installs it")
    root = kernel()
    variables = [shlex.quote(f"{name}={value}") for name, value in
                 {"VIPHERD_LAB_SLOWNESS": SLOWNESS, **(environment or {})}.items()]
    command = _COMMAND.format(directory=shlex.quote(directory), command=shlex.join(argv),
                              environment=" ".join(variables))
    with tempfile.TemporaryDirectory(prefix="vipherd-vm-", dir="/tmp") as work, contextlib.ExitStack() as ends:
        with open(f"{work}/initrd", "wb") as file:
            file.write(_initial_disk(root, command))
        _start_virtiofsd(work, ends)
        machine = _start_qemu(root, work, ends)
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            try:
                machine.wait(0.1)
                break
            except subprocess.TimeoutExpired:
                continue
        output = _read(f"{work}/output") if os.path.exists(f"{work}/output") else b""
        ended = _EXIT.search(output)
        if not ended:
            why = f"ended early ({machine.poll()})" if machine.poll() is not None else f"did not end in {timeout} s"
            text = output[-8000:].decode(errors="replace")
            raise LabError(f"the virtual machine {why}:{tail(f'{work}/console', 30)}{tail(f'{work}/qemu.log', 10)}"
                           f"{tail(f'{work}/virtiofsd.log', 10)}\n{text}")
        return int(ended[1]), output[:ended.start()].decode(errors="replace").rstrip() + "\n"


def _start_virtiofsd(work, ends):
    with open(f"{work}/virtiofsd.log", "w") as log:
        process = subprocess.Popen(
            [_VIRTIOFSD, f"--socket-path={work}/fs.socket", "-o", "source=/", "-o", "cache=always",
             "-o", "sandbox=chroot", "-o", "no_posix_lock", "-o", "no_flock", "--rlimit-nofile=0"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    ends.callback(_end, process)
    deadline = time.monotonic() + 10
    while not os.path.exists(f"{work}/fs.socket"):
        if process.poll() is not None or time.monotonic() > deadline:
            raise LabError(f"virtiofsd does not start:{tail(f'{work}/virtiofsd.log', 10)}")
        time.sleep(0.02)


def _start_qemu(root, work, ends):
    (image,) = glob.glob(f"{root}/boot/vmlinuz-*")
    memory = f"{MEMORY_MIB}M"
    with open(f"{work}/qemu.log", "w") as log:
        process = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-machine", "q35,memory-backend=mem", "-cpu", "max",
             "-smp", str(min(2, os.cpu_count())), "-m", memory,
             "-object", f"memory-backend-memfd,id=mem,size={memory},share=on",
             "-nodefaults", "-nographic", "-no-reboot",
             "-serial", f"file:{work}/console", "-serial", f"file:{work}/output",
             "-chardev", f"socket,id=fs,path={work}/fs.socket",
             "-device", "vhost-user-fs-pci,chardev=fs,tag=machine,queue-size=1024",
             "-kernel", image, "-initrd", f"{work}/initrd",
             "-append", "console=ttyS0 quiet panic=-1 mitigations=off clocksource=hpet"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    ends.callback(_end, process)
    return process
