#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>

#include "vipherd/base/socket_address.hpp"
#include "vipherd/probe/connect_error.hpp"
#include "vipherd/probe/self_connection.hpp"
#include "vipherd/probe/tcp_socket.hpp"
#include "watch/watch.hpp"

namespace vipherd::watch {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kConnectWithin = std::chrono::seconds(10);
/// Greetings and the like; a server that goes on is no idle connection.
constexpr std::size_t kMostReceived = std::size_t{64} * 1024;

/// The socket and its handlers' way back, which the watch cuts. TCP's keep-alive is off: a peer
/// that goes without a word is for the probes to find, and they do it sooner.
struct Line : std::enable_shared_from_this<Line> {
  Line(asio::io_context& io, const SocketAddress& to, const model::WatchTarget& target,
       Report on_report)
      : address(to),
        greeting(target.send),
        vrf(target.vrf),
        socket(io),
        patience(io),
        report(std::move(on_report)) {}

  void connect() {
    patience.expires_after(kConnectWithin);
    patience.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (!error) self->end("no connection to " + self->address.to_string() + " within 10 s");
    });
    const tcp::endpoint to(probe::to_asio(address.address), address.port);
    if (const auto refused = probe::open_in_vrf(socket, to.protocol(), vrf)) {
      // The caller is not to be told before it has the watch.
      return asio::post(socket.get_executor(),
                        [self = shared_from_this(), refused] { self->on_connect(refused); });
    }
    socket.async_connect(to, [self = shared_from_this()](const boost::system::error_code& error) {
      self->on_connect(error);
    });
  }

  void on_connect(const boost::system::error_code& error) {
    if (!report) return;
    patience.cancel();
    const int failure = probe::connect_result(socket.native_handle(), error.value());
    if (failure != 0) {
      end(probe::connect_failure(address.to_string(), failure, vrf).reason);
    } else {
      greet();
    }
  }

  /// If it cannot be said the connection has ended, and reading tells how.
  void greet() {
    if (greeting.empty()) return read();
    asio::async_write(socket, asio::buffer(greeting),
                      [self = shared_from_this()](const boost::system::error_code&, std::size_t) {
                        if (self->report) self->read();
                      });
  }

  void read() {
    socket.async_read_some(
        asio::buffer(dropped),
        [self = shared_from_this()](const boost::system::error_code& error, std::size_t size) {
          self->on_read(error, size);
        });
  }

  void on_read(const boost::system::error_code& error, std::size_t size) {
    if (!report) return;
    received += size;
    const std::string connection = "the connection to " + address.to_string();
    if (error == asio::error::eof) {
      end(connection + " was closed");
    } else if (error == asio::error::connection_reset) {
      end(connection + " was reset");
    } else if (error) {
      end(connection + " ended: " + error.message());
    } else if (received > kMostReceived) {
      end(connection + " is not idle: more than 64 KiB came over it");
    } else {
      read();
    }
  }

  void end(std::string what) {
    const Report tell = std::exchange(report, nullptr);
    hang_up();
    if (tell) tell({std::move(what)});
  }

  void hang_up() {
    report = nullptr;
    patience.cancel();
    if (socket.is_open()) probe::reset(socket);
  }

  const SocketAddress address;
  const std::string greeting;
  const std::string vrf;
  tcp::socket socket;
  asio::steady_timer patience;
  Report report;
  std::array<char, 4096> dropped{};
  std::size_t received = 0;
};

class ConnectionWatch : public Watch {
 public:
  explicit ConnectionWatch(std::shared_ptr<Line> line) : line_(std::move(line)) {
    line_->connect();
  }
  ~ConnectionWatch() override { line_->hang_up(); }

 private:
  std::shared_ptr<Line> line_;
};

}  // namespace

std::unique_ptr<Watch> watch_connection(asio::io_context& io, const model::WatchTarget& target,
                                        Report report) {
  const auto to = SocketAddress::parse(target.what);
  if (!to) {
    report({to.error().what});
    return nullptr;
  }
  return std::make_unique<ConnectionWatch>(
      std::make_shared<Line>(io, *to, target, std::move(report)));
}

}  // namespace vipherd::watch
