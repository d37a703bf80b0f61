// The common case without curl: one HTTP/1.1 request, not over TLS, to an address or a UNIX socket,
// no redirects. A probe of it costs little more than its connection; with curl it costs nearly
// twice that. What is asked for, and the words of what comes, are the same.
#pragma once

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>

#include "probe/http_expect.hpp"
#include "probe/http_settings.hpp"
#include "probe/kind.hpp"

namespace vipherd::probe {

struct PlainRequest {
  sockaddr_storage address{};
  socklen_t address_size = 0;
  std::string text;
  bool head = false;
  std::string vrf{};  ///< from which an address is connected to; empty: the default VRF
};

/// Of valid settings of kind `http`; nothing if they need curl.
std::optional<PlainRequest> read_plain_request(const model::Settings& settings);

/// Starts to connect; may call `finish` from within.
std::unique_ptr<Probe> start_plain_probe(boost::asio::io_context& io, PlainRequest request,
                                         StatusSet statuses, Expectation expectation,
                                         Finish finish);

}  // namespace vipherd::probe
