"""FRR on a host: its configuration, written by `vipherd render`, and its daemons, started and stopped as in
production but one by one, so that each can fail alone."""

import functools
import json
import os
import pwd
import re
import signal
import subprocess
import time

from . import frr_root, rendered, topology, uplinks
from .errors import SLOWNESS, LabError, tail, wait_until
from .processes import Process

LIBRARY = "/usr/lib/frr"

_OF_PROTOCOL = {"bgp": ["bgpd"], "ospf": ["ospfd", "ospf6d"], "both": ["bgpd", "ospfd", "ospf6d"],
                "unnumbered": ["bgpd"]}
_OPTIONS = {"zebra": ["-A", "127.0.0.1", "-s", "90000000"], "ospf6d": ["-A", "::1"]}

# Prefixes of the pool that are no VIPs: kernel routes to them are announced beside the agent, which
# tells how long FRR alone takes (`floor_ms`).
FLOOR_IPV4 = ["10.10.10.250", "10.10.10.251", "10.10.10.252"]
FLOOR_IPV6 = ["2001:db8:10::fa", "2001:db8:10::fb", "2001:db8:10::fc"]

_FLOOR = """
! Added by the lab: the floor prefixes, announced from the kernel beside vipherd.
ip prefix-list LAB-FLOOR seq 10 permit 10.10.10.248/29 ge 32
ipv6 prefix-list LAB-FLOOR seq 10 permit 2001:db8:10::f8/125 ge 128
route-map LAB-FLOOR permit 10
 match ip address prefix-list LAB-FLOOR
exit
route-map LAB-FLOOR6 permit 10
 match ipv6 address prefix-list LAB-FLOOR
exit
router bgp 65001
 address-family ipv4 unicast
  redistribute kernel route-map LAB-FLOOR
 exit-address-family
 address-family ipv6 unicast
  redistribute kernel route-map LAB-FLOOR6
 exit-address-family
exit
router ospf
 redistribute kernel metric 100 metric-type 1 route-map LAB-FLOOR
exit
router ospf6
 redistribute kernel metric 100 metric-type 1 route-map LAB-FLOOR6
exit
"""


_VIPHERD6_OSPF = """
route-map VIPHERD6-OSPF permit 10
 match ipv6 address prefix-list VIPHERD-POOL
 match tag 100
 set metric 100
exit
route-map VIPHERD6-OSPF permit 20
 match ipv6 address prefix-list VIPHERD-POOL
 match tag 200
 set metric 16777214
 set metric-type type-2
exit
"""

# Whose bgpd waits for BFD, which a router with a listen range does not begin (docs/frr.md).
_WAITS_FOR_BFD = "10.3"

# How much rarer BFD's packets are than rendered, up to one a second: three that a slow machine sends late are a dead node.
_BFD_SLOWNESS = float(os.environ.get("VIPHERD_LAB_BFD_SLOWNESS", "1")) * SLOWNESS

# What is different for some versions of FRR, by the beginning of their number (docs/frr.md).
_EXCEPTIONS = {
    "7.": [(r"^ ipv6 ospf6 area 0\n", ""),
           (r"^router ospf6\n", r"\g<0> interface {uplink} area 0.0.0.0\n"),
           (r"^ (ip ospf|ipv6 ospf6) bfd profile .*\n", ""),
           (r"^ redistribute openfabric metric 100 metric-type 1 route-map VIPHERD6$",
            " redistribute openfabric route-map VIPHERD6-OSPF"),
           (r"^ redistribute kernel metric 100 metric-type 1 route-map LAB-FLOOR6$",
            " redistribute kernel route-map LAB-FLOOR6"),
           (r"^! --- OSPFv2 and OSPFv3 .*\n", r"\g<0>" + _VIPHERD6_OSPF)],
    _WAITS_FOR_BFD: [(r"^ neighbor \S+ bfd profile .*\n", "")],
}


def render(binary, name, default_timers, shape, announcer="zapi", version="", mixed=False):
    """The configuration of one host. In a lab of `mixed` versions of FRR the other hosts have another one."""
    waits = version.startswith(_WAITS_FOR_BFD)
    timers = "default" if default_timers else "tuned"
    if name in shape.nodes:
        text = rendered.node(binary, name, shape, announcer, timers) + (
            _in_vrf(_FLOOR, shape.vrf) if shape.vrf else _FLOOR)
    else:
        # Where all of them wait the router knows the nodes by name, and BFD stays.
        text = uplinks.render(binary, name, shape, timers, named=waits and not mixed)
    for beginning, exceptions in _EXCEPTIONS.items():
        if not version.startswith(beginning) or (waits and not mixed):
            continue
        for pattern, instead in exceptions:
            instead = instead.replace("{uplink}", "swp2" if name == "router" else "eth1")
            text = re.sub(pattern, instead, text, flags=re.MULTILINE)
    return slowed_bfd(text)


def slowed_bfd(text):
    """A configuration whose packets of BFD are as far apart as this machine bears."""
    return re.sub(r"^(  (?:transmit|receive)-interval) (\d+)$",
                  lambda line: f"{line[1]} {min(round(int(line[2]) * _BFD_SLOWNESS), 1000)}", text, flags=re.MULTILINE)


@functools.cache
def machines_own():
    """The version of FRR that the machine itself has: 8.4.4."""
    told = subprocess.run([f"{LIBRARY}/zebra", "--version"], capture_output=True, text=True, check=True).stdout
    return re.search(r"version ([0-9.]+)", told)[1]


