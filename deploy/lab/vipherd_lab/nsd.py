"""NSD on a load balancer of a dns lab: the example of deploy/examples/dns, and a log."""

import os
import pwd

from .errors import LabError, wait_until
from .processes import Process

EXAMPLE = os.path.realpath(f"{os.path.dirname(__file__)}/../../examples/dns")
_ZONE = "example.com.zone"
_EXAMPLE_NODE = '"lb1"'
_LOG = "/var/log/nsd/nsd.log"


def _is_nsd(process):
    # The name of each of its processes tells what it does.
    try:
        return os.path.basename(os.readlink(f"/proc/{process.pid}/exe")) == "nsd"
    except OSError:
        return False


class Nsd:
    name = "nsd"
    flags = ()

    def __init__(self, host):
        self.host = host
        self.log = host.path(_LOG)

    def install(self):
        user = pwd.getpwnam("nsd")
        for inside in ("/run/nsd", "/var/log/nsd"):
            path = self.host.path(inside)
            os.makedirs(path, exist_ok=True)
            os.chown(path, user.pw_uid, user.pw_gid)
        with open(f"{EXAMPLE}/nsd.conf") as file:
            configuration = file.read() + f'\n# Added by the lab.\nserver:\n    logfile: "{_LOG}"\n'
        with open(f"{EXAMPLE}/{_ZONE}") as file:
            zone = file.read()
        if zone.count(_EXAMPLE_NODE) != 1:
            raise LabError(f"{EXAMPLE}/{_ZONE} no longer names the node once")
        for name, text in (("nsd.conf", configuration),
                           (_ZONE, zone.replace(_EXAMPLE_NODE, f'"{self.host.name}"'))):
            with open(self.host.path(f"/etc/nsd/{name}"), "w") as file:
                file.write(text)

    def master(self):
        try:
            with open(self.host.path("/run/nsd/nsd.pid")) as file:
                process = Process.of(int(file.read()))
        except (OSError, ValueError):
            return None
        return process if process and process.alive() and _is_nsd(process) else None

    def processes(self):
        """All of NSD's processes, the master first."""
        master = self.master()
        return sorted(filter(_is_nsd, self.host.processes()), key=lambda process: process != master)

    def is_ending(self):
        """NSD that was told to stop ends at once."""
        return False

    def start(self):
        self.host.run(["nsd", "-c", "/etc/nsd/nsd.conf"])
        wait_until(f"nsd on {self.host.name}", self.master, 5, self.log, interval=0.002)
