"""`lab show`: the router's routes to the VIPs, and what each node says of itself."""

import ipaddress
import json

from . import topology
from .namespaces import ip


def table(rows):
    """Rows of text as aligned columns; the first row is the heading."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def router_routes(lab):
    """Host route out of the pool -> {"protocol", "next_hops": names of nodes}, from the kernel FIB of the router, or
    of the leaves, if the load balancers have several uplinks."""
    names = topology.node_of_next_hop(lab.settings["nodes"], lab.settings["uplinks"])
    found = {}
    for edge in lab.edges:
        for destination, route in _routes_to_pool(edge).items():
            hops = {names.get(hop, hop or "?") for hop in map(gateway, route.get("nexthops", [route]))}
            before = found.get(destination, {"next_hops": []})
            found[destination] = {"protocol": route.get("protocol", "?"),
                                  "next_hops": sorted(hops.union(before["next_hops"]))}
    return found


def gateway(hop):
    """Of a next hop as `ip -json` tells it: in "via" if it is of the other family."""
    return hop.get("gateway") or hop.get("via", {}).get("host")


def _routes_to_pool(host):
    pools = [ipaddress.ip_network(pool) for pool in topology.POOL]
    return {route["dst"]: route for family in ("-4", "-6")
            for route in json.loads(ip("-n", host.netns, "-j", family, "route", "show") or "[]")
            if route["dst"] != "default" and any(_within(route["dst"], pool) for pool in pools)}


def _within(destination, pool):
    network = ipaddress.ip_network(destination)
    return network.version == pool.version and network.subnet_of(pool)


def node_state(node):
    """What is known of one node."""
    state = {"node": node.name, node.service.name: "running" if node.service.master() else "down",
             "frr": ", ".join(f"{name} down" for name in node.frr.missing()) or "running",
             "agent": "none", "health": None, "reason": ""}
    if node.agent:
        status = node.agent.status()
        state["agent"] = status["state"] if node.agent.process() or status["state"] == "waiting" else "down"
        code, body = node.agent.get("/health", timeout=1)
        state["health"] = code
        state["reason"] = body if code is None else _reason(code, body)
    return state


def _reason(code, body):
    """The first of the agent's complaints, and how many more there are."""
    problems = body.get("problems", []) if code != 200 and isinstance(body, dict) else []
    return problems[0] + (f" (and {len(problems) - 1} more)" if problems[1:] else "") if problems else ""


def collect(lab):
    routes = router_routes(lab)
    if not lab.settings["config"]:
        for vip in topology.VIPS:
            routes.setdefault(vip, {"protocol": "no route", "next_hops": []})
    order = sorted(routes, key=lambda vip: (":" in vip, ipaddress.ip_network(vip)))
    return {"lab": lab.name, "protocol": lab.settings["protocol"], "uplinks": lab.settings["uplinks"],
            "routes": {vip: routes[vip] for vip in order},
            "nodes": [node_state(node) for node in lab.nodes.values()]}


def render(state):
    """Everything in one table: a column for each node, a row for each VIP and each property."""
    nodes = state["nodes"]
    rows = [["", "protocol", *[node["node"] for node in nodes]]]
    for vip, route in state["routes"].items():
        rows.append([vip, route["protocol"],
                     *["next hop" if node["node"] in route["next_hops"] else "-" for node in nodes]])
    service = "nginx" if "nginx" in nodes[0] else "nsd"
    for key in (service, "frr", "agent"):
        rows.append([key, "", *[node[key] for node in nodes]])
    rows.append(["/health", "", *[str(node["health"] or "no answer") for node in nodes]])
    text = table(rows)
    reasons = [f"{node['node']}: {node['reason']}" for node in nodes if node["reason"]]
    where = "the router's" if state["uplinks"] == 1 else "the leaves'"
    return "\n".join([f"lab {state['lab']}, {state['protocol']}: next hops in {where} kernel FIB", text, *reasons])
