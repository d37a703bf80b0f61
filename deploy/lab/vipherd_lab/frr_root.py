"""Other FRR versions than the machine's own: Debian's packages of another suite, unpacked into a root of
their own below /var/cache/vipherd-lab. Nothing of them is installed; a host of the lab mounts such a root
for itself and starts the daemons in it (see namespaces.py)."""

import contextlib
import fcntl
import glob
import os
import re
import shutil
import subprocess

from .errors import LabError

CACHE = "/var/cache/vipherd-lab"
SUITES = {"7.5": "bullseye", "8.4": "bookworm", "10.3": "trixie", "10.7": "sid"}

_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# What frr depends on and its daemons do not need: services, maintainer scripts' tools.
_WANTED = re.compile(r"frr|lib.+|zlib1g")
# vtysh asks PAM whether its caller may, and PAM loads its modules by name.
_PACKAGES = ["frr", "libpam-modules"]
# Where the root that a host has mounted finds the host's own, and what it writes.
_MOUNT_POINTS = ["dev", "proc", "run", "tmp", "etc/frr", "var/lib/frr", "var/log", "var/tmp"]


def path(version):
    """Where the root with this FRR is, or is to be; none for the machine's own FRR."""
    return f"{CACHE}/frr-{SUITES[version]}" if version else None


def provide(version):
    """The root with this FRR, made when it is asked for the first time."""
    if version not in SUITES:
        raise LabError(f"no FRR {version} is known to the lab; there are {', '.join(SUITES)}")
    suite, root = SUITES[version], path(version)
    os.makedirs(CACHE, exist_ok=True)
    with _locked(f"{root}.lock"):
        if not os.path.isdir(root):
            _make(suite, root)
    found = version_of(root)
    if not re.match(rf"{re.escape(version)}(\.|$)", found):
        raise LabError(f"Debian's {suite} has FRR {found} by now, not {version}; it is in {root}")
    return root


def version_of(root):
    """The exact version: 10.7.1."""
    with open(f"{root}/etc/frr-version") as file:
        return file.read().strip()


@contextlib.contextmanager
def _locked(file_name):
    with open(file_name, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(suite, root):
    work = f"{root}.new"
    shutil.rmtree(work, ignore_errors=True)  # of one that was interrupted
    packages = _download(suite, f"{work}/apt")
    _unpack(packages, f"{work}/root")
    frr = next(name for name in map(os.path.basename, packages) if name.startswith("frr_"))
    with open(f"{work}/root/etc/frr-version", "w") as file:
        file.write(frr.split("_")[1].split("-")[0] + "\n")
    os.rename(f"{work}/root", root)
    shutil.rmtree(work)


def _run(argv, **options):
    done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
    if done.returncode != 0:
        raise LabError(f"{' '.join(argv[:2])} ended with {done.returncode}: {done.stderr.strip()[-1000:]}")
    return done.stdout


def _mirror():
    """Where this machine gets Debian from."""
    told = _run(["apt-get", "indextargets", "--format", "$(LABEL)|$(REPO_URI)", "Created-By: Packages"])
    for line in told.splitlines():
        label, _, uri = line.partition("|")
        if label == "Debian":
            return uri
    raise LabError("apt knows no mirror of Debian (apt-get update first?)")


def _download(suite, directory):
    """Downloads FRR and the libraries it needs, checked by apt with Debian's keys; returns the files."""
    for name in ("lists/partial", "cache/archives/partial", "packages"):
        os.makedirs(f"{directory}/{name}")
    with open(f"{directory}/sources.list", "w") as file:
        file.write(f"deb [signed-by={_KEYRING}] {_mirror()} {suite} main\n")
    open(f"{directory}/status", "w").close()  # nothing is installed: every dependency is listed
    # As root, since apt's own user may not write here.
    options = ["-q", "-y", "-o", "APT::Sandbox::User=root", "-o", "APT::Install-Recommends=false",
               "-o", "Acquire::Languages=none", "-o", "Acquire::Retries=3",
               "-o", f"Dir::Etc::SourceList={directory}/sources.list", "-o", "Dir::Etc::SourceParts=/dev/null",
               "-o", f"Dir::State::Lists={directory}/lists", "-o", f"Dir::State::status={directory}/status",
               "-o", f"Dir::Cache={directory}/cache"]
    _run(["apt-get", *options, "update"])
    planned = _run(["apt-get", *options, "--simulate", "install", *_PACKAGES])
    names = [name for name in re.findall(r"^Inst (\S+)", planned, re.MULTILINE) if _WANTED.fullmatch(name)]
    _run(["apt-get", *options, "download", *names], cwd=f"{directory}/packages")
    return sorted(glob.glob(f"{directory}/packages/*.deb"))


def _unpack(packages, root):
    for name in ("bin", "lib", "lib64", "sbin"):  # one tree, whether a package knows of that or not
        os.makedirs(f"{root}/usr/{name}")
        os.symlink(f"usr/{name}", f"{root}/{name}")
    for package in packages:
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as archive:
            _run_tar(root, archive.stdout)
        if archive.returncode != 0:
            raise LabError(f"dpkg-deb cannot read {package}")
    for name in _MOUNT_POINTS:
        os.makedirs(f"{root}/{name}", exist_ok=True)
    open(f"{root}/etc/pam.d/other", "w").close()  # includes files that only an installed system has
    with open(f"{root}/etc/pam.d/frr", "w") as file:
        file.write("auth required pam_rootok.so\naccount required pam_rootok.so\n")
    for name in ("etc/passwd", "etc/group", "dev/null", "dev/random", "dev/urandom"):
        open(f"{root}/{name}", "a").close()
    if not os.path.lexists(f"{root}/var/run"):
        os.symlink("/run", f"{root}/var/run")


def _run_tar(root, archive):
    done = subprocess.run(["tar", "-x", "--keep-directory-symlink", "-C", root], stdin=archive,
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise LabError(f"tar: {done.stderr.strip()[-1000:]}")
