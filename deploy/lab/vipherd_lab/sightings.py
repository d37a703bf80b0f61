"""To which nodes the router sends each connection: seen on the router's port to them, as requests leave by it.

What the router's kernel would choose cannot be asked of it: packets that come over a veth carry the hash of the socket that
sent them, and fib_multipath_hash_policy 1 takes that, where there is one, instead of the ports.
"""

import ctypes
import json
import select
import socket
import struct
import threading

from .errors import LabError
from .namespaces import ip

_PORT = 80
_ETH_P_ALL = 3
_OUTGOING = 4  # PACKET_OUTGOING
_SOL_PACKET, _PACKET_STATISTICS = 263, 6
_SO_ATTACH_FILTER, _SO_RCVBUFFORCE = 26, 33
_SNAPSHOT = 64  # bytes: the TCP ports are in them
_V4, _V6 = 0x0800, 0x86dd
# Classic BPF, (code, jump if true, jump if false, constant): requests to port 80, which have the flag PSH, by IPv4 without
# options or IPv6 without extension headers.
_LDH, _LDB, _JEQ, _JA, _JSET, _RET = 0x28, 0x30, 0x15, 0x05, 0x45, 0x06
_FILTER = [
    (_LDH, 0, 0, 12), (_JEQ, 0, 6, _V4),
    (_LDB, 0, 0, 23), (_JEQ, 0, 12, socket.IPPROTO_TCP), (_LDH, 0, 0, 36), (_JEQ, 0, 10, _PORT), (_LDB, 0, 0, 47), (_JA, 0, 0, 6),
    (_JEQ, 0, 7, _V6),
    (_LDB, 0, 0, 20), (_JEQ, 0, 5, socket.IPPROTO_TCP), (_LDH, 0, 0, 56), (_JEQ, 0, 3, _PORT), (_LDB, 0, 0, 67),
    (_JSET, 0, 1, 8), (_RET, 0, 0, _SNAPSHOT), (_RET, 0, 0, 0),
]


class Sightings:
    """Looks for as long as it is entered, in a thread of its own."""

    def __init__(self, lab):
        self._nodes = {_mac(node.host): name for name, node in lab.nodes.items()}
        self._seen = {}  # (EtherType, client's port) -> names of nodes
        self._over = threading.Event()
        with lab.router.network():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        program = b"".join(struct.pack("=HBBI", *line) for line in _FILTER)
        self._program = ctypes.create_string_buffer(program)  # the kernel copies it at once
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER,
                                struct.pack("@HP", len(_FILTER), ctypes.addressof(self._program)))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 1 << 26)
        self._socket.bind(("swp2", _ETH_P_ALL))
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        self._socket.close()

    def _run(self):
        while not self._over.is_set():
            if not select.select([self._socket], [], [], 0.1)[0]:
                continue
            data, (_, _, kind, *_) = self._socket.recvfrom(_SNAPSHOT)
            if kind == _OUTGOING:
                protocol, = struct.unpack_from("!H", data, 12)
                port, = struct.unpack_from("!H", data, 34 if protocol == _V4 else 54)
                self._seen.setdefault((protocol, port), set()).add(self._nodes.get(data[:6]))

    def forget(self):
        """What was seen until now."""
        self._seen = {}

    def of(self, family, port):
        """The nodes to which requests of the connection were sent."""
        return self._seen.get((_V4 if family == "ipv4" else _V6, port), set())

    def check(self):
        """That nothing was missed."""
        _, drops = struct.unpack("=II", self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8))
        if drops:
            raise LabError(f"{drops} packets were not looked at: what moved cannot be counted; try fewer connections")


def _mac(host):
    link, = json.loads(ip("-n", host.netns, "-j", "link", "show", "dev", "eth1"))
    return bytes.fromhex(link["address"].replace(":", ""))
