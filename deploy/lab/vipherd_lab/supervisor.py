"""What systemd does for the agent in production, in small: runs on a load balancer, one for each agent.

Type=notify (READY=1 over NOTIFY_SOCKET, from the main process only), WatchdogSec (SIGABRT when WATCHDOG=1
stays out), Restart=always after RestartSec, RestartPreventExitStatus=2 (bad configuration), ExecStopPost
after every end, Nice=-5. Not its sandbox: here the agent runs as root. SIGTERM stops the agent in an
orderly way and ends the supervisor, SIGHUP is passed on.
"""

import ctypes
import json
import os
import resource
import select
import signal
import socket
import struct
import subprocess
import time

from .processes import Process

NOTIFY_SOCKET = "/run/systemd/notify"
DIRECTORY = "/run/supervisor"
STATUS = f"{DIRECTORY}/status.json"
SETTINGS = f"{DIRECTORY}/settings.json"
BAD_CONFIGURATION = 2
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Supervisor:
    def __init__(self, settings):
        self.settings = settings
        self.child = None  # pid of the agent
        self.state = "starting"  # starting, ready, aborting, stopping, waiting, stopped, failed
        self.deadline = None  # when the present state has lasted too long
        self.status = {"started": None, "ready": None, "starts": 0, "text": "", "last_end": None}
        self.stop_asked = False
        self.notify = self._open_notify_socket()
        self.wake = self._catch_signals()

    def _open_notify_socket(self):
        os.makedirs(os.path.dirname(NOTIFY_SOCKET), exist_ok=True)
        if os.path.exists(NOTIFY_SOCKET):
            os.unlink(NOTIFY_SOCKET)
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        receiver.bind(NOTIFY_SOCKET)
        os.chmod(NOTIFY_SOCKET, 0o777)
        return receiver

    def _catch_signals(self):
        reading, writing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(writing)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)
        return reading

    def log(self, text):
        print(f"{time.strftime('%H:%M:%S')}.{time.time_ns() // 1000000 % 1000:03d} supervisor: {text}", flush=True)

    def enter(self, state, limit=None):
        self.state = state
        self.deadline = None if limit is None else time.monotonic() + limit
        self.save()

    def save(self):
        """Tells the lab what is known of the agent."""
        pid = self.child
        agent = Process.of(pid) if pid else None
        content = {**self.status, "state": self.state, "pid": pid, "start": agent.start if agent else None}
        with open(f"{STATUS}.new", "w") as file:
            json.dump(content, file)
        os.rename(f"{STATUS}.new", STATUS)

    # -- the agent -------------------------------------------------------------------------------

    def start(self):
        argv = self.settings["command"]
        output = os.open(self.settings["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        supervisor = os.getpid()
        self.status.update(started=time.monotonic_ns(), ready=None, starts=self.status["starts"] + 1)
        self.child = os.fork()
        if self.child == 0:
            try:
                self._become_agent(argv, output, supervisor)
            finally:
                os._exit(203)  # what systemd calls EXIT_EXEC
        os.close(output)
        self.log(f"started {' '.join(argv)} as {self.child}")
        self.enter("starting", self.settings["start_timeout"])

    def _become_agent(self, argv, output, supervisor):
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        os.nice(-5)
        # An agent without its supervisor would be one that nothing ends: it goes with it.
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:
            os._exit(203)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # agent-hang ends in SIGABRT, time and again
        os.dup2(output, 1)
        os.dup2(output, 2)
        environment = dict(os.environ, NOTIFY_SOCKET=NOTIFY_SOCKET, WATCHDOG_PID=str(os.getpid()),
                           WATCHDOG_USEC=str(int(self.settings["watchdog"] * 1_000_000)))
        try:
            os.execve(argv[0], argv, environment)
        except OSError as error:
            os.write(2, f"{argv[0]}: {error.strerror}\n".encode())

    def kill(self, number):
        if self.child:
            os.kill(self.child, number)  # our own child, not yet reaped: the pid is ours

    def reap(self):
        """Takes note of the agent's end, when it has ended."""
        if not self.child:
            return
        pid, code = os.waitpid(self.child, os.WNOHANG)
        if pid == 0:
            return
        self.child = None
        code = os.waitstatus_to_exitcode(code)
        ended = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        self.status["last_end"] = ended
        self.log(f"agent {pid} ended: {ended}")
        self._clean_up("success" if code == 0 else "exit-code" if code > 0 else "signal")
        if self.stop_asked:
            self.enter("stopped")
        elif code == BAD_CONFIGURATION:
            self.enter("failed")
        else:
            self.enter("waiting", self.settings["restart"])

    def _clean_up(self, result):
        """ExecStopPost, which systemd tells how the agent ended."""
        argv = self.settings["clean_up"]
        try:
            with open(self.settings["log"], "a") as output:
                code = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                      env=dict(os.environ, SERVICE_RESULT=result), timeout=10).returncode
        except (OSError, subprocess.TimeoutExpired) as error:
            code = error
        if code != 0:
            self.log(f"{' '.join(argv)}: {code}")

    # -- events ----------------------------------------------------------------------------------

    def on_signals(self, numbers):
        if signal.SIGHUP in numbers:
            self.kill(signal.SIGHUP)
        if (signal.SIGTERM in numbers or signal.SIGINT in numbers) and not self.stop_asked:
            self.stop_asked = True
            self.log("stopping")
            self.kill(signal.SIGTERM)
            self.enter("stopping" if self.child else "stopped", self.settings["stop_timeout"])

    def on_notification(self, text):
        fields = dict(line.partition("=")[::2] for line in text.splitlines())
        if "STATUS" in fields:
            self.status["text"] = fields["STATUS"]
            self.save()
        if fields.get("READY") == "1" and self.state == "starting":
            self.status["ready"] = time.monotonic_ns()
            self.log("ready")
            self.enter("ready", self.settings["watchdog"])
        elif fields.get("WATCHDOG") == "1" and self.state == "ready":
            self.deadline = time.monotonic() + self.settings["watchdog"]

    def receive_notifications(self):
        while True:
            try:
                data, extra, _, _ = self.notify.recvmsg(4096, 128)
            except BlockingIOError:
                return
            senders = [struct.unpack("=iII", content)[0] for level, kind, content in extra
                       if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS)]
            if senders == [self.child]:  # NotifyAccess=main
                self.on_notification(data.decode(errors="replace"))

    def on_deadline(self):
        if self.state == "waiting":
            self.start()
        elif self.state == "ready":
            self.log(f"no WATCHDOG=1 for {self.settings['watchdog']:g} s: SIGABRT")
            self.kill(signal.SIGABRT)
            self.kill(signal.SIGCONT)  # a stopped process takes the signal only when it goes on
            self.enter("aborting", self.settings["abort_timeout"])
        else:
            self.log(f"{self.state} takes too long: SIGKILL")
            self.kill(signal.SIGKILL)
            self.enter(self.state)

    def run(self):
        self.start()
        while self.state not in ("stopped", "failed"):
            left = None if self.deadline is None else max(0.0, self.deadline - time.monotonic())
            readable, _, _ = select.select([self.notify, self.wake], [], [], left)
            if self.wake in readable:
                self.on_signals(os.read(self.wake, 4096))
            self.receive_notifications()
            self.reap()
            if self.deadline is not None and time.monotonic() >= self.deadline:
                self.on_deadline()
        self.log(self.state)


def main():
    """The entry inside the host; everything it needs is in its settings file."""
    with open(SETTINGS) as file:
        settings = json.load(file)
    Process.of(os.getpid()).save(f"{DIRECTORY}/supervisor.pid")
    Supervisor(settings).run()
    return 0
