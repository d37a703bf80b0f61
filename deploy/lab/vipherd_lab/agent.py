"""The vipherd agent on a load balancer: its configuration, and its supervisor seen from outside."""

import http.client
import json
import os
import shutil
import signal
import socket
import sys

from . import supervisor, topology
from .errors import SLOWNESS, LabError, tail, wait_until
from .companion import lab_program
from .processes import Process

CONFIGURATION = "/etc/vipherd/vipherd.toml"
LOG = "/var/log/vipherd.log"
API_PORT = 21180

_HEAD = """# Written by the lab.
[api]
listen = "127.0.0.1:{port}"

[frr]
announcer = "{announcer}"
protocols = [{protocols}]
{frr}
[vips]
pool = [{pool}]
"""

_TIMING = """interval = "{interval}"
timeout = "{timeout}"
rise = {rise}
fall = {fall}
"""

_WEB = """
[services.web]
vips = [{vips}]
{vrf}watch.pid_file = "/run/nginx.pid"

[services.web.checks.http]
type = "http"
url = "http://{own_address}/"
watch_connection = true
"""

# NSD listens on the VIPs alone, and is asked there: see deploy/examples/dns.
_DNS = """
[services.dns]
vips = [{vips}]
{vrf}watch.pid_file = "/run/nsd/nsd.pid"

[services.dns.checks.dns]
type = "dns"
server = "127.0.0.1:53"
via_vip = true
name = "example.com"
expect_authoritative = true
watch_connection = true
"""

_DRAIN = """
[services.{service}.drain]
hold = "{hold}"
timeout = "{timeout}"
"""

_RELAY = """
[relay]
siblings = [{siblings}]
"""

_SERVICES = {"web": _WEB, "dns": _DNS}


def _list(values):
    return ", ".join(f'"{value}"' for value in values)


def head(announcer, protocols, pool, frr=""):
    """The beginning of a configuration: all but the services. `frr` are more lines for that part."""
    return _HEAD.format(port=API_PORT, announcer=announcer, protocols=_list(protocols), pool=_list(pool), frr=frr)


def service_part(service, vips, vrf=None):
    """A service with a check, to which its timing may be appended."""
    return _SERVICES[service].format(vips=_list(vips), vrf=f'vrf = "{vrf}"\n' if vrf else "",
                                     own_address=topology.VRF_ADDRESS if vrf else "127.0.0.1")


def relay_part(nodes):
    """The same on all nodes, each by its addresses on the first uplink."""
    return _RELAY.format(siblings=_list([address for name in nodes
                                         for address in (topology.node_ipv4(name), topology.node_ipv6(name))]))


def configuration(service, vrf, protocol, announcer, interval, timeout, rise, fall, drain=None):
    """The configuration of `lab up` without --config: one service, three VIPs of each family. `drain` is how long
    to hold a VIP and how long its connections may last, or nothing for the agent's own times."""
    protocols = {"both": ["bgp", "ospf"], "unnumbered": ["bgp"]}.get(protocol, [protocol])
    return (head(announcer, protocols, topology.POOL) + service_part(service, topology.VIPS, vrf)
            + _TIMING.format(interval=interval, timeout=timeout, rise=rise, fall=fall)
            + (_DRAIN.format(service=service, hold=drain[0], timeout=drain[1]) if drain else ""))


def find_binary(wanted):
    """The agent to run: the one asked for, else a build of this tree (release first), else one in PATH."""
    tree = os.path.realpath(f"{os.path.dirname(__file__)}/../../..")
    places = [wanted] if wanted else [f"{tree}/build/release/vipherd", f"{tree}/build/dev/vipherd",
                                      shutil.which("vipherd") or ""]
    for place in places:
        if os.path.isfile(place) and os.access(place, os.X_OK):
            return os.path.realpath(place)
    raise LabError(f"no vipherd executable at {' or '.join(filter(None, places))}; "
                   "build one (cmake --preset release && cmake --build --preset release) or give --binary")


