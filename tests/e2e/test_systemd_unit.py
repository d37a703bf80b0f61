"""The systemd unit and the example configuration: what can be judged without a running systemd."""

import contextlib
import http.client
import os
import re
import shutil
import signal
import subprocess

import pytest

from look import eventually, eventually_true
from shared import lab_name
from vipherd_lab.agent import find_binary
from vipherd_lab.frr import Frr
from vipherd_lab.namespaces import Host, ip

ROOT = os.path.realpath(f"{os.path.dirname(__file__)}/../..")
UNIT = f"{ROOT}/deploy/systemd/vipherd.service"
EXAMPLE = f"{ROOT}/deploy/vipherd.toml"
BINARY = find_binary(os.environ.get("VIPHERD"))


def settings():
    """Name -> values of the unit, section headers aside."""
    found = {}
    with open(UNIT) as file:
        for name, value in re.findall(r"^(\w+)=(.*)$", file.read(), re.MULTILINE):
            found.setdefault(name, []).append(value)
    return found


def seconds(text):
    number, unit = re.fullmatch(r'"?(\d+)(ms|s)"?', text).groups()
    return int(number) / (1000 if unit == "ms" else 1)


@pytest.fixture(params=["vipherd.service", "vipherd-notify@.service"])
def installed_unit(request, tmp_path):
    """The unit as an installation writes it, with the binary that was built."""
    path = tmp_path / request.param.replace("@", "@webhook")
    with open(f"{ROOT}/deploy/systemd/{request.param}") as file:
        path.write_text(file.read().replace("/usr/sbin/vipherd", BINARY))
    return str(path)


def test_systemd_finds_no_fault_in_a_unit(installed_unit):
    # The manual pages that it names are not installed where it is tested.
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", installed_unit], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_unit_is_confined(installed_unit):
    # The threshold is ten times the exposure that systemd-analyze prints: 2.0 of 10 or less.
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20",
                           installed_unit], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_systemd_waits_longer_for_a_stop_than_the_agent_takes():
    with open(EXAMPLE) as file:
        default = re.search(r'^# shutdown_timeout = (\S+)', file.read(), re.MULTILINE).group(1)
    assert seconds(settings()["TimeoutStopSec"][0]) > seconds(default)


def test_the_agent_returns_after_the_time_in_which_ospf_drops_a_second_change():
    assert seconds(settings()["RestartSec"][0]) >= 1


def test_installing_names_the_installed_binary(tmp_path):
    build, prefix = tmp_path / "build", tmp_path / "prefix"
    source = tmp_path / "source"
    source.mkdir()
    # deploy/ alone: nothing is compiled for this test.
    (source / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(vipherd LANGUAGES CXX)\ninclude(GNUInstallDirs)\n"
        f'add_subdirectory("{ROOT}/deploy" deploy)\n')
    for command in (["cmake", "-G", "Ninja", "-S", source, "-B", build], ["cmake", "--install", build, "--prefix", prefix]):
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    unit = (prefix / "lib/systemd/system/vipherd.service").read_text()
    assert f"\nExecStart={prefix}/sbin/vipherd run " in unit
    assert "/usr/sbin/vipherd" not in unit
    notify = (prefix / "lib/systemd/system/vipherd-notify@.service").read_text()
    assert f"{prefix}/sbin/vipherd events " in notify
    assert (prefix / "share/doc/vipherd/vipherd.toml").exists()


def check_config(path):
    return subprocess.run([BINARY, "check-config", "--config", path], capture_output=True, text=True)


def test_the_example_configuration_is_right(tmp_path):
    done = check_config(EXAMPLE)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_default_of_the_example_may_be_written_out(tmp_path):
    """What is commented out in the example is configuration, too, and right."""
    with open(EXAMPLE) as file:
        text = re.sub(r"^# (\w+ = )", r"\1", file.read(), flags=re.MULTILINE)
    assert text.count("\nmin_change_interval") == 1
    written_out = tmp_path / "vipherd.toml"
    written_out.write_text(text)
    done = check_config(written_out)
    assert (done.returncode, done.stderr) == (0, "")


# ------------------------------------------------------------- the user and its one capability


CONFIGURATION = """
[vips]
pool = ["10.10.10.0/24", "2001:db8:10::/64"]
[services.web]
vips = ["10.10.10.10", "2001:db8:10::10"]
[services.web.checks.zebra]   # zebra's own TCP port: something that surely listens
type = "tcp"
address = "127.0.0.1:2601"
"""


