"""One connection of the client with TLS and HTTP/2, and two requests over it at once: who answers?"""

import errno
import os
import socket
import ssl
import struct
import time

PORT = 443
_NAME = b"www.example.com"
# RFC 9113: preface and empty SETTINGS. RFC 7541, static table: GET, https, "/", and a literal :authority.
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_FIELDS = b"\x82\x87\x84\x01" + bytes([len(_NAME)]) + _NAME
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _GOAWAY = 0, 1, 3, 4, 7
_END_STREAM, _END_HEADERS, _ACK = 1, 4, 1
_STATUS_200 = 0x88
_STREAMS = (1, 3)


def _context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Whether the certificate is right is what the agent's check is for.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    return context


_CONTEXT = _context()


def _frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


class H2Request:
    """On a non-blocking socket. Counts as one, answered when both of its streams are."""

    def __init__(self, vip, family, address):
        self.started = time.monotonic_ns()
        self.sent = False
        self.tls = None
        self.left = b""
        self.bodies = dict.fromkeys(_STREAMS, b"")
        self.ended = set()
        self.socket = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        # As for plain requests: a closed connection leaves nothing on the node.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("=ii", 1, 0))
        code = self.socket.connect_ex(address)
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, os.strerror(code))

    def advance(self):
        """Goes on as far as the socket allows; returns the outcome when there is one."""
        if self.tls is None:
            code = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code))
            self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            self.tls = _CONTEXT.wrap_bio(self.incoming, self.outgoing, server_hostname=_NAME.decode())
        else:
            data = self.socket.recv(16384)
            if not data:
                return "connection closed"
            self.incoming.write(data)
        try:
            return self._talk()
        except ssl.SSLWantReadError:
            return None
        except ssl.SSLError as error:
            return f"connection {error.reason}"
        finally:
            if self.outgoing.pending:
                self.socket.send(self.outgoing.read())

    def _talk(self):
        if not self.sent:
            self.tls.do_handshake()
            self.tls.write(_PREFACE + _frame(_SETTINGS, 0, 0) + b"".join(
                _frame(_HEADERS, _END_STREAM | _END_HEADERS, stream, _FIELDS) for stream in _STREAMS))
            self.sent = True
        while True:
            # Raises when there is no more for now.
            self.left += self.tls.read(16384) or b""
            while len(self.left) >= 9 + (size := int.from_bytes(self.left[:3], "big")):
                kind, flags, stream = struct.unpack(">BBI", self.left[3:9])
                payload, self.left = self.left[9:9 + size], self.left[9 + size:]
                if outcome := self._take(kind, flags, stream, payload):
                    return outcome

    def _take(self, kind, flags, stream, payload):
        """The outcome, once there is one."""
        if kind == _SETTINGS and not flags & _ACK:
            self.tls.write(_frame(_SETTINGS, _ACK, 0))
        elif kind in (_RST_STREAM, _GOAWAY):
            return f"connection: HTTP/2 frame {kind}"
        elif kind == _HEADERS and payload[0] != _STATUS_200:
            return "status other than 200"
        elif kind == _DATA:
            self.bodies[stream] += payload
        if kind in (_HEADERS, _DATA) and flags & _END_STREAM:
            self.ended.add(stream)
        return self.bodies[_STREAMS[0]].decode().strip() if self.ended == set(_STREAMS) else None

    def node(self):
        """Who has begun to answer, as far as is known by now."""
        return self.bodies[_STREAMS[0]].decode().strip() or None