def _in_vrf(text, vrf):
    """The instances of a VRF instead of those of the default one."""
    return re.sub(r"^router (bgp \d+|ospf6?)$", rf"\g<0> vrf {vrf}", text, flags=re.MULTILINE)


class Frr:
    """The daemons of one host."""

    def __init__(self, host, binary, protocol, default_timers=False, shape=topology.Shape(1), announcer="zapi",
                 mixed=False):
        self.host = host
        self.binary = binary
        self.shape = shape
        self.announcer = announcer
        self.default_timers = default_timers
        self.daemons = ["zebra", "bfdd", *_OF_PROTOCOL[protocol]]
        if os.path.exists(f"{host.frr_root or ''}{LIBRARY}/mgmtd"):  # from FRR 9.0 on, before all others
            self.daemons.insert(0, "mgmtd")
        self.version = frr_root.version_of(host.frr_root) if host.frr_root else machines_own()
        self.mixed = mixed
        self._in_root = ["chroot", "/run/frr-root"] if host.frr_root else []

    def install(self):
        """Writes /etc/frr and gives the run and log directories to user frr."""
        user = pwd.getpwnam("frr")
        directory = self.host.path("/etc/frr/")
        enabled = "".join(f"{name}=yes\n" for name in self.daemons if name != "zebra")
        text = render(self.binary, self.host.name, self.default_timers, self.shape, self.announcer, self.version,
                      self.mixed)
        for name, content in (("frr.conf", text),
                              ("daemons", enabled), ("vtysh.conf", "")):
            with open(f"{directory}/{name}", "w") as file:
                file.write(content)
            os.chown(f"{directory}/{name}", user.pw_uid, user.pw_gid)
        for path in (directory, self.host.path("/run/frr"), self.host.path("/var/log/frr")):
            os.chown(path, user.pw_uid, user.pw_gid)

    def log(self, daemon):
        return self.host.path(f"/var/log/frr/{daemon}.log")

    def process(self, daemon):
        """The daemon's process, or None. Its pid file is trusted only as far as the command agrees."""
        try:
            with open(self.host.path(f"/run/frr/{daemon}.pid")) as file:
                process = Process.of(int(file.read()))
            with open(f"/proc/{process.pid}/comm") as file:
                same = file.read().strip() == daemon
            return process if same and process.alive() else None
        except (OSError, ValueError, AttributeError):
            return None

    def processes(self):
        return [process for process in map(self.process, self.daemons) if process]

    def start(self, daemons=None):
        """Starts daemons in FRR's order (mgmtd and zebra first) and loads their configuration, as frrinit does."""
        wanted = [name for name in self.daemons if daemons is None or name in daemons]
        for name in wanted:
            output = self.host.path(f"/var/log/frr/{name}.start")
            # nice -5 as in frr.service. Output goes to a file: a daemon keeps what it is started with.
            child = self.host.start(["nice", "-n", "-5", *self._in_root, f"{LIBRARY}/{name}", "-d", "-F", "traditional",
                                     "--log", f"file:/var/log/frr/{name}.log", "--log-level", "informational",
                                     *_OPTIONS.get(name, ["-A", "127.0.0.1"])], output)
            if child.wait(20 * SLOWNESS) != 0:
                raise LabError(f"{self.host.name}: {name} did not start: {tail(output)}")
            wait_until(f"{name} on {self.host.name}",
                       lambda name=name: self.process(name) and os.path.exists(self.host.path(f"/run/frr/{name}.vty")),
                       10, self.log(name))
        for name in wanted if daemons else [None]:
            only = ["-d", name] if name else []
            output = self.host.run([*self._in_root, "vtysh", "-b", "-n", *only])
            with open(self.host.path("/var/log/frr/vtysh.log"), "a") as file:
                file.write(output)

    def stop(self):
        """Ends all daemons in an orderly way, protocols before zebra, as frrinit does."""
        for name in reversed(self.daemons):
            process = self.process(name)
            if process:
                process.signal(signal.SIGTERM)
                if not process.wait_gone(10):
                    raise LabError(f"{self.host.name}: {name} does not end; see {self.log(name)}")

    def missing(self):
        return [name for name in self.daemons if not self.process(name)]

    def vtysh(self, command):
        return self.host.run([*self._in_root, "vtysh", "-c", command])


def wait_ready(router, expected, timeout):
    """Waits until a router has its sessions and adjacencies with `expected` neighbours."""
    checks = {
        "bgpd": ("BGP sessions", lambda: _established(router) >= 2 * expected),
        "ospfd": ("OSPF adjacencies", lambda: router.vtysh("show ip ospf neighbor").count("Full") >= expected),
        "ospf6d": ("OSPFv3 adjacencies", lambda: router.vtysh("show ipv6 ospf6 neighbor").count("Full") >= expected),
    }
    deadline = time.monotonic() + timeout * SLOWNESS
    for daemon in router.daemons:
        if daemon in checks:
            what, check = checks[daemon]
            left = max(1.0, (deadline - time.monotonic()) / SLOWNESS)
            wait_until(f"{what} of {router.host.name} with {expected} neighbours", check, left,
                       router.log(daemon), interval=0.1)


def _established(router):
    summary = json.loads(router.vtysh("show bgp summary json"))
    return sum(peer.get("state") == "Established"
               for family in summary.values() for peer in family.get("peers", {}).values())
