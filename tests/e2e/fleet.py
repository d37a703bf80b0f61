"""Load balancers that boot, and Ansible on the lab's client, which reaches them by ssh as an operator's machine does."""

import contextlib
import glob
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

from machines import nginx_of_the_lab
from shared import ROOT
from vipherd_lab import booted
from vipherd_lab.processes import end_all

COLLECTION = f"{ROOT}/deploy/ansible"
EXAMPLES = f"{COLLECTION}/examples"
REPOSITORY = "/srv/repository"


@contextlib.contextmanager
def all_booted(lab, root, directory):
    """Name -> machine, for each load balancer of the lab."""
    machines = {}

    def boot(node):
        machines[node.name] = booted.Machine(node.host, root, f"{directory}/{node.name}.console")
        nginx_of_the_lab(machines[node.name])

    try:
        for node in lab.nodes.values():
            end_all(node.nginx.processes())
            node.frr.stop()
        with ThreadPoolExecutor() as at_once:
            list(at_once.map(boot, lab.nodes.values()))
        yield dict(sorted(machines.items()))
    finally:
        for machine in machines.values():
            machine.end()


def fill_repository(machine, directory):
    """What the machine's apt can get, and all of it: the packages in the directory."""
    index = subprocess.run(["dpkg-scanpackages", "--multiversion", "."], cwd=directory, check=True, capture_output=True,
                           text=True)
    machine.run(["mkdir", "-p", REPOSITORY])
    for package in glob.glob(f"{directory}/*.deb"):
        shutil.copy(package, f"/proc/{machine.leader}/root{REPOSITORY}")
    machine.write(f"{REPOSITORY}/Packages", index.stdout)
    machine.write("/etc/apt/sources.list", f"deb [trusted=yes] file:{REPOSITORY} ./\n")
    return index.stdout.count("Package: ")


class Controller:
    """Ansible on the lab's client, with this collection and a key that all machines let in."""

    def __init__(self, lab, directory):
        self.lab = lab
        self.directory = directory
        self.key = f"{directory}/key"
        self.output = f"{directory}/output"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key], check=True)
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": directory, "LC_ALL": "C.UTF-8", "ANSIBLE_HOME": directory,
            "ANSIBLE_LOCAL_TEMP": f"{directory}/tmp", "ANSIBLE_COLLECTIONS_PATH": directory, "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PRIVATE_KEY_FILE": self.key, "ANSIBLE_PIPELINING": "1", "PYTHONDONTWRITEBYTECODE": "1",
            # The end of the lab ends what persists.
            "ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=60s -o StrictHostKeyChecking=accept-new "
                                f"-o UserKnownHostsFile={directory}/known_hosts"}
        self.local("ansible-galaxy", "collection", "install", "--offline", "-p", directory, COLLECTION)

    def local(self, *argv, **options):
        done = subprocess.run(argv, env=self.environment, capture_output=True, text=True, timeout=300, **options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def admit(self, machine):
        with open(f"{self.key}.pub") as file:
            machine.run(["mkdir", "-p", "-m", "700", "/root/.ssh"])
            machine.write("/root/.ssh/authorized_keys", file.read())
        machine.run(["systemctl", "start", "ssh"])

    def start(self, playbook, **variables):
        """Runs a playbook on the example's nodes, as a process."""
        given = [part for name, value in variables.items() for part in ("-e", f'{{"{name}": {value}}}')]
        argv = ["ansible-playbook", "-i", f"{EXAMPLES}/inventory.yml", playbook, *given]
        with open(self.output, "w") as output:
            return subprocess.Popen(self.lab.client.command(argv), env=self.environment, stdin=subprocess.DEVNULL,
                                    stdout=output, stderr=output, cwd="/")

    def said(self):
        """What the last playbook printed."""
        with open(self.output) as file:
            return file.read()

    def play(self, playbook, **variables):
        """(exit code, output)"""
        with self.start(playbook, **variables) as running:
            try:
                running.wait(400)
            except BaseException:
                running.terminate()
                raise
        return running.returncode, self.said()


def of_archive(root, name):
    """The package that a machine was made from."""
    return glob.glob(f"{root}/var/cache/apt/archives/{name}_*_amd64.deb")[0]
