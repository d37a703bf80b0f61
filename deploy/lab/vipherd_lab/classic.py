"""The classic topology of vagrant/ in machines that boot (systemd-nspawn): its cables are links between network
namespaces, and the scripts of vagrant/provision make the machines what they are, as they do with Vagrant."""

import concurrent.futures
import json
import os
import shutil

from . import booted
from .errors import LabError
from .namespaces import ROOT, Host, ip

VAGRANT = os.path.realpath(f"{os.path.dirname(__file__)}/../../../vagrant")
PROVISION = "/tmp/provision"


def topology():
    """Machine -> its cables with their MAC addresses, and the address and gateway of those that have one."""
    with open(f"{VAGRANT}/topology.json") as file:
        return json.load(file)


def provisioning(name, router="frr"):
    """The command that makes the machine what it is; Vagrantfile has the same."""
    machine = topology()[name]
    role = {"r": "router", "s": "switch", "l": "lb", "c": "cli"}[name[0]]
    script = f"{role}-{router}" if role in ("router", "switch") else role
    where = [machine["address"], machine["gateway"]] if "address" in machine else []
    return ["bash", f"{PROVISION}/{script}.sh", *machine["cables"].values(), *where]


def _connect(hosts):
    """Ports are called ethN, as a Debian does; the scripts find them by their MAC addresses."""
    ends = {}  # cable -> (host, port, MAC) of both
    for name, machine in topology().items():
        for number, (cable, mac) in enumerate(machine["cables"].items(), 1):
            ends.setdefault(cable, []).append((hosts[name], f"eth{number}", mac))
    for (host, port, mac), (other, other_port, other_mac) in ends.values():
        ip("-n", host.netns, "link", "add", "name", port, "address", mac, "type", "veth",
           "peer", "name", other_port, "address", other_mac, "netns", other.netns)


class Classic:
    """All machines; `machines` has those that run."""

    def __init__(self, name, package, directory):
        """`directory` is for what their consoles say. down() of the lab of that name ends what this leaves."""
        self.machines = {}
        os.makedirs(f"{ROOT}/{name}")
        hosts = {machine: Host(name, machine) for machine in topology()}
        for host in hosts.values():
            host.create()
        _connect(hosts)
        root = booted.root("bookworm", package)
        self._package = package
        self._at_once(lambda machine: self._boot(hosts[machine], root, f"{directory}/{machine}"), hosts)

    def _boot(self, host, root, console):
        self.machines[host.name] = machine = booted.Machine(host, root, console)
        # nspawn makes it read-only where the network is another one's; here it is the machine's own.
        machine.sh("mount --bind /proc/sys/net /proc/sys/net && mount -o remount,bind,rw /proc/sys/net")
        inside = f"/proc/{machine.leader}/root{PROVISION}"
        shutil.copytree(f"{VAGRANT}/provision", inside)
        if host.name.startswith("lb"):
            shutil.copy(self._package, inside)

    @staticmethod
    def _at_once(action, names):
        with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
            for future in [pool.submit(action, name) for name in names]:
                future.result()

    def provision(self, names=None):
        """Runs the scripts, in all machines at once; what one printed is in the error if it fails."""
        self._at_once(self._provision, names or list(self.machines))

    def _provision(self, name):
        try:
            self.machines[name].run(provisioning(name), timeout=240)
        except LabError as error:
            raise LabError(f"{error}\n{self.machines[name].sh('journalctl --no-pager -b -n 30')}") from None

    def next_hops(self):
        """VIP -> the gateways of the router's route to it."""
        found = {}
        for route in json.loads(self.machines["router"].sh("ip -j route show proto ospf") or "[]"):
            if route["dst"].startswith("10.10.10."):
                found[route["dst"]] = {hop["gateway"] for hop in route.get("nexthops", [route])}
        return found

    def requests(self, count=40, vip="10.10.10.10"):
        """Who answers so many requests of the client: name -> how many."""
        lines = self.machines["cli"].sh(
            f"for n in $(seq {count}); do curl -s --max-time 2 http://{vip}/ || echo failed; done").split()
        return {name: lines.count(name) for name in set(lines)}

    def power_off(self, name):
        """As if its plug was pulled."""
        self.machines.pop(name).end()

    def end(self):
        for name in list(self.machines):
            self.power_off(name)
