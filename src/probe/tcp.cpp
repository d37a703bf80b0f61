// Kind `tcp`: a connection can be made. Sends nothing and reads nothing.
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

#include "probe/connect_error.hpp"
#include "probe/kind.hpp"
#include "vipherd/base/socket_address.hpp"

namespace vipherd::probe {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::string_view kAddress = "address";

tcp::endpoint endpoint_of(const SocketAddress& target) {
  const auto bytes = target.address.bytes();
  if (target.address.is_v4()) {
    asio::ip::address_v4::bytes_type octets{};
    std::copy(bytes.begin(), bytes.end(), octets.begin());
    return {asio::ip::address_v4(octets), target.port};
  }
  asio::ip::address_v6::bytes_type octets{};
  std::copy(bytes.begin(), bytes.end(), octets.begin());
  return {asio::ip::address_v6(octets), target.port};
}

/// The socket and its handler's way back, which the probe cuts when it is abandoned.
struct Connection {
  Connection(asio::io_context& io, SocketAddress address, Finish on_finish)
      : socket(io), target(std::move(address)), finish(std::move(on_finish)) {}
  tcp::socket socket;
  SocketAddress target;
  Finish finish;
};

/// A reset instead of a FIN: the connection carried nothing, and the node that checks itself
/// every few milliseconds must not fill its own table with TIME_WAIT sockets.
void reset(tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

/// With nobody listening on a port of the ephemeral range, connect() may choose that very port to
/// come from, and the socket's SYN then meets itself (RFC 9293, simultaneous open).
bool is_connected_to_itself(const tcp::socket& socket) {
  boost::system::error_code no_local;
  boost::system::error_code no_remote;
  const auto local = socket.local_endpoint(no_local);
  const auto remote = socket.remote_endpoint(no_remote);
  return !no_local && !no_remote && local == remote;
}

void on_connect(const std::shared_ptr<Connection>& connection,
                const boost::system::error_code& error) {
  if (!connection->finish) return;
  const int failure =
      !error && is_connected_to_itself(connection->socket) ? ECONNREFUSED : error.value();
  reset(connection->socket);
  const std::string target = connection->target.to_string();
  std::exchange(connection->finish, nullptr)(
      failure == 0 ? Outcome{.pass = true, .reason = "connected to " + target}
                   : connect_failure(target, failure));
}

class TcpProbe : public Probe {
 public:
  explicit TcpProbe(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {
    connection_->socket.async_connect(
        endpoint_of(connection_->target),
        [connection = connection_](const boost::system::error_code& error) {
          on_connect(connection, error);
        });
  }
  ~TcpProbe() override {
    connection_->finish = nullptr;
    if (connection_->socket.is_open()) reset(connection_->socket);
  }
  std::string awaited() const override { return "connection"; }

 private:
  std::shared_ptr<Connection> connection_;
};

class TcpRunner : public Runner {
 public:
  explicit TcpRunner(asio::io_context& io) : io_(io) {}
  std::unique_ptr<Probe> start(const model::Settings& settings, Finish finish) override {
    const auto target =
        SocketAddress::parse(model::setting_or<std::string>(settings, kAddress, {}));
    if (!target) {
      finish(could_not_run(target.error().what));
      return nullptr;
    }
    return std::make_unique<TcpProbe>(
        std::make_shared<Connection>(io_, *target, std::move(finish)));
  }

 private:
  asio::io_context& io_;
};

std::vector<model::SettingFault> validate(const model::Settings& settings) {
  const auto target = SocketAddress::parse(model::setting_or<std::string>(settings, kAddress, {}));
  if (target) return {};
  return {{std::string(kAddress), target.error().what}};
}

std::optional<SocketAddress> target(const model::Settings& settings) {
  const auto parsed = SocketAddress::parse(model::setting_or<std::string>(settings, kAddress, {}));
  return parsed ? std::optional(*parsed) : std::nullopt;
}

model::Settings aim(const model::Settings& settings, const IpAddress& address) {
  model::Settings aimed = settings;
  aimed[std::string(kAddress)] = SocketAddress{address, target(settings)->port}.to_string();
  return aimed;
}

}  // namespace

Kind tcp_kind() {
  return {{"tcp",
           "passes when a TCP connection can be made",
           {{kAddress, model::SettingType::text, true,
             "numeric address and port, \"127.0.0.1:53\" or \"[::1]:53\""}},
           validate,
           target,
           aim,
           1},
          [](asio::io_context& io) -> std::unique_ptr<Runner> {
            return std::make_unique<TcpRunner>(io);
          }};
}

}  // namespace vipherd::probe
