// libcurl's multi interface on Asio: moves transfers along when their sockets are ready. Knows
// no HTTP. Asio watches duplicates of curl's descriptors, because curl closes its own without
// asking; curl is never called from within its callbacks.
#pragma once

#include <curl/curl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace vipherd::probe::curl {

/// Receives how a transfer ended; the handle may be used and given back. Never called from
/// within a method of Loop.
using TransferEnd = std::function<void(CURLcode)>;

class Loop : public std::enable_shared_from_this<Loop> {
 public:
  static std::shared_ptr<Loop> make(boost::asio::io_context& io);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  /// A handle with all options at their defaults; null when memory is short.
  CURL* take_handle();
  /// Abandons its transfer, if there is one, and keeps the handle for another.
  void give_back(CURL* handle);
  /// False when curl will not have it.
  bool start(CURL* handle, TransferEnd end);

 private:
  explicit Loop(boost::asio::io_context& io);
  struct Watch;

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*);
  static int on_timer(CURLM*, long timeout_ms, void* self);
  void watch(curl_socket_t socket, int what);
  void wait_for(const std::shared_ptr<Watch>& watch, bool write);
  void arm_timer(long timeout_ms);
  /// Lets curl work, then gives out the ends.
  void act(curl_socket_t socket, int events);
  void give_out_ends();

  boost::asio::io_context& io_;
  CURLM* multi_;
  boost::asio::steady_timer timer_;
  std::uint64_t armed_ = 0;  ///< how often curl has set its timer, to know one that it replaced
  std::map<curl_socket_t, std::shared_ptr<Watch>> watches_;
  std::map<CURL*, TransferEnd> transfers_;
  std::vector<CURL*> spare_;
};

/// A loop for each file of authorities: curl keeps only those parsed that a loop used last, and to
/// parse the system's takes it 20 ms.
class Loops {
 public:
  explicit Loops(boost::asio::io_context& io) : io_(io) {}
  std::shared_ptr<Loop> of(const std::string& ca_file);

 private:
  boost::asio::io_context& io_;
  std::map<std::string, std::shared_ptr<Loop>> loops_;
};

}  // namespace vipherd::probe::curl
