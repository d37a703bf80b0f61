"""Checks that look at the node itself rather than connect to a service: exec, file, systemd.

The kinds that connect are tested against their real servers in tests/unit/probe, and `dns` in test_dns.py.
"""

import os

import configs
from look import ALL, Log, check, eventually, eventually_true, expect, fib, reload

VIP, REST = ALL[0], ALL[1:]


def with_check(lab, **keys):
    return configs.render(lab, {"it": configs.service([VIP], {"it": keys}), "rest": configs.service(REST)})


def flag(node, name):
    """A file that tests create and remove on a node."""
    return node.host.path(f"/run/{name}")


def expect_to_follow(lab, node, path, present, reason):
    """The VIP leaves with the file's change, for this reason, and returns with the change back."""
    log = Log(node)
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))
    if present:
        os.remove(path)
    else:
        open(path, "w").close()
    log.wait(f"check it/it down: {reason}")
    eventually(lambda: fib(lab), {VIP: {"lb2"}, **expect(REST, {"lb1", "lb2"})})
    if present:
        open(path, "w").close()
    else:
        os.remove(path)
    eventually(lambda: fib(lab), expect(ALL, {"lb1", "lb2"}))


def test_a_program_decides(lab, lb1):
    path = flag(lb1, "allowed")
    open(path, "w").close()
    reload(lb1, with_check(lab, type="exec", command=["/usr/bin/test", "-e", "/run/allowed"]))
    expect_to_follow(lab, lb1, path, True, "test ended with exit code 1")
    os.remove(path)



def test_nothing_is_left_of_a_program_that_hangs(lab, lb1):
    log = Log(lb1)
    # It ignores SIGTERM, and so does what it starts.
    hang = "trap '' TERM; sleep 1000 & sleep 1000"
    reload(lb1, with_check(lab, type="exec", shell=hang))
    log.wait(f"check it/it down: no exit of .* within {configs.timeout_in_words(lab)}")
    reload(lb1, configs.render(lab, {"rest": configs.service(ALL)}))
    agent = lb1.agent.process()
    eventually(lambda: [child.pid for child in agent.children()], [])
    eventually(lambda: [process for process in lb1.host.processes()
                        if process.alive() and command(process) == "sleep 1000"], [])


def command(process):
    try:
        with open(f"/proc/{process.pid}/cmdline") as file:
            return file.read().replace("\0", " ").strip()
    except FileNotFoundError:
        return ""


def test_a_maintenance_file_takes_a_node_out(lab, lb1):
    path = flag(lb1, "maintenance")
    reload(lb1, with_check(lab, type="file", path="/run/maintenance", state="absent"))
    expect_to_follow(lab, lb1, path, False, "/run/maintenance exists")


def test_without_systemd_its_units_cannot_be_checked(lab, lb1):
    reload(lb1, with_check(lab, type="systemd", unit="nginx.service"))
    eventually_true("a reason", lambda: "the check could not run" in (check(lb1, "it", "it")["verdict"]["why"]))
    eventually(lambda: fib(lab), {VIP: {"lb2"}, **expect(REST, {"lb1", "lb2"})})
