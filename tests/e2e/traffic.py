"""How much a load balancer sends from a VIP to the client over many connections at once."""

import contextlib
import selectors
import socket
import threading
import time

_CHUNK = bytes(1 << 16)


class Source:
    """Sends to everybody who connects, as fast as the network takes it, for as long as this lasts."""

    def __init__(self, host, port):
        with host.network():
            self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("0.0.0.0", port))
        self.listener.listen(256)
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()

    def _run(self):
        with contextlib.ExitStack() as sockets, selectors.DefaultSelector() as selector:
            sockets.enter_context(self.listener).setblocking(False)
            selector.register(self.listener, selectors.EVENT_READ)
            while not self.stopped.is_set():
                for key, _ in selector.select(0.1):
                    if key.fileobj is self.listener:
                        connection = sockets.enter_context(self.listener.accept()[0])
                        connection.setblocking(False)
                        selector.register(connection, selectors.EVENT_WRITE)
                        continue
                    try:
                        key.fileobj.send(_CHUNK)
                    except BlockingIOError:
                        continue
                    except OSError:  # the client has had enough
                        selector.unregister(key.fileobj)


def throughput(client, vip, port, flows, warm_up=1.0, seconds=3.0):
    """Bits a second that the client receives over `flows` connections."""
    with contextlib.ExitStack() as sockets, selectors.DefaultSelector() as selector:
        for _ in range(flows):
            with client.network():
                connection = sockets.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            connection.settimeout(10)
            connection.connect((vip, port))
            connection.setblocking(False)
            selector.register(connection, selectors.EVENT_READ)
        _receive(selector, warm_up)
        begin = time.monotonic()
        received = _receive(selector, seconds)
        return 8 * received / (time.monotonic() - begin)


def _receive(selector, seconds):
    deadline = time.monotonic() + seconds
    received = 0
    while time.monotonic() < deadline:
        for key, _ in selector.select(0.05):
            received += len(key.fileobj.recv(1 << 18))
    return received
