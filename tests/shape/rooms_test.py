#!/usr/bin/env python3
"""rooms.py finds what it is there to find: each fault in a small tree that has it, and none in one that has none."""
import pathlib
import tempfile

import rooms

# (room, line of a source file, what is said of it; None: nothing)
CASES = [
    ("core", '#include "vipherd/model/event.hpp"', None),
    ("core", '#include "core/limits.hpp"', None),
    ("core", "#include <vipherd/model/event.hpp>", None),
    ("core", '#include "vipherd/kernel/vip_routes.hpp"', "core must not include kernel"),
    ("core", '#  include "vipherd/kernel/vip_routes.hpp"', "core must not include kernel"),
    ("core", "#include <vipherd/kernel/vip_routes.hpp>", "core must not include kernel"),
    ("kernel", "#include <vipherd/frr/announcer.hpp>", "kernel must not include frr"),
    ("model", '#include "vipherd/wire/zapi.hpp"', "model must not include wire"),
    ("agent", '#include "vipherd/kernel/vip_routes.hpp"', None),
    ("base", "#include <arpa/inet.h>", None),  # inet_pton
    ("frr", "#include <sys/socket.h>", None),
    ("agent", "const auto at = std::chrono::steady_clock::now();", None),
    ("cellar", "", "room 'cellar' is not known"),
    ("doctor", '#include "vipherd/kernel/interfaces.hpp"', None),
    ("doctor", "#include <unistd.h>", None),
    ("doctor/rules", "#include <unistd.h>", "doctor does no I/O"),
    *[("core", f"#include <{header}>", "core does no I/O") for header in (
        "boost/asio/io_context.hpp", "curl/curl.h", "fcntl.h", "fstream", "iostream", "random", "spdlog/spdlog.h",
        "sys/ioctl.h", "sys/socket.h", "sys/stat.h", "sys/time.h", "systemd/sd-daemon.h", "thread", "unistd.h")],
    *[("config", line, "config reads no clock and no chance") for line in (
        "auto at = std::chrono::steady_clock::now();", "auto at = system_clock::now();", "auto at = time(nullptr);",
        "auto at = std::time(NULL);", "clock_gettime(CLOCK_MONOTONIC, &at);", "gettimeofday(&at, nullptr);",
        "std::random_device chance;", "int chance = rand();")],
]


def faults_of(room, line):
    with tempfile.TemporaryDirectory() as root:
        folder = pathlib.Path(root, "src", room)
        folder.mkdir(parents=True)
        (folder / "it.cpp").write_text(f"// A file.\n{line}\n")
        # So many files that the tree is taken for one.
        for number in range(rooms.FEWEST_FILES):
            plain = pathlib.Path(root, "src/base", f"plain{number}.cpp")
            plain.parent.mkdir(exist_ok=True)
            plain.write_text("#include <string>\n")
        return list(rooms.faults(pathlib.Path(root)))


def main():
    for room, line, expected in CASES:
        found = faults_of(room, line)
        where = "src/cellar/it.cpp" if room == "cellar" else f"src/{room}/it.cpp:2"
        right = len(found) == 1 and where in found[0] and expected in found[0] if expected else not found
        assert right, f"{room}: {line}: expected {expected!r}, found {found}"
    with tempfile.TemporaryDirectory() as root:
        assert next(rooms.faults(pathlib.Path(root))).startswith("only 0 source files")
    print(f"{len(CASES)} cases")


if __name__ == "__main__":
    main()
