"""The command line of the lab."""

import argparse
import json
import os
import signal
import sys

from . import client, frr_root, measure, scale, scenarios, show, survive, topology, vm
from . import demo as demo_module
from .errors import LabError
from .lab import ANNOUNCERS, DEFAULTS, SERVICES, Lab, down


def _say(text):
    print(text, flush=True)


def do_up(arguments):
    keys = ("service", "protocol", "announcer", "nodes", "interval", "timeout", "rise", "fall", "config", "frr",
            "router_frr", "default_timers", "binary", "watchdog", "agent", "uplinks", "vrf", "mptcp",
            "relay")
    options = {key: getattr(arguments, key) for key in keys}
    if options["config"] and not os.path.isfile(options["config"]):
        raise LabError(f"{options['config']}: no such file")
    lab = Lab.up(arguments.name, _say, arguments.keep, **options)
    _say(f"lab {lab.name} is up")
    _say(show.render(show.collect(lab)))


def do_down(arguments):
    _say(f"lab {arguments.name} is down" if down(arguments.name) else f"no lab {arguments.name}")


def do_list(_arguments):
    for name in Lab.names():
        try:
            settings = Lab.find(name).settings
            service = "" if settings["service"] == "web" else f", {settings['service']}"
            _say(f"{name}: {settings['protocol']}, {settings['nodes']} load balancers{service}")
        except LabError:
            _say(f"{name}: left half-way")


def do_show(arguments):
    state = show.collect(Lab.find(arguments.name))
    _say(json.dumps(state, indent=1) if arguments.json else show.render(state))


def do_exec(arguments):
    lab = Lab.find(arguments.name)
    if not arguments.command:
        raise LabError("lab exec HOST -- COMMAND...: the command is missing")
    command = lab.host(arguments.host).command(arguments.command)
    if lab.settings["binary"]:
        os.environ["PATH"] = f"{os.path.dirname(lab.settings['binary'])}:{os.environ['PATH']}"
    sys.stdout.flush()
    os.execvp(command[0], command)


def do_logs(arguments):
    lab = Lab.find(arguments.name)
    directory = f"{lab.host(arguments.host).directory}/log"
    for base, _, files in sorted(os.walk(directory)):
        for file in sorted(files):
            path = f"{base}/{file}"
            if os.path.getsize(path) and (not arguments.file or arguments.file in path[len(directory):]):
                _say(f"==> {path}")
                with open(path, errors="replace") as content:
                    lines = content.read().splitlines()
                _say("\n".join(lines[-arguments.lines:] if arguments.lines else lines))


def do_pids(arguments):
    lab = Lab.find(arguments.name)
    for process in sorted(lab.host(arguments.host).processes(), key=lambda found: found.pid):
        try:
            with open(f"/proc/{process.pid}/cmdline") as file:
                _say(f"{process.pid:8}  {process.state()}  {file.read().replace(chr(0), ' ').strip()}")
        except OSError:
            continue


def do_request(arguments):
    lab = Lab.find(arguments.name)
    result = client.request(lab.client, arguments.vip, arguments.count, arguments.rate,
                            service=lab.settings["service"], timeout=client.TIMEOUT)
    failures = [reason for _, reason, *_ in result["failures"]]
    if arguments.json:
        _say(json.dumps({"vip": arguments.vip, "requests": result["requests"], "nodes": result["nodes"],
                         "failed": len(failures)}))
    else:
        _say(f"{result['requests']} requests to {arguments.vip}")
        for name, count in sorted(result["nodes"].items()):
            _say(f"  {name:10} {count:6}")
        for reason in sorted(set(failures)):
            _say(f"  failed: {reason}: {failures.count(reason)}")
    return 1 if failures else 0


def do_fail(arguments):
    lab = Lab.find(arguments.name)
    scenarios.prepare(lab, arguments.scenario, lab.node(arguments.node))()
    _say(f"{arguments.node}: {scenarios.SCENARIOS[arguments.scenario].text}")


def do_heal(arguments):
    lab = Lab.find(arguments.name)
    scenarios.heal(lab, lab.node(arguments.node))
    _say(f"{arguments.node} is healed")


def do_reload(arguments):
    Lab.find(arguments.name).node(arguments.node).agent.reload()


def do_vm(arguments):
    if not arguments.command:
        raise LabError("lab vm -- COMMAND...: the command is missing")
    code, output = vm.run(arguments.command, arguments.timeout, os.getcwd(),
                          {name: os.environ[name] for name in ("VIPHERD",) if name in os.environ})
    sys.stdout.write(output)
    return code


def do_measure(arguments):
    return measure.command(arguments, _say)


def do_scale(arguments):
    return scale.command(arguments, _say)


def do_survive(arguments):
    return survive.command(arguments, _say)


def do_demo(arguments):
    return demo_module.run(arguments, _say)


