// The HTTP endpoint, over TCP or over a UNIX socket: reads a request, asks the router function,
// writes the answer. Owns its connections and its socket file; knows nothing of the agent. A
// slow, silent or malformed client costs one bounded connection and never the loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/api/request.hpp"
#include "vipherd/base/duration.hpp"
#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"

namespace vipherd::api {

/// Takes the answer, within the handler or later; the second one is ignored, and so is one to a
/// client that has gone.
using Reply = std::function<void(Response)>;
/// The request is gone when it returns. To throw is to answer 500.
using Handler = std::function<void(const Request&, Reply)>;

/// What one client, and all of them together, may cost.
struct Limits {
  std::uint32_t header_bytes = 8192;
  std::uint32_t body_bytes = 1024;
  /// One more closes the connection that has made no progress for the longest time, so that
  /// idle or stuck clients cannot lock a monitor out.
  std::size_t connections = 64;
  Duration read_deadline =
      std::chrono::seconds(5);  ///< from the last answer to the whole next request
  Duration write_deadline = std::chrono::seconds(5);  ///< for the whole answer
};

class Server {
 public:
  Server(boost::asio::io_context& io, Handler handler, Limits limits = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // One of the two. Both fail with a sentence, for example if another program listens there, and
  // may be called again, also in place of what listened before; connections stay.

  /// Over TCP, for everybody who reaches the address: POST is refused, and so is a request under a
  /// name (Host) that is no address, not localhost and none of answer_to(). One without a Host is
  /// answered: no browser sends such.
  Result<void> listen(const IpAddress& address, std::uint16_t port);
  /// Over a UNIX socket of mode 0660, for the process's user and group: may change something.
  /// Makes the directory if it is missing and replaces a socket on which nothing listens any more;
  /// close() removes it.
  Result<void> listen(const std::string& path);
  /// Replaces the names under which the endpoint may be asked over TCP; none at first.
  void answer_to(std::vector<std::string> names);
  /// False if it cannot be found any more: the socket's file is gone, or another one in its place.
  bool is_reachable() const;
  /// The port bound (for listening on port 0 in tests).
  std::uint16_t port() const;
  /// Stops accepting and closes every connection. May be called at any time, also by the
  /// handler.
  void close();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vipherd::api
