// A raw client, over TCP or a UNIX socket, that shares the server's thread: it never blocks, and
// `Loop` turns the server's loop until what is waited for has come.
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <chrono>
#include <functional>
#include <string>

namespace vipherd::api::test {

class Loop {
 public:
  boost::asio::io_context io;

  /// False if it has not become true within five seconds.
  bool until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      io.restart();
      io.run_one_for(std::chrono::milliseconds(5));
    }
    return true;
  }
};

/// Where a server listens: the path of a UNIX socket, or a port of the loopback address.
struct Where {
  std::uint16_t port = 0;
  std::string path{};
  bool v6 = false;
};

class Client {
 public:
  explicit Client(const Where& where) {
    if (!where.path.empty()) {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      where.path.copy(address.sun_path, sizeof address.sun_path - 1);
      connect_to(AF_UNIX, address);
    } else if (where.v6) {
      sockaddr_in6 address{};
      address.sin6_family = AF_INET6;
      address.sin6_port = htons(where.port);
      address.sin6_addr = in6addr_loopback;
      connect_to(AF_INET6, address);
    } else {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(where.port);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      connect_to(AF_INET, address);
    }
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return connected_; }
  /// How much of `text` the socket took.
  std::size_t send(const std::string& text) {
    const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }
  void end_of_requests() { ::shutdown(fd_, SHUT_WR); }

  /// Reads what is there.
  const std::string& received() {
    char buffer[4096];
    for (;;) {
      const ssize_t size = ::recv(fd_, buffer, sizeof buffer, 0);
      if (size > 0) {
        received_.append(buffer, static_cast<std::size_t>(size));
        continue;
      }
      if (size == 0 || (errno != EAGAIN && errno != EINTR)) closed_ = true;
      return received_;
    }
  }
  bool closed() {
    received();
    return closed_;
  }
  /// How many times `text` was received.
  int count(const std::string& text) {
    received();
    int found = 0;
    for (std::size_t at = received_.find(text); at != std::string::npos;
         at = received_.find(text, at + text.size())) {
      ++found;
    }
    return found;
  }

 private:
  template <class Address>
  void connect_to(int family, const Address& address) {
    fd_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // The kernel completes it by itself: the server listens already.
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    fcntl(fd_, F_SETFL, O_NONBLOCK);
  }

  int fd_ = -1;
  bool connected_ = false;
  bool closed_ = false;
  std::string received_;
};

}  // namespace vipherd::api::test
