"""TCP segments as the relay's tests send them, of connections that no socket of theirs has."""

import socket
import struct

from relay_net import PORT


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xffff:
        total = (total >> 16) + (total & 0xffff)
    return ~total & 0xffff


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def segment(source, destination, port, flags=16):
    """A TCP segment that acknowledges something."""
    header = struct.pack("!HHIIBBHHH", port, PORT, 1, 1, 5 << 4, flags, 65535, 0, 0)
    packed = [socket.inet_pton(family_of(each), each) for each in (source, destination)]
    found = checksum(packed[0] + packed[1] + struct.pack("!II", len(header), socket.IPPROTO_TCP) + header)
    return header[:16] + struct.pack("!H", found) + header[18:]
