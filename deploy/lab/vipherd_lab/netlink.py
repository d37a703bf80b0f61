"""rtnetlink without a process start: messages, and the few requests the lab has to make at once.

Numbers are those of linux/rtnetlink.h, linux/nexthop.h and linux/if_link.h.
"""

import errno
import fcntl
import ipaddress
import os
import socket
import struct

from .errors import LabError

NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 0x1, 0x4, 0x300
NLM_F_EXCL, NLM_F_CREATE, NLM_F_APPEND = 0x200, 0x400, 0x800
NLMSG_ERROR, NLMSG_DONE = 2, 3
RTM_NEWLINK, RTM_SETLINK = 16, 19
RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE = 24, 25, 26
RTM_NEWNEXTHOP, RTM_DELNEXTHOP, RTM_GETNEXTHOP = 104, 105, 106
RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_NEXTHOP = 7, 11, 32
RT_TABLE_MAIN, RTPROT_STATIC, RTN_BLACKHOLE = 254, 4, 6
IFF_UP, AF_BRIDGE = 1, 7
BR_STATE_DISABLED, BR_STATE_FORWARDING = 0, 3
_NLA_F_NESTED, _SOL_NETLINK, _NETLINK_ADD_MEMBERSHIP, _SO_RCVBUFFORCE = 0x8000, 270, 1, 33


def attribute(kind, payload):
    padding = -len(payload) % 4
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(padding)


def attributes(data):
    """Attribute type (without its flag bits) -> payload; of a repeated type the last one counts."""
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        if not 4 <= length <= len(data):
            raise ValueError("malformed netlink attribute")
        found[kind & 0x3FFF] = data[4:length]
        data = data[(length + 3) & ~3:]
    return found


def messages(data):
    """Yields (type, flags, body) of each message in a datagram."""
    while len(data) >= 16:
        length, kind, flags = struct.unpack_from("=IHH", data)
        if not 16 <= length <= len(data):
            raise ValueError("malformed netlink message")
        yield kind, flags, data[16:length]
        data = data[(length + 3) & ~3:]


class Socket:
    """A NETLINK_ROUTE socket of the network namespace in which it was made."""

    def __init__(self, groups=(), receive_buffer=8 << 20):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, receive_buffer)
        self.socket.bind((0, 0))
        for group in groups:
            self.socket.setsockopt(_SOL_NETLINK, _NETLINK_ADD_MEMBERSHIP, group)
        self._sequence = 0

    @classmethod
    def adopt(cls, descriptor):
        """One that another process made, in its namespace, and handed to this one."""
        adopted = cls.__new__(cls)
        adopted.socket = socket.socket(fileno=descriptor)
        adopted._sequence = 0
        return adopted

    def fileno(self):
        return self.socket.fileno()

    def close(self):
        self.socket.close()

    def receive(self):
        data, _, flags, _ = self.socket.recvmsg(1 << 20)
        if flags & socket.MSG_TRUNC:
            raise LabError("a netlink message was truncated")
        return data

    def send(self, kind, flags, body):
        self._sequence += 1
        header = struct.pack("=IHHII", 16 + len(body), kind, flags | NLM_F_REQUEST, self._sequence, 0)
        self.socket.send(header + body)

    def request(self, kind, flags, body, accept=()):
        """Sends one request and waits for its answer; errors in `accept` count as success."""
        self.send(kind, flags | NLM_F_ACK, body)
        for answer, _, content in messages(self.receive()):
            if answer == NLMSG_ERROR:
                code = -struct.unpack_from("=i", content)[0]
                if code and code not in accept:
                    raise OSError(code, f"netlink request {kind}: {os.strerror(code)}")

    def dump(self, kind, body):
        """All answers of a dump as (type, body)."""
        self.send(kind, NLM_F_DUMP, body)
        found = []
        while True:
            for answer, _, content in messages(self.receive()):
                if answer == NLMSG_DONE:
                    return found
                if answer == NLMSG_ERROR:
                    code = -struct.unpack_from("=i", content)[0]
                    raise OSError(code, f"netlink dump {kind}: {os.strerror(code)}")
                found.append((answer, content))


def open_socket(host, groups=()):
    """A socket in the network of `host`, usable from anywhere."""
    with host.network():
        return Socket(groups)


def change_blackhole(netlink, address, add):
    """Adds or deletes a blackhole host route in the main table."""
    packed = ipaddress.ip_address(address).packed
    family = socket.AF_INET if len(packed) == 4 else socket.AF_INET6
    body = struct.pack("=BBBBBBBBI", family, 8 * len(packed), 0, 0, RT_TABLE_MAIN, RTPROT_STATIC, 0,
                       RTN_BLACKHOLE, 0) + attribute(1, packed)
    if add:
        netlink.request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, body, accept=(errno.EEXIST,))
    else:
        netlink.request(RTM_DELROUTE, 0, body, accept=(errno.ESRCH,))


def _link_message(family, index, flags=0, change=0):
    return struct.pack("=BxHiII", family, 0, index, flags, change)


def link_index(host, name):
    with host.network():
        return socket.if_nametoindex(name)


def link_is_up(host, name):
    """Whether an interface is administratively up (SIOCGIFFLAGS)."""
    with host.network(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        answer = fcntl.ioctl(probe, 0x8913, struct.pack("=16sH22x", name.encode(), 0))
    return bool(struct.unpack_from("=16xH", answer)[0] & IFF_UP)


def set_link_up(netlink, index, up):
    netlink.request(RTM_NEWLINK, 0, _link_message(socket.AF_UNSPEC, index, IFF_UP if up else 0, IFF_UP))


def set_bridge_port_state(netlink, index, state):
    """Lets a bridge port forward, or drop everything in both directions while its carrier stays up."""
    protinfo = attribute(12 | _NLA_F_NESTED, attribute(1, struct.pack("=B", state)))
    netlink.request(RTM_SETLINK, 0, _link_message(AF_BRIDGE, index) + protinfo)
