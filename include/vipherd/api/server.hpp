// The HTTP endpoint: reads a request, asks the router function, writes the answer. Owns its
// connections; knows nothing of the agent. A slow, silent or malformed client costs one
// bounded connection and never the loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"

namespace vipherd::api {

struct Request {
  std::string_view method;  ///< "GET"
  std::string_view path;    ///< without the query
};
struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
};
using Handler = std::function<Response(const Request&)>;

class Server {
 public:
  Server(boost::asio::io_context& io, Handler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Binds and accepts. Fails with a sentence if the address is in use.
  Result<void> listen(const IpAddress& address, std::uint16_t port);
  /// The port bound (for listening on port 0 in tests).
  std::uint16_t port() const;
  /// Stops accepting and closes every connection.
  void close();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vipherd::api
