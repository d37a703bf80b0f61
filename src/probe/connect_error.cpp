#include "probe/connect_error.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "vipherd/base/socket_address.hpp"

namespace vipherd::probe {
namespace {

/// Whether packets to `target` stay on this node: then the kernel chooses the very address as
/// source, too (or 127.0.0.1 for all of 127.0.0.0/8). Nothing is sent.
bool is_local(const SocketAddress& target) {
  sockaddr_storage storage{};
  socklen_t length = 0;
  const auto bytes = target.address.bytes();
  if (target.address.is_v4()) {
    if (bytes[0] == 127) return true;
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(target.port);
    std::memcpy(&v4->sin_addr, bytes.data(), bytes.size());
    length = sizeof *v4;
  } else {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(target.port);
    std::memcpy(&v6->sin6_addr, bytes.data(), bytes.size());
    length = sizeof *v6;
  }
  const int socket = ::socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return false;
  sockaddr_storage source{};
  socklen_t source_length = sizeof source;
  const bool known =
      ::connect(socket, reinterpret_cast<const sockaddr*>(&storage), length) == 0 &&
      ::getsockname(socket, reinterpret_cast<sockaddr*>(&source), &source_length) == 0;
  ::close(socket);
  if (!known) return false;
  if (source.ss_family == AF_INET) {
    const auto& address = reinterpret_cast<const sockaddr_in*>(&source)->sin_addr;
    return std::memcmp(&address, bytes.data(), bytes.size()) == 0;
  }
  const auto& address = reinterpret_cast<const sockaddr_in6*>(&source)->sin6_addr;
  return std::memcmp(&address, bytes.data(), bytes.size()) == 0;
}

bool says_nobody_listens(const std::string& target, int error) {
  if (target.starts_with('/')) return error == ECONNREFUSED || error == ENOENT;
  if (error != ECONNREFUSED) return false;
  const auto address = SocketAddress::parse(target);
  return address && is_local(*address);
}

}  // namespace

Outcome connect_failure(const std::string& target, int error) {
  const std::string cause = std::generic_category().message(error);
  // Not the service's fault, and not to be read as if it were.
  if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
    return could_not_run(cause);
  }
  Outcome outcome;
  outcome.reason = error == ECONNREFUSED ? "connect to " + target + " refused"
                                         : "cannot connect to " + target + ": " + cause;
  if (says_nobody_listens(target, error)) outcome.failure = model::Failure::refused;
  return outcome;
}

}  // namespace vipherd::probe
