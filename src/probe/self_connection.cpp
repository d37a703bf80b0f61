#include "vipherd/probe/self_connection.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace vipherd::probe {

bool is_connected_to_itself(int socket) {
  sockaddr_storage local{};
  sockaddr_storage remote{};
  socklen_t local_size = sizeof local;
  socklen_t remote_size = sizeof remote;
  return ::getsockname(socket, reinterpret_cast<sockaddr*>(&local), &local_size) == 0 &&
         local.ss_family != AF_UNIX &&
         ::getpeername(socket, reinterpret_cast<sockaddr*>(&remote), &remote_size) == 0 &&
         local_size == remote_size && std::memcmp(&local, &remote, local_size) == 0;
}

int connect_result(int socket, int error) {
  return error == 0 && is_connected_to_itself(socket) ? ECONNREFUSED : error;
}

}  // namespace vipherd::probe
