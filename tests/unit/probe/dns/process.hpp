// A daemon that a test runs in the foreground, in a process group of its own. It ends with the
// test, also if that crashes.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace vipherd::probe::testing {

class Process {
 public:
  /// Waits until something accepts connections on 127.0.0.1:port.
  Process(std::vector<std::string> words, std::uint16_t port, const std::string& log) {
    const std::vector<std::string> guard{"/usr/bin/setpriv", "--pdeathsig", "TERM", "--"};
    words.insert(words.begin(), guard.begin(), guard.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawnattr_t attributes{};
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    const int error =
        ::posix_spawn(&pid_, words[0].c_str(), nullptr, &attributes, arguments.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    if (error != 0) throw std::runtime_error("cannot start " + words[guard.size()]);
    wait_until_listening(port, words[guard.size()], log);
  }
  ~Process() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGCONT);
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// To it and all that it has started.
  void signal(int number) const { ::kill(-pid_, number); }

 private:
  static bool listens(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool connected =
        ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    return connected;
  }

  void wait_until_listening(std::uint16_t port, const std::string& name, const std::string& log) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!listens(port)) {
      const bool ended = ::waitpid(pid_, nullptr, WNOHANG) == pid_;
      if (ended) pid_ = -1;
      if (ended || std::chrono::steady_clock::now() >= deadline) {
        if (!ended) ::kill(-pid_, SIGKILL);
        std::ifstream file(log);
        throw std::runtime_error(
            name + " does not start: " + std::string{std::istreambuf_iterator<char>(file), {}});
      }
      ::poll(nullptr, 0, 5);
    }
  }

  pid_t pid_ = -1;
};

}  // namespace vipherd::probe::testing
