"""Listening to a host's kernel: every route that came and went, in order.

The kernel queues what happens from the moment a listener is made, so nothing between two looks at a
table is missed, and "nothing changed" can be shown.
"""

import collections
import ipaddress
import struct

from vipherd_lab import netlink

# added: came or went; table: 255 is "local"; protocol: who made it, see rtnetlink(7).
Change = collections.namedtuple("Change", "added table protocol address")

LOCAL_TABLE, MAIN_TABLE = 255, 254


class RouteListener:
    def __init__(self, host):
        groups = (netlink.RTNLGRP_IPV4_ROUTE, netlink.RTNLGRP_IPV6_ROUTE)
        self._socket = netlink.open_socket(host, groups)
        self._socket.socket.setblocking(False)
        self._changes = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def changes(self, table=None, protocol=None, addresses=None):
        """All changes of host routes so far; an overrun of the queue raises OSError."""
        self._read()
        return [change for change in self._changes
                if table in (None, change.table) and protocol in (None, change.protocol)
                and (addresses is None or change.address in addresses)]

    def _read(self):
        while True:
            try:
                data = self._socket.receive()
            except BlockingIOError:
                return
            for kind, _, body in netlink.messages(data):
                if kind in (netlink.RTM_NEWROUTE, netlink.RTM_DELROUTE):
                    self._take(kind == netlink.RTM_NEWROUTE, body)

    def _take(self, added, body):
        _, length, _, _, table, protocol = struct.unpack_from("=BBBBBB", body)
        destination = netlink.attributes(body[12:]).get(1, b"")
        if destination and length == 8 * len(destination):
            self._changes.append(Change(added, table, protocol, str(ipaddress.ip_address(destination))))
