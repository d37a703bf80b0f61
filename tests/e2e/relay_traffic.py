#!/usr/bin/env python3
"""Server and clients of the relay's tests: plain asyncio sockets, each in its own namespace.

  server NAME PORT              "name" -> NAME; "put SIZE" and so many bytes -> their digest; "get SIZE" -> so many bytes
  many PORT COUNT ADDRESS...    holds COUNT connections to each address, each asks for the name every 100 ms;
                                a line on standard input is answered with what has happened, as JSON
  put|get PORT SIZE SECONDS ADDRESS   moves so many bytes in about so many seconds; answers as JSON
"""

import asyncio
import collections
import hashlib
import json
import os
import random
import sys
import time

PIECE = 65536
PATIENCE = 20 * int(os.environ.get("VIPHERD_LAB_SLOWNESS", 1))


_BLOCK = random.Random(7).randbytes(PIECE)


def pieces(size):
    """The same bytes on both sides."""
    for at in range(0, size, PIECE):
        yield _BLOCK[:size - at]


async def digest(size, reader):
    """Of so many bytes that are read."""
    seen = hashlib.sha256()
    for piece in pieces(size):
        seen.update(await reader.readexactly(len(piece)))
    return seen.hexdigest()


async def serve(name, port):
    async def handle(reader, writer):
        try:
            while line := await reader.readline():
                words = line.decode().split()
                if words[0] == "name":
                    writer.write(f"{name}\n".encode())
                elif words[0] == "put":
                    writer.write(f"{await digest(int(words[1]), reader)}\n".encode())
                else:
                    for piece in pieces(int(words[1])):
                        writer.write(piece)
                        await writer.drain()
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        writer.close()

    server = await asyncio.start_server(handle, None, port, backlog=4096)
    print("ready", flush=True)
    await server.serve_forever()


class Many:
    def __init__(self):
        self.lost = collections.Counter()
        self.nodes = collections.Counter()  # each connection's first answer
        self.moved = 0
        self.requests = 0
        self.ends = False
        self.slowest = 0.0

    async def connection(self, address, port):
        first = None
        try:
            reader, writer = await asyncio.open_connection(address, port)
            while not self.ends:
                begin = time.monotonic()
                writer.write(b"name\n")
                name = (await asyncio.wait_for(reader.readline(), PATIENCE)).decode().strip()
                if not name:
                    raise ConnectionResetError
                self.slowest = max(self.slowest, time.monotonic() - begin)
                self.requests += 1
                if first is None:
                    first = name
                    self.nodes[name] += 1
                self.moved += name != first
                await asyncio.sleep(0.1)
            writer.close()
        except (OSError, asyncio.TimeoutError) as error:
            self.lost[first or "connect"] += 1
            print(address, repr(error), file=sys.stderr)

    def report(self):
        return json.dumps({"lost": sum(self.lost.values()), "lost_of": self.lost, "nodes": self.nodes,
                           "moved": self.moved, "requests": self.requests, "slowest": self.slowest})


async def many(port, count, addresses):
    state = Many()
    tasks = [asyncio.create_task(state.connection(address, port)) for address in addresses for _ in range(count)]
    while await asyncio.to_thread(sys.stdin.readline):
        print(state.report(), flush=True)
    state.ends = True
    await asyncio.gather(*tasks)


async def transfer(direction, port, size, seconds, address):
    expected = hashlib.sha256()
    for piece in pieces(size):
        expected.update(piece)
    pause = seconds * PIECE / size
    reader, writer = await asyncio.open_connection(address, port)
    writer.write(b"name\n")
    name = (await reader.readline()).decode().strip()
    print(name, flush=True)
    writer.write(f"{direction} {size}\n".encode())
    begin = time.monotonic()
    if direction == "put":
        for piece in pieces(size):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        arrived = (await reader.readline()).decode().strip()
    else:
        seen = hashlib.sha256()
        for piece in pieces(size):
            seen.update(await reader.readexactly(len(piece)))
            await asyncio.sleep(pause)
        arrived = seen.hexdigest()
    print(json.dumps({"whole": arrived == expected.hexdigest(), "seconds": time.monotonic() - begin}), flush=True)


async def main(kind, *arguments):
    if kind == "server":
        await serve(arguments[0], int(arguments[1]))
    elif kind == "many":
        await many(int(arguments[0]), int(arguments[1]), arguments[2:])
    else:
        port, size, seconds, address = arguments
        await transfer(kind, int(port), int(size), float(seconds), address)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
