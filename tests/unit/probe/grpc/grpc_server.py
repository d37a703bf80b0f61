"""A real gRPC server whose health service answers by the name of the service it is asked for.

Its messages are bytes: no generated code is needed. Prints its ports (plain, TLS, one without a
health service) when it listens, and ends when its standard input does.
Arguments: PEM files of a certificate and its key.
"""
import concurrent.futures
import sys
import threading

import grpc

STATUSES = {"": b"\x08\x01", "web": b"\x08\x01", "unknown": b"", "down": b"\x08\x02", "gone": b"\x08\x03",
            "odd": b"\x08\x09", "garbage": b"\xff\xff", "huge": b"\x12\x80\x80\x40" + bytes(1 << 20)}
ended = threading.Event()


def service_of(request):
    # HealthCheckRequest: field 1 is the name, short enough for a length of one byte.
    if not request:
        return ""
    assert request[0] == 0x0A and request[1] == len(request) - 2, request
    return request[2:].decode()


def check(request, context):
    service = service_of(request)
    if service == "hang":
        ended.wait()
    if service == "denied":
        context.abort(grpc.StatusCode.PERMISSION_DENIED, "not for you, \u00fcser")
    if service not in STATUSES:
        context.abort(grpc.StatusCode.NOT_FOUND, "")
    return STATUSES[service]


def start(health):
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
    if health:
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(
            "grpc.health.v1.Health", {"Check": grpc.unary_unary_rpc_method_handler(check)}),))
    return server


def main():
    with open(sys.argv[1], "rb") as certificate, open(sys.argv[2], "rb") as key:
        credentials = grpc.ssl_server_credentials([(key.read(), certificate.read())])
    server = start(True)
    ports = [server.add_insecure_port("127.0.0.1:0"), server.add_secure_port("127.0.0.1:0", credentials)]
    other = start(False)
    ports.append(other.add_insecure_port("127.0.0.1:0"))
    server.start()
    other.start()
    print(*ports, flush=True)
    sys.stdin.read()
    ended.set()
    server.stop(0)
    other.stop(0)


main()