@pytest.fixture
def host():
    """A host with zebra and nothing else."""
    host = Host(lab_name("unit"), "lb1")
    host.destroy()
    try:
        host.create()
        ip("-n", host.netns, "link", "set", "lo", "up")
        frr = Frr(host, BINARY, "ospf")
        frr.install()
        frr.start(["zebra"])
        with open(host.path("/etc/vipherd/vipherd.toml"), "w") as file:
            file.write(CONFIGURATION)
        # A user's home may be closed to user frr: the binary is run from where everybody may.
        shutil.copy(BINARY, host.path("/run/vipherd-under-test"))
        make_runtime_directory(host)
        yield host
    finally:
        host.destroy()
        os.rmdir(os.path.dirname(host.directory))


def make_runtime_directory(host):
    """As systemd does."""
    unit = {name: values[0] for name, values in settings().items()}
    directory = host.path(f"/run/{unit['RuntimeDirectory']}")
    os.makedirs(directory, exist_ok=True)
    os.chmod(directory, int(unit["RuntimeDirectoryMode"], 8))
    shutil.chown(directory, unit["User"], unit["Group"])


def with_the_units_power(*argv, without_capabilities=False):
    """The command under the unit's user, group and capabilities."""
    unit = {name: values[0] for name, values in settings().items()}
    assert unit["AmbientCapabilities"] == unit["CapabilityBoundingSet"]
    given = "" if without_capabilities else "".join(
        f",+{name.removeprefix('CAP_').lower()}" for name in unit["AmbientCapabilities"].split())
    return ["setpriv", "--reuid", unit["User"], "--regid", unit["Group"], "--init-groups", "--no-new-privs",
            f"--inh-caps=-all{given}", f"--ambient-caps=-all{given}", f"--bounding-set=-all{given}",
            "--", "/run/vipherd-under-test", *argv]


@contextlib.contextmanager
def agent(host, **power):
    process = host.start(with_the_units_power("run", "--config", "/etc/vipherd/vipherd.toml", **power),
                         host.path("/var/log/vipherd.log"))
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def attached(host):
    return sorted(ip("-n", host.netns, family, "-o", "route", "show", "table", "local", "proto", "118").split()[1]
                  for family in ("-4", "-6")
                  if ip("-n", host.netns, family, "-o", "route", "show", "table", "local", "proto", "118"))


def health(host):
    """The status of GET /health, or why there is none."""
    with host.network():
        client = http.client.HTTPConnection("127.0.0.1", 21180, timeout=2)
        try:
            client.request("GET", "/health")
            return client.getresponse().status
        except OSError as error:
            return str(error)
        finally:
            client.close()


def test_the_units_user_and_capability_suffice(host):
    with agent(host) as process:
        eventually(lambda: health(host), 200)
        assert attached(host) == ["10.10.10.10", "2001:db8:10::10"]
        for command, vip in (("ip", "10.10.10.10/32"), ("ipv6", "2001:db8:10::10/128")):
            assert f"Routing entry for {vip}" in host.run(["vtysh", "-d", "zebra", "-c", f"show {command} route {vip}"])
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert attached(host) == []


def test_the_units_power_cleans_up_what_a_killed_agent_left(host):
    with agent(host) as process:
        eventually(lambda: attached(host), ["10.10.10.10", "2001:db8:10::10"])
        process.kill()
        process.wait(10)
    assert attached(host) == ["10.10.10.10", "2001:db8:10::10"]
    host.run(with_the_units_power("cleanup", "--config", "/etc/vipherd/vipherd.toml"))
    assert attached(host) == []


def test_without_a_runtime_directory_it_announces_and_says_what_it_lacks(host):
    os.rmdir(host.path("/run/vipherd"))
    with agent(host) as process:
        eventually(lambda: attached(host), ["10.10.10.10", "2001:db8:10::10"])
        for said in ("cannot make sure that no other vipherd has the routes: /run/vipherd", "no control socket"):
            eventually_true(said, lambda said=said: said in open(host.path("/var/log/vipherd.log")).read())
        eventually(lambda: health(host), 503)  # it is said as a problem
        make_runtime_directory(host)
        eventually(lambda: health(host), 200)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_without_the_capability_nothing_is_attached_or_announced(host):
    """Shows that the capability is needed, and that its lack is said."""
    with agent(host, without_capabilities=True):
        def complaint():
            with open(host.path("/var/log/vipherd.log")) as file:
                return "ermission denied" in (text := file.read()) or "not permitted" in text
        eventually_true("the agent to say what it is not permitted to", complaint)
        assert health(host) == 503
    assert attached(host) == []
