// The text of a request that needs no curl, and where to send it. Pure.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

#include "probe/http/request.hpp"

namespace vipherd::probe::http {

struct PlainRequest {
  sockaddr_storage address{};
  socklen_t address_size = 0;
  std::string target;  ///< the address for people: "127.0.0.1:80", the path of a socket
  std::string text;
  bool head = false;
};

/// Whether the server is asked to close the connection when it has answered, as is right for
/// a client that asks but once: one that expects another request would find a reset in its place.
enum class Afterwards : std::uint8_t { close, keep };

/// Nothing if the request needs curl.
std::optional<PlainRequest> to_plain_request(const HttpRequest& request,
                                             Afterwards afterwards = Afterwards::close);

}  // namespace vipherd::probe::http