class Agent:
    def __init__(self, host, binary, watchdog):
        self.host = host
        self.binary = binary
        self.watchdog = watchdog
        self.log = host.path(LOG)
        self.supervisor_log = host.path("/var/log/supervisor.log")

    def install(self, text):
        with open(self.host.path(CONFIGURATION), "w") as file:
            file.write(text)
        os.makedirs(self.host.path(supervisor.DIRECTORY), exist_ok=True)
        os.makedirs(self.host.path("/run/vipherd"), exist_ok=True)
        # The times of deploy/systemd/vipherd.service.
        settings = {
            "command": [self.binary, "run", "--config", CONFIGURATION],
            "clean_up": [self.binary, "cleanup", "--config", CONFIGURATION],
            "log": LOG,
            "watchdog": self.watchdog,
            "restart": 1.0,
            "start_timeout": 15.0 * SLOWNESS,
            "stop_timeout": 20.0 * SLOWNESS,
            "abort_timeout": 1.0 * SLOWNESS,
        }
        with open(self.host.path(supervisor.SETTINGS), "w") as file:
            json.dump(settings, file, indent=1)

    # -- life ------------------------------------------------------------------------------------

    def start(self):
        """Starts the supervisor, which starts the agent. wait_ready() waits for the outcome."""
        status = self.host.path(supervisor.STATUS)
        if os.path.exists(status):
            os.unlink(status)
        child = self.host.start([sys.executable, lab_program(), "_supervise"], self.supervisor_log)
        wait_until(f"the agent's supervisor on {self.host.name}",
                   lambda: self.supervisor() or child.poll() is not None, 10, self.supervisor_log)

    def wait_ready(self, timeout=20):
        status = wait_until(f"the agent on {self.host.name} to be ready", self._ready_or_failed, timeout, self.log)
        if status["state"] != "ready":
            raise LabError(f"the agent on {self.host.name} does not start ({status['last_end']}); "
                           f"see {self.log}{tail(self.log)}")

    def _ready_or_failed(self):
        status = self.status()
        return status if status["state"] in ("ready", "failed") else None

    def stop(self):
        """Stops the agent in an orderly way, and its supervisor with it."""
        running = self.supervisor()
        if running:
            running.signal(signal.SIGTERM)
            wait_until(f"the agent on {self.host.name} to stop", lambda: not running.alive(), 30,
                       self.supervisor_log)

    def wait_stopped(self):
        """Waits for the end of a stop that is under way, if one is."""
        if self.status()["state"] in ("stopping", "stopped"):
            wait_until(f"the agent on {self.host.name} to stop", lambda: not self.supervisor(), 30,
                       self.supervisor_log)

    def reload(self):
        running = self.supervisor()
        if not running:
            raise LabError(f"the agent on {self.host.name} is not running")
        running.signal(signal.SIGHUP)

    # -- what it says ----------------------------------------------------------------------------

    def supervisor(self):
        return Process.load(self.host.path(f"{supervisor.DIRECTORY}/supervisor.pid"))

    def status(self):
        """What the supervisor knows: state, pid, starts, last_end, started and ready (monotonic ns)."""
        try:
            with open(self.host.path(supervisor.STATUS)) as file:
                return json.load(file)
        except FileNotFoundError:
            return {"state": "absent", "pid": None, "start": None, "starts": 0, "last_end": None,
                    "started": None, "ready": None, "text": ""}

    def process(self):
        status = self.status()
        if not status["pid"] or not status["start"]:
            return None
        process = Process(status["pid"], status["start"])
        return process if process.alive() else None

    def get(self, path, timeout=2 * SLOWNESS):
        """GET from the agent's HTTP endpoint: (status code, parsed JSON or text), or (None, reason)."""
        with self.host.network():
            connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        connection.settimeout(timeout)
        client = http.client.HTTPConnection("127.0.0.1", API_PORT)
        client.sock = connection
        try:
            connection.connect(("127.0.0.1", API_PORT))
            client.request("GET", path)
            answer = client.getresponse()
            body = answer.read()
            is_json = answer.headers.get_content_type() == "application/json"
            return answer.status, json.loads(body or b"null") if is_json else body.decode()
        except (OSError, ValueError, http.client.HTTPException) as error:
            return None, str(error)
        finally:
            client.close()
