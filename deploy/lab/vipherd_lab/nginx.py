"""nginx on a load balancer."""

import os
import shutil

from .errors import wait_until
from .processes import Process

_CONFIGURATION = os.path.realpath(f"{os.path.dirname(__file__)}/../nginx.conf")


class Nginx:
    name = "nginx"

    def __init__(self, host):
        self.host = host
        self.log = host.path("/var/log/nginx/error.log")
        # While this file exists, nginx answers 500.
        self.error_flag = host.path("/run/nginx-500")
        self.flags = (self.error_flag, f"{self.error_flag}.ready")

    def install(self):
        os.makedirs(self.host.path("/var/log/nginx"), exist_ok=True)
        os.makedirs(self.host.path("/run/nginx"), exist_ok=True)
        shutil.copy(_CONFIGURATION, self.host.path("/etc/nginx/nginx.conf"))

    def master(self):
        try:
            with open(self.host.path("/run/nginx.pid")) as file:
                process = Process.of(int(file.read()))
            with open(f"/proc/{process.pid}/comm") as file:
                same = file.read().strip() == "nginx"
            return process if same and process.alive() else None
        except (OSError, ValueError, AttributeError):
            return None

    def processes(self):
        """The master and its workers, the master first."""
        master = self.master()
        return [master, *master.children()] if master else []

    def start(self):
        self.host.run(["nginx", "-c", "/etc/nginx/nginx.conf"])
        wait_until(f"nginx on {self.host.name}", self.master, 5, self.log, interval=0.002)
