"""Agents' configurations for tests: services with checks that a test can switch."""

import contextlib
import re
import socket

from vipherd_lab import topology


def _value(value):
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _list(values):
    return "[" + ", ".join(_value(value) for value in values) + "]"


def _keys(keys):
    return "".join(f"{key} = {_list(value) if isinstance(value, list) else _value(value)}\n"
                   for key, value in keys.items())


HTTP = {"type": "http", "url": "http://127.0.0.1/"}


def tcp(port):
    """A check that passes while a Listener on that port exists."""
    return {"type": "tcp", "address": f"127.0.0.1:{port}"}


def service(vips, checks=None, **keys):
    return {"vips": list(vips), **keys, "checks": checks or {"http": HTTP}}


def timeout_in_words(lab):
    """The lab's timeout of checks as sentences have it: "2 s"."""
    return re.sub("(?<=[0-9])(?=[a-z])", " ", lab.settings["timeout"])


def render(lab, services, port=21180, extra=""):
    """A configuration with these services: name -> service()."""
    timing = {key: lab.settings[key] for key in ("interval", "timeout", "rise", "fall")}
    protocols = ["bgp", "ospf"] if lab.settings["protocol"] == "both" else [lab.settings["protocol"]]
    frr = f'announcer = "{lab.settings["announcer"]}"\nprotocols = {_list(protocols)}\n'
    text = f'[api]\nlisten = "127.0.0.1:{port}"\n[frr]\n{frr}'
    text += extra if "[vips]" in extra else f"{extra}[vips]\npool = {_list(topology.POOL)}\n"
    for name, parts in services.items():
        text += f"[services.{name}]\n" + _keys({key: value for key, value in parts.items() if key != "checks"})
        for check, keys in parts["checks"].items():
            text += f"[services.{name}.checks.{check}]\n" + _keys({**timing, **keys})
    return text


@contextlib.contextmanager
def listening(node, port):
    """A service that accepts TCP connections on a node (the kernel does) for as long as this lasts."""
    with node.host.network():
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(4096)
        yield listener
