"""FRR's configurations of a lab, written by `vipherd render` out of the addresses of each host."""

import functools
import os
import subprocess
import tempfile

from . import topology
from .errors import LabError

NODE_AS = 65001
ROUTER_AS = 65000

# What of an agent's configuration counts for FRR: nothing else is read here, so that a lab can run an agent with any.
_AGENT = """[frr]
announcer = "{announcer}"
[vips]
pool = [{pool}]
[services.web]
vips = ["{vip}"]
vrf = "{vrf}"
checks.tcp = {{type = "tcp", address = "127.0.0.1:80"}}
"""


@functools.cache
def _render(binary, arguments, configuration=""):
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(configuration)
        file.flush()
        config = ("--config", file.name) if configuration else ()
        done = subprocess.run([binary, "render", *arguments, *config], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"vipherd render {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def _common(protocol, timers):
    return ("--protocol", protocol, "--node-as", str(NODE_AS), "--router-as", str(ROUTER_AS), "--timers", timers)


def node(binary, name, shape, announcer, timers="tuned"):
    """The configuration of a load balancer. All protocols are in it, whichever daemons the lab starts."""
    uplinks = range(1, shape.uplinks + 1)
    arguments = ["node", *_common("bgp" if shape.unnumbered else "both", timers),
                 "--router-id", topology.node_ipv4(name),
                 "--interface", ",".join(f"eth{uplink}" for uplink in uplinks)]
    if shape.unnumbered:
        arguments += ["--unnumbered", "yes"]
    else:
        arguments += ["--router", ",".join(f"{segment(uplink)}1" for segment in (
            topology.segment_ipv4, topology.segment_ipv6) for uplink in uplinks)]
    if shape.leaves:
        arguments += ["--default-route", "yes"]
    pool = ", ".join(f'"{prefix}"' for prefix in topology.POOL)
    return _render(binary, tuple(arguments), _AGENT.format(announcer=announcer, pool=pool, vip=topology.VIPS[0],
                                                           vrf=shape.vrf or "default"))


def router(binary, shape, uplink=1, named=False, timers="tuned"):
    """The configuration of what stands in front of the load balancers on an uplink: the router, or a leaf. The load
    balancers are peers by the network that they are in, or `named` by their addresses."""
    ports = [topology.switch_port(name) for name in shape.nodes] if shape.unnumbered else ["swp2"]
    arguments = ["router", "--platform", "frr", *_common("bgp" if shape.unnumbered else "both", timers),
                 "--pool", ",".join(topology.POOL), "--interface", ",".join(ports),
                 "--router-id", f"{topology.segment_ipv4(uplink)}1"]
    if shape.unnumbered:
        arguments += ["--unnumbered", "yes"]
    elif named:
        arguments += ["--nodes", ",".join(address(name, uplink) for name in shape.nodes
                                          for address in (topology.node_ipv4, topology.node_ipv6))]
    else:
        arguments += ["--nodes", f"{topology.segment_ipv4(uplink)}0/24,{topology.segment_ipv6(uplink)}/64"]
    return _render(binary, tuple(arguments))


def example(name):
    """A file of deploy/frr, which is what `vipherd render` gives for lb1 and the router of the classic topology."""
    with open(os.path.join(topology.FRR_CONFIGURATION, name)) as content:
        return content.read()
