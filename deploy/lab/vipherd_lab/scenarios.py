"""The ways in which a node can fail, and how it is healed.

A scenario is prepared first (pids, sockets, interface numbers), so that the failure itself is one or a
few system calls: no process is started between the stamp and the failure.
"""

import os
import signal
import threading

from . import netlink, topology
from .errors import LabError
from .namespaces import ip


class Scenario:
    """One way to fail: `prepare(lab, node)` returns a function that lets it happen."""

    def __init__(self, text, prepare, heals_itself=False, needs=None, vip=topology.VIPS[0],
                 takes_time=lambda node: False, service=None):
        self.text = text
        self.prepare = prepare
        self.heals_itself = heals_itself  # the supervisor restarts the agent
        self.needs = needs  # an FRR daemon without which the scenario means nothing
        self.service = service  # the same: nginx or nsd
        self.vip = vip  # one that the scenario concerns
        self.takes_time = takes_time  # whether on this node it is still under way

    def applies(self, node):
        return not self.missing(node)

    def missing(self, node):
        """What the scenario means and the node does not run, or nothing."""
        if self.service and self.service != node.service.name:
            return self.service
        return self.needs if self.needs and self.needs not in node.frr.daemons else None


def _running(process, what, node):
    if not process:
        raise LabError(f"{what} is not running on {node.name}")
    return process


def _signal_all(processes, number):
    def act():
        for process in processes:
            process.signal(number)
    return act


def _service(number, workers=True):
    def prepare(_lab, node):
        _running(node.service.master(), node.service.name, node)
        # The master first: it would replace a worker that is gone.
        return _signal_all(node.service.processes() if workers else [node.service.master()], number)
    return prepare


def _killed(_lab, node):
    """All at once, as an agent sees it: a master that is gone first has it probe workers that live on, and one that is gone
    last replaces them."""
    master = _running(node.service.master(), node.service.name, node)
    workers = [process for process in node.service.processes() if process.pid != master.pid]

    def act():
        master.signal(signal.SIGSTOP)
        for process in [*workers, master]:
            process.signal(signal.SIGKILL)
    return act


def _nginx(text, prepare):
    return Scenario(text, prepare, service="nginx")


def _nsd(text, prepare):
    return Scenario(text, prepare, service="nsd")


def _nginx_500(_lab, node):
    ready = f"{node.nginx.error_flag}.ready"
    with open(ready, "w"):
        pass
    return lambda: os.rename(ready, node.nginx.error_flag)


def _agent(number):
    def prepare(_lab, node):
        return _signal_all([_running(node.agent and node.agent.process(), "the agent", node)], number)
    return prepare


def _agent_stop(_lab, node):
    return _signal_all([_running(node.agent and node.agent.supervisor(), "the agent", node)], signal.SIGTERM)


def _frr_stop(_lab, node):
    """As `frrinit.sh stop`: SIGINT to all protocol daemons at once, to zebra when they are gone."""
    zebra = _running(node.frr.process("zebra"), "zebra", node)
    others = [process for process in node.frr.processes() if process != zebra]

    def then_zebra():
        for process in others:
            process.wait_gone(10)
        zebra.signal(signal.SIGINT)

    def act():
        _signal_all(others, signal.SIGINT)()
        threading.Thread(target=then_zebra).start()
    return act


def _daemon_kill(name):
    def prepare(_lab, node):
        return _signal_all([_running(node.frr.process(name), name, node)], signal.SIGKILL)
    return prepare


def _ports(lab, node):
    """Where each uplink of the node ends: (switch, a netlink socket there, the number of the port)."""
    found = []
    for name, interface in lab.shape.ports(node.name):
        switch = lab.hosts[name]
        found.append((switch, netlink.open_socket(switch), netlink.link_index(switch, interface)))
    return found


def _cut(lab, node, cut):
    """A function that does `cut` to the switch's port of each uplink."""
    if lab.shape.unnumbered:
        raise LabError("this scenario needs switches, which unnumbered links have not")
    ports = _ports(lab, node)

    def act():
        for _, socket, port in ports:
            cut(socket, port)
    return act


def _link_silent(lab, node):
    """The switch drops every packet from and to the node; no carrier is lost."""
    return _cut(lab, node, lambda socket, port: netlink.set_bridge_port_state(socket, port,
                                                                              netlink.BR_STATE_DISABLED))


def _node_off(lab, node):
    """Power is lost: first the link, so that no dying process can say good-bye, then all processes."""
    disconnect = _cut(lab, node, lambda socket, port: netlink.set_link_up(socket, port, False))
    holder = node.host.holder()
    processes = [process for process in node.host.processes() if process != holder]
    supervisor = node.agent and node.agent.supervisor()
    processes.sort(key=lambda process: process != supervisor)  # it must not restart what is killed

    def act():
        disconnect()
        _signal_all(processes, signal.SIGKILL)()
    return act


