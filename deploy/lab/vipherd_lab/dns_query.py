"""One DNS query of the client: who answers? The zone that the lab serves has a TXT record for that."""

import errno
import os
import socket
import struct
import time

PORT = 53
_NAME = b"\x04node\x07example\x03com\x00"
_TXT, _IN = 16, 1


class Query:
    """One query on a non-blocking UDP socket, from a port of its own."""

    def __init__(self, vip, family, address):
        self.started = time.monotonic_ns()
        self.sent = False
        self.payload = os.urandom(2) + struct.pack(">5H", 0, 1, 0, 0, 0) + _NAME + struct.pack(">2H", _TXT, _IN)
        self.socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        code = self.socket.connect_ex(address)
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, os.strerror(code))

    def advance(self):
        """Goes on as far as the socket allows; returns the outcome when there is one."""
        if not self.sent:
            self.socket.send(self.payload)
            self.sent = True
            return None
        answer = self.socket.recv(4096)
        if answer[:2] != self.payload[:2] or answer[12:len(self.payload)] != self.payload[12:]:
            return None  # of another query
        return _node(answer, len(self.payload))

    def node(self):
        """Who has begun to answer: none, an answer comes at once."""
        return None


def _node(answer, start):
    """The text of the first answer, or what is wrong. The name of the record is a pointer."""
    rcode = answer[3] & 15
    if rcode:
        return f"rcode {rcode}"
    size = answer[start + 12] if len(answer) > start + 12 and answer[6:8] != b"\0\0" else 0
    text = answer[start + 13:start + 13 + size].decode(errors="replace")
    return text or "rcode 0 without a record"
