"""nginx on a load balancer."""

import os
import shutil
import socket

from .errors import wait_until
from .processes import Process

_LARGE = 1 << 30  # bytes of the answer to /large
_CONFIGURATION = os.path.realpath(f"{os.path.dirname(__file__)}/../nginx.conf")


class Nginx:
    name = "nginx"

    def __init__(self, host):
        self.host = host
        self.log = host.path("/var/log/nginx/error.log")
        self.launcher = []  # the beginning of the command line
        # While this file exists, nginx answers 500.
        self.error_flag = host.path("/run/nginx-500")
        self.flags = (self.error_flag, f"{self.error_flag}.ready")

    def install(self):
        os.makedirs(self.host.path("/var/log/nginx"), exist_ok=True)
        os.makedirs(self.host.path("/run/nginx"), exist_ok=True)
        shutil.copy(_CONFIGURATION, self.host.path("/etc/nginx/nginx.conf"))
        with open(self.host.path("/run/nginx/large"), "w") as file:
            os.truncate(file.fileno(), _LARGE)  # a hole: it takes no memory

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

    def is_ending(self):
        """Whether it was told to stop and listens no more, but has not ended yet."""
        if not self.master():
            return False
        with self.host.network():
            try:
                socket.create_connection(("127.0.0.1", 80), 1).close()
            except ConnectionRefusedError:
                return True
            except OSError:
                pass
        return False

    def start(self):
        self.host.run([*self.launcher, "nginx", "-c", "/etc/nginx/nginx.conf"])
        wait_until(f"nginx on {self.host.name}", self.master, 5, self.log, interval=0.002)
