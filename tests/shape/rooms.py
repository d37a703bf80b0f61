#!/usr/bin/env python3
"""The shape of the house: every room includes only rooms below it, and I/O rooms not each other."""
import pathlib
import re
import sys

# What a room may include besides itself; lower floors list what is below them.
PURE = {
    "base": set(),
    "model": {"base"},
    "wire": {"base", "model"},
    "core": {"base", "model"},
    "config": {"base", "model"},
    "render": {"base", "model"},
    "setup": {"base", "model", "config"},
}
BELOW_IO = {"base", "model", "wire", "files"}
ALLOWED = PURE | {
    "files": {"base"},
    "netlink": {"base", "wire"},
    "kernel": BELOW_IO | {"netlink"},
    "frr": BELOW_IO,
    "probe": BELOW_IO,
    "api": BELOW_IO,
    "metrics": {"base", "model"},
    "relay": {"base", "wire", "netlink"},
    "spread": BELOW_IO,
    # It watches with what probes connect and ask by.
    "watch": BELOW_IO | {"probe"},
    # It looks by what these offer.
    "doctor": BELOW_IO | {"frr", "kernel"},
    "agent": set(PURE) | {"files", "kernel", "frr", "probe", "watch", "api", "metrics", "relay"},
    "cli": set(PURE) | {"files", "kernel", "frr", "probe", "watch", "api", "metrics", "doctor", "agent", "spread",
                        "relay"},
}
# Parts of a room above the line that are pure all the same.
PURE_FOLDERS = {"doctor/read", "doctor/rules", "doctor/report"}
# Headers that would bring I/O, a clock or an event loop below the line.
IMPURE = re.compile(r"\s*#\s*include <(boost/asio|boost/beast|curl/(?!urlapi)|fcntl\.h|fstream|iostream|random>|spdlog/|sys/ioctl|"
                    r"sys/socket|sys/stat|sys/time|systemd/|thread|unistd)")
CLOCK = re.compile(r"\b((steady_clock|system_clock|high_resolution_clock)::now|time\((nullptr|NULL|0)\)|rand\(|"
                   r"clock_gettime|gettimeofday|random_device)")
INCLUDE = re.compile(r'\s*#\s*include (?:"(?:vipherd/)?|<vipherd/)([a-z]+)/')
# What reaches a terminal goes through cli/output, which cleans it; what is logged through agent/log.
PRINTS = re.compile(r"\b(std::)?(v?f?printf|fwrite|fputs?|fputc|puts|putchar|perror)\(|\b(cout|cerr|clog)\b")
PRINTERS = {"agent/run.cpp", "cli/output.cpp"}
# With fewer it is not the source tree.
FEWEST_FILES = 20


def faults(root: pathlib.Path):
    # A room's files may lie in folders by topic.
    files = [(path, path.relative_to(home).parts[0])
             for home, pattern in ((root / "include/vipherd", "*/**/*.hpp"), (root / "src", "*/**/*.[ch]pp"))
             for path in home.glob(pattern)]
    if len(files) < FEWEST_FILES:
        yield f"only {len(files)} source files found under {root}"
    for path, room in sorted(files):
        pure = room in PURE or f"{room}/{path.parent.name}" in PURE_FOLDERS
        if room not in ALLOWED:
            yield f"{path}: room '{room}' is not known: add it to {pathlib.Path(__file__).name}"
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            where = f"{path.relative_to(root)}:{number}"
            included = INCLUDE.match(line)
            if included and included[1] != room and included[1] not in ALLOWED[room]:
                yield f"{where}: {room} must not include {included[1]}"
            if pure and IMPURE.match(line):
                yield f"{where}: {room} does no I/O"
            if room in ("cli", "agent") and PRINTS.search(line) and f"{room}/{path.name}" not in PRINTERS:
                yield f"{where}: only {', '.join(sorted(PRINTERS))} prints"
            if pure and CLOCK.search(line):
                yield f"{where}: {room} reads no clock and no chance"


def main() -> int:
    found = list(faults(pathlib.Path(sys.argv[1])))
    print("\n".join(found) or "every include points downward")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
