// Asks one daemon over its VTY socket, one command at a time: connects when asked, keeps the
// connection until close(). Owns the connection and the deadline of the question; knows nothing
// of what the answers mean.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "frr/unix_stream.hpp"
#include "vipherd/base/duration.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/wire/vty/vty.hpp"

namespace vipherd::frr {

/// Whether that is why nothing was asked: there is no socket, or no process behind it (strerror()
/// of ENOENT and ECONNREFUSED).
inline bool nothing_listens(std::string_view reason) {
  return reason.ends_with("No such file or directory") || reason.ends_with("Connection refused");
}

class VtyClient : public std::enable_shared_from_this<VtyClient> {
 public:
  /// The response points into a buffer that lives as long as the call. Called from the event loop
  /// only. After an error the connection is closed and the next question opens a new one.
  using Done = std::function<void(Result<wire::vty::Response>)>;

  VtyClient(boost::asio::io_context& io, std::string path)
      : io_(io), timer_(io), path_(std::move(path)) {}

  /// Exactly one call of `done` follows, within the deadline, unless close() comes first. No
  /// other question may be outstanding, but one may be asked from within `done`.
  void ask(std::string_view command, Duration deadline, Done done);
  /// Ends the connection and drops the question; ask() opens a new one.
  void close();

 private:
  void on_connected();
  std::size_t on_received(std::span<const std::uint8_t> bytes);
  void arm(Duration deadline);
  void fail_question(std::string reason);
  Done take_question();

  boost::asio::io_context& io_;
  boost::asio::steady_timer timer_;
  std::string path_;
  std::shared_ptr<UnixStream> stream_;
  std::vector<std::uint8_t> question_;  ///< to be written once connected
  bool connected_ = false;
  Done done_;
  std::uint64_t asked_ = 0;  ///< tells a late deadline from the present one
};

}  // namespace vipherd::frr