def _add_up_options(parser, with_protocol=True):
    if with_protocol:
        parser.add_argument("--protocol", choices=["ospf", "bgp", "both", "unnumbered"],
                            default=DEFAULTS["protocol"], help="unnumbered: BGP over links without addresses")
    parser.add_argument("--announcer", choices=ANNOUNCERS, default=DEFAULTS["announcer"],
                        help="how the agents have FRR announce (zapi)")
    parser.add_argument("--service", choices=SERVICES, default=DEFAULTS["service"],
                        help="what the load balancers serve: web (nginx) or dns (NSD)")
    parser.add_argument("--nodes", type=int, default=DEFAULTS["nodes"], metavar="N", help="load balancers (2)")
    parser.add_argument("--interval", default=DEFAULTS["interval"], help="of the agents' check (100ms)")
    parser.add_argument("--timeout", default=DEFAULTS["timeout"], help="of the agents' check (250ms)")
    parser.add_argument("--rise", type=int, default=DEFAULTS["rise"], help="passes until up (1)")
    parser.add_argument("--fall", type=int, default=DEFAULTS["fall"], help="failures until down (1)")
    parser.add_argument("--config", metavar="FILE", help="the agents' configuration, instead of the lab's own")
    parser.add_argument("--frr", choices=frr_root.SUITES, metavar="VERSION",
                        help=f"FRR on the load balancers: {', '.join(frr_root.SUITES)} (the machine's own)")
    parser.add_argument("--router-frr", choices=frr_root.SUITES, metavar="VERSION", help="the same for the router")
    parser.add_argument("--default-timers", action="store_true", help="FRR's defaults instead of tuned timers")
    parser.add_argument("--binary", metavar="PATH", help="vipherd (build/release, build/dev, or from PATH)")
    parser.add_argument("--watchdog", type=float, default=DEFAULTS["watchdog"], metavar="SECONDS",
                        help="WatchdogSec of the agents' supervisor (2)")


def _parser():
    parser = argparse.ArgumentParser(prog="lab", description="vipherd between real FRR routers, in network namespaces")
    parser.add_argument("--name", help="which lab, as after each command")
    commands = parser.add_subparsers(dest="subcommand", required=True, metavar="COMMAND")

    def add(name, function, text, lab="lab"):
        added = commands.add_parser(name, help=text, description=text)
        # Without a default here: it would win over a name that was given before the command.
        added.add_argument("--name", default=argparse.SUPPRESS, help=f"which lab ({lab}); several live side by side")
        added.set_defaults(function=function, usual_name=lab)
        return added

    up = add("up", do_up, "bring a lab up")
    _add_up_options(up)
    up.add_argument("--uplinks", type=int, default=DEFAULTS["uplinks"], metavar="K",
                    help="of each load balancer, each to a leaf of its own (1: to the router itself)")
    up.add_argument("--vrf", metavar="NAME", help="the load balancers' uplinks, FRR and VIPs are in this VRF")
    up.add_argument("--mptcp", action="store_true", help="nginx and cli speak MPTCP, over all uplinks")
    up.add_argument("--relay", action="store_true", help="the agents keep connections that the router moves")
    up.add_argument("--no-agent", dest="agent", action="store_false", help="FRR and the service only")
    up.add_argument("--keep", action="store_true", help="leave a lab that did not come up for a look")
    add("down", do_down, "end a lab and remove all of it")
    add("list", do_list, "all labs that are up")
    shown = add("show", do_show, "the router's routes to the VIPs and each node's state")
    shown.add_argument("--json", action="store_true")
    execute = add("exec", do_exec, "run a command on a host: lab exec HOST -- COMMAND...")
    execute.add_argument("host")
    execute.add_argument("command", nargs=argparse.REMAINDER)
    machine = commands.add_parser("vm", help="run a command in a virtual machine with a kernel that knows VRFs")
    machine.add_argument("--timeout", type=float, default=600, metavar="SECONDS", help="boot included (600)")
    machine.add_argument("command", nargs=argparse.REMAINDER)
    machine.set_defaults(function=do_vm)
    logs = add("logs", do_logs, "the logs of a host")
    logs.add_argument("host")
    logs.add_argument("file", nargs="?", help="only logs with this in their path")
    logs.add_argument("-n", "--lines", type=int, default=20, help="of each log (20; 0 for all)")
    add("pids", do_pids, "the processes of a host").add_argument("host")
    request = add("request", do_request, "requests from cli, counted by answering node")
    request.add_argument("-n", "--count", type=int, default=100)
    request.add_argument("--vip", default=topology.VIPS[0])
    request.add_argument("--rate", type=float, default=500, help="requests a second (500)")
    request.add_argument("--json", action="store_true")
    names = "; ".join(f"{name}: {scenario.text}" for name, scenario in scenarios.SCENARIOS.items())
    fail = add("fail", do_fail, f"let something fail on a node ({names})")
    fail.add_argument("scenario", choices=scenarios.SCENARIOS, metavar="SCENARIO")
    fail.add_argument("node")
    add("heal", do_heal, "bring a node back to health, whatever was done to it").add_argument("node")
    add("reload", do_reload, "send SIGHUP to the agent of a node").add_argument("node")
    measured = add("measure", do_measure, "how long the router keeps a failed node, and what a client notices")
    measure.add_options(measured, scenarios.SCENARIOS)
    _add_up_options(measured, with_protocol=False)
    scale.add_options(add("scale", do_scale, "how long thousands of VIPs take to the router's FIB and out of it, "
                          "beside FRR alone", lab="scale"))
    survive.add_options(add("survive", do_survive, "how many long-lived connections outlive a change of the router's "
                            "next hops", lab="survive"))
    demo = add("demo", do_demo, "the story, told as it happens; installs what is missing and cleans up", lab="demo")
    demo_module.add_options(demo)
    return parser


def _interrupt(*_):
    raise KeyboardInterrupt


def main(argv):
    # argparse would keep the dashes in `exec HOST -- COMMAND`.
    arguments = _parser().parse_args(argv)
    if arguments.name is None:
        arguments.name = getattr(arguments, "usual_name", None)
    if arguments.subcommand in ("exec", "vm") and arguments.command[:1] == ["--"]:
        arguments.command = arguments.command[1:]
    if os.geteuid() != 0:
        print("lab: has to run as root (it makes network namespaces)", file=sys.stderr)
        return 1
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # all of them clean up on the way out
        signal.signal(number, _interrupt)
    try:
        return arguments.function(arguments) or 0
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("lab: interrupted", file=sys.stderr)
        return 130