SCENARIOS = {
    "nginx-stop": _nginx("nginx ends in an orderly way", _service(signal.SIGQUIT, workers=False)),
    "nginx-kill": _nginx("nginx is killed, workers and all", _killed),
    "nginx-hang": _nginx("nginx accepts connections and says nothing", _service(signal.SIGSTOP)),
    "nginx-500": _nginx("nginx answers 500", _nginx_500),
    "nsd-stop": _nsd("NSD ends in an orderly way", _service(signal.SIGTERM, workers=False)),
    "nsd-kill": _nsd("NSD is killed, all of its processes", _killed),
    "nsd-hang": _nsd("NSD answers nothing", _service(signal.SIGSTOP)),
    "agent-stop": Scenario("the agent is stopped in an orderly way", _agent_stop,
                           takes_time=lambda node: node.agent.supervisor() is not None),
    "agent-kill": Scenario("the agent is killed; its supervisor restarts it", _agent(signal.SIGKILL),
                           heals_itself=True),
    "agent-hang": Scenario("the agent hangs until the watchdog ends it", _agent(signal.SIGSTOP),
                           heals_itself=True),
    "frr-stop": Scenario("all of FRR is stopped in an orderly way", _frr_stop,
                         takes_time=lambda node: bool(node.frr.processes())),
    "bgpd-kill": Scenario("bgpd is killed", _daemon_kill("bgpd"), needs="bgpd"),
    "ospfd-kill": Scenario("ospfd is killed", _daemon_kill("ospfd"), needs="ospfd"),
    "ospf6d-kill": Scenario("ospf6d is killed", _daemon_kill("ospf6d"), needs="ospf6d",
                            vip=topology.VIPS[3]),
    "zebra-kill": Scenario("zebra is killed", _daemon_kill("zebra")),
    "link-silent": Scenario("the node's packets are dropped, its carrier stays", _link_silent),
    "node-off": Scenario("the node loses its power", _node_off),
}


def prepare(lab, name, node):
    """Returns the function that makes the scenario happen."""
    scenario = SCENARIOS[name]
    missing = scenario.missing(node)
    if missing == scenario.service is not None:
        raise LabError(f"{name} needs {missing}, which a {lab.settings['service']} lab does not run")
    if missing:
        raise LabError(f"{name} needs {missing}, which protocol {lab.settings['protocol']} does not run")
    return scenario.prepare(lab, node)


def _undo_signals_and_flags(node):
    for path in node.service.flags:
        if os.path.exists(path):
            os.unlink(path)
    agent = node.agent and node.agent.process()
    for process in [*node.service.processes(), *([agent] if agent else [])]:
        if process.state() == "T":
            process.signal(signal.SIGCONT)


def _reconnect(lab, node):
    """Undoes link-silent and node-off on the switches."""
    if lab.shape.unnumbered:
        return
    for switch, socket, port in _ports(lab, node):
        if netlink.link_is_up(switch, topology.switch_port(node.name)):
            netlink.set_bridge_port_state(socket, port, netlink.BR_STATE_FORWARDING)
        else:
            netlink.set_link_up(socket, port, True)
        socket.close()


def _boot(node):
    """After node-off: a node that boots knows none of the routes its kernel had."""
    for family in ("-4", "-6"):
        ip("-n", node.host.netns, family, "route", "flush", "table", "local", "proto", "118")
        ip("-n", node.host.netns, family, "route", "flush", "proto", "197")


def _restart_frr(node):
    """Starts what is missing. In production watchfrr does this: it restarts a dead daemon alone, but for
    zebra it stops all others first and starts them after zebra, because they would otherwise keep
    announcing what they once learned from a zebra that is gone."""
    missing = node.frr.missing()
    if "zebra" in missing:
        node.frr.stop()
        node.frr.start()
    elif missing:
        node.frr.start(missing)


def heal(lab, node):
    """Brings a node back to health, whatever was done to it, and waits until its agent is ready."""
    _undo_signals_and_flags(node)
    if node.host.processes() == [node.host.holder()]:
        _boot(node)
    _reconnect(lab, node)
    _restart_frr(node)
    # A failure may be found, and be healed, before the service that was told to stop has ended.
    ending = node.service.is_ending() and node.service.master()
    if ending and not ending.wait_gone(10):
        raise LabError(f"{node.service.name} on {node.name} was told to stop, but does not end")
    if not node.service.master():
        node.service.start()
    if node.agent:
        node.agent.wait_stopped()
        if not node.agent.supervisor():
            node.agent.start()
        node.agent.wait_ready()
