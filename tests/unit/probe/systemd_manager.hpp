// A real systemd that manages units of a test's own: the manager of a user, since one that is
// process 1 would need a container. Its D-Bus interface is the same. It stands where the system's
// would be as long as a test looks at it, in a mount namespace of the test's.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "unit/temporary_directory.hpp"

namespace vipherd::probe::testing {

/// Mounts that no other process sees; the calling thread moves in, and back out at the end.
class MountNamespace {
 public:
  MountNamespace()
      : home_(::open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC)),
        directory_(std::filesystem::current_path()) {
    std::filesystem::create_directories("/run/systemd");
    if (home_ < 0 || ::unshare(CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      throw std::runtime_error("cannot make a mount namespace (the tests run as root)");
    }
  }
  ~MountNamespace() {
    if (::setns(home_, CLONE_NEWNS) != 0) std::abort();
    ::close(home_);
    std::filesystem::current_path(directory_);
  }
  MountNamespace(const MountNamespace&) = delete;
  MountNamespace& operator=(const MountNamespace&) = delete;

 private:
  int home_;
  std::filesystem::path directory_;
};

class SystemdManager {
 public:
  /// How it is reached.
  enum class By { nothing, its_socket, message_bus };

  explicit SystemdManager(By by) : by_(by) {
    std::filesystem::create_directories(path("run/systemd"));
    write_units();
    start();
    if (by == By::its_socket) {
      stand_in(path("run/systemd"), MS_BIND);
    } else {
      stand_in("tmpfs", 0);
    }
    const std::string socket = by == By::message_bus ? path("run/bus") : "/nowhere/bus";
    ::setenv("DBUS_SYSTEM_BUS_ADDRESS", ("unix:path=" + socket).c_str(), 1);
  }
  ~SystemdManager() {
    ::unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
    if (process_ > 0) {
      ::kill(process_, SIGCONT);
      ::kill(process_, SIGTERM);
      ::waitpid(process_, nullptr, 0);
    }
    remove_groups();
  }
  SystemdManager(const SystemdManager&) = delete;
  SystemdManager& operator=(const SystemdManager&) = delete;

  /// The manager is killed; its units' processes as well, as with a machine.
  void kill() {
    systemctl("stop '*.service'");
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
  }
  void start() {
    process_ = ::fork();
    if (process_ == 0) run();
    wait_until("the manager", [this] { return answers(path("run/systemd/private")); });
    systemctl("start dbus.service");
    wait_until("its name on the bus", [this] {
      return std::system(("busctl --address=unix:path=" + path("run/bus") +
                          " status org.freedesktop.systemd1 >/dev/null 2>&1")
                             .c_str()) == 0;
    });
  }
  void signal(int number) const { ::kill(process_, number); }

  /// To be read at a start or a daemon-reload.
  void write_unit(const std::string& name, const std::string& text) const {
    directory_.write("units/" + name, "[Unit]\nDefaultDependencies=no\n" + text);
  }

  /// As `systemctl mask` does; to be read at a daemon-reload.
  void mask_unit(const std::string& name) const {
    std::filesystem::create_symlink("/dev/null", path("units/" + name));
  }

  /// systemctl(1) with these arguments; what it writes.
  std::string systemctl(const std::string& arguments) const {
    const std::string line =
        "XDG_RUNTIME_DIR=" + path("run") + " systemctl --user " + arguments + " 2>&1";
    std::FILE* pipe = ::popen(line.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("cannot run systemctl");
    std::string output;
    for (int c = 0; (c = std::fgetc(pipe)) != EOF;) output += static_cast<char>(c);
    ::pclose(pipe);
    return output.substr(0, output.find('\n'));
  }
  pid_t main_process(const std::string& unit) const {
    return std::stoi(systemctl("show -P MainPID " + unit));
  }
  std::string log() const {
    std::ifstream file(path("log"));
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::string path(const std::string& name) const { return directory_.path(name); }

  void write_units() const {
    write_unit("default.target", "Wants=dbus.socket\n");
    write_unit("plain.target", "");
    write_unit("dbus.socket", "[Socket]\nListenStream=%t/bus\n");
    write_unit(
        "dbus.service",
        "Requires=dbus.socket\n[Service]\nType=notify\nNotifyAccess=main\nExecStart=/usr/bin/"
        "dbus-daemon --session --address=systemd: --nofork --nopidfile --systemd-activation\n");
    write_unit("web.service", "[Service]\nExecStart=/bin/sleep 10000\n");
    write_unit("again.service",
               "StartLimitIntervalSec=0\n[Service]\nExecStart=/bin/sleep 10000\nRestart=always\n"
               "RestartSec=1ms\n");
    write_unit("bad.service", "[Service]\nExecStart=/bin/false\n");
    mask_unit("masked.service");
    std::filesystem::create_symlink("web.service", path("units/alias.service"));
  }

  /// In the child. A control group of its own keeps it from meeting other managers.
  [[noreturn]] void run() const {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    const int file = ::open(path("log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(file, 1);
    ::dup2(file, 2);
    const std::string script = R"script(
      set -e
      join() { # HIERARCHY PATH
        if [ -e "$1/cgroup.procs" ]; then mkdir -p "$1$2/$group"; echo $$ >"$1$2/$group/cgroup.procs"; fi
      }
      join /sys/fs/cgroup/systemd "$(sed -n 's/^[0-9]*:name=systemd://p' /proc/self/cgroup)"
      join /sys/fs/cgroup/unified "$(sed -n 's/^0:://p' /proc/self/cgroup)"
      join /sys/fs/cgroup "$(sed -n 's/^0:://p' /proc/self/cgroup)"
      mount -t tmpfs none /run/systemd
      mkdir /run/systemd/system # a user's manager wants the system's to be systemd
      exec env -i XDG_RUNTIME_DIR="$dir/run" SYSTEMD_UNIT_PATH="$dir/units:/usr/lib/systemd/user" \
        SYSTEMD_LOG_TARGET=console HOME=/ PATH=/usr/bin:/bin /lib/systemd/systemd --user)script";
    const std::string line = "dir=" + directory_.path("") + " group=" + group_ + script;
    ::execl("/usr/bin/unshare", "unshare", "-m", "sh", "-c", line.c_str(), nullptr);
    ::_exit(127);
  }

  template <class Done>
  void wait_until(const std::string& what, Done done) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!done()) {
      if (std::chrono::steady_clock::now() >= deadline) {
        throw std::runtime_error("systemd does not start, awaited " + what + ": " + log());
      }
      ::poll(nullptr, 0, 5);
    }
  }

  static bool answers(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected =
        ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    return connected;
  }

  static void stand_in(const std::string& source, unsigned long flags) {
    if (::mount(source.c_str(), "/run/systemd", flags == 0 ? "tmpfs" : nullptr, flags, nullptr) !=
        0) {
      throw std::runtime_error("cannot mount at /run/systemd");
    }
  }

  /// What is empty of the control groups.
  void remove_groups() const {
    std::system(("find /sys/fs/cgroup -depth -type d -path '*/" + group_ +
                 "*' -exec rmdir {} + 2>/dev/null")
                    .c_str());
  }

  By by_;
  const std::string group_ = "vipherd-test-" + std::to_string(::getpid());
  test::TemporaryDirectory directory_;
  MountNamespace namespace_;
  pid_t process_ = -1;
};

}  // namespace vipherd::probe::testing
