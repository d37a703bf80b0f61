// Kind `tcp`: a connection can be made, and, if asked, the service says what is expected. Without
// `expect` it sends nothing and reads nothing.
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "probe/excerpt.hpp"
#include "probe/kind.hpp"
#include "probe/setting_reader.hpp"
#include "vipherd/base/socket_address.hpp"
#include "vipherd/probe/connect_error.hpp"
#include "vipherd/probe/self_connection.hpp"
#include "vipherd/probe/tcp_socket.hpp"

namespace vipherd::probe::tcp {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::string_view kSend = "send";
constexpr std::string_view kExpect = "expect";
/// A greeting is short, but a service may send gigabytes.
constexpr std::size_t kMostAnswer = 4096;
constexpr std::size_t kMostSend = 4096;

struct TcpSettings {
  SocketAddress address;
  std::string send;
  std::string expect;  ///< empty: a connection is enough
};

/// One connection. Its handlers keep it alive; the probe cuts the way back when it is abandoned.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(asio::io_context& io, std::shared_ptr<const TcpSettings> settings, std::string vrf,
             Finish finish)
      : socket_(io),
        settings_(std::move(settings)),
        vrf_(std::move(vrf)),
        finish_(std::move(finish)) {}

  void start() {
    const tcp::endpoint to(to_asio(settings_->address.address), settings_->address.port);
    if (const auto refused = open_in_vrf(socket_, to.protocol(), vrf_)) return on_connect(refused);
    socket_.async_connect(to, [self = shared_from_this()](const error_code& error) {
      if (self->finish_) self->on_connect(error);
    });
  }
  void abandon() {
    finish_ = nullptr;
    if (socket_.is_open()) reset(socket_);
  }
  std::string awaited() const;

 private:
  void end(Outcome outcome) {
    if (socket_.is_open()) reset(socket_);
    std::exchange(finish_, nullptr)(std::move(outcome));
  }
  void on_connect(const error_code& error);
  void send();
  void receive();
  void on_received(const error_code& error, std::size_t size);
  std::string received() const;

  tcp::socket socket_;
  std::shared_ptr<const TcpSettings> settings_;
  std::string vrf_;
  Finish finish_;
  bool connected_ = false;
  std::vector<char> answer_;  ///< kMostAnswer bytes, of which size_ have come
  std::size_t size_ = 0;
};

void Connection::on_connect(const error_code& error) {
  const int failure = connect_result(socket_.native_handle(), error.value());
  const std::string target = settings_->address.to_string();
  if (failure == ECONNRESET && !settings_->expect.empty()) {
    // It was made, and reset before we looked.
    on_received(error, 0);
  } else if (failure != 0) {
    reset(socket_);  // for the descriptor's sake: telling the cause may need one
    end(connect_failure(target, failure, vrf_));
  } else if (settings_->expect.empty()) {
    end({.pass = true, .reason = "connected to " + target});
  } else {
    connected_ = true;
    answer_.resize(kMostAnswer);
    receive();
    send();
  }
}

/// Beside the reading, which tells of any failure: a service may speak first, or not listen at all.
void Connection::send() {
  if (settings_->send.empty()) return;
  asio::async_write(socket_, asio::buffer(settings_->send),
                    [self = shared_from_this()](const error_code&, std::size_t) {});
}

void Connection::receive() {
  socket_.async_read_some(asio::buffer(answer_.data() + size_, answer_.size() - size_),
                          [self = shared_from_this()](const error_code& error, std::size_t size) {
                            if (self->finish_) self->on_received(error, size);
                          });
}

void Connection::on_received(const error_code& error, std::size_t size) {
  size_ += size;
  const std::string_view answer(answer_.data(), size_);
  const std::string expected = excerpt(settings_->expect);
  if (answer.find(settings_->expect) != std::string_view::npos) {
    end({.pass = true, .reason = "answered with " + expected});
  } else if (error == asio::error::eof) {
    end({false, "the connection was closed without " + expected + received()});
  } else if (error) {
    end({false, "the connection was reset without " + expected + received()});
  } else if (size_ == answer_.size()) {
    end({false, "no " + expected + " in the first 4 KiB of the answer" + received()});
  } else {
    receive();
  }
}

/// "" if nothing came.
std::string Connection::received() const {
  if (size_ == 0) return {};
  return ", after " + excerpt({answer_.data(), size_});
}

std::string Connection::awaited() const {
  if (!connected_) return "connection";
  std::string noun = "answer with " + excerpt(settings_->expect);
  // A line that is complete is a statement; what trickles in would make each probe fail in
  // other words.
  const std::string_view answer(answer_.data(), size_);
  const std::size_t line = answer.find('\n');
  if (line != std::string_view::npos) noun += ", only " + excerpt(answer.substr(0, line + 1)) + ",";
  return noun;
}

class TcpProbe : public Probe {
 public:
  explicit TcpProbe(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {
    connection_->start();
  }
  ~TcpProbe() override { connection_->abandon(); }
  std::string awaited() const override { return connection_->awaited(); }

 private:
  std::shared_ptr<Connection> connection_;
};

class TcpRunner : public RunnerOf<TcpSettings> {
 public:
  explicit TcpRunner(asio::io_context& io) : io_(io) {}

 private:
  std::unique_ptr<Probe> start_probe(std::shared_ptr<const TcpSettings> settings,
                                     const Asker& asker, Finish finish) override {
    return std::make_unique<TcpProbe>(
        std::make_shared<Connection>(io_, std::move(settings), asker.vrf, std::move(finish)));
  }

  asio::io_context& io_;
};

model::Preparation prepare_tcp(const model::Settings& given) {
  SettingReader reader(given);
  TcpSettings settings{reader.address(kAddress), reader.text(kSend), reader.text(kExpect)};
  if (reader.has(kExpect) && (settings.expect.empty() || settings.expect.size() > kMostAnswer)) {
    reader.error(kExpect, "expected a text of 1 to 4096 bytes");
  }
  if (reader.has(kSend) && (settings.send.empty() || settings.send.size() > kMostSend)) {
    reader.error(kSend, "expected a text of 1 to 4096 bytes");
  }
  if (reader.has(kSend) && !reader.has(kExpect)) {
    reader.error(kSend,
                 "expected expect beside it: without an answer nothing shows that it arrived");
  }
  const SocketAddress target = settings.address;
  return std::move(reader).prepared(std::move(settings), target);
}

}  // namespace

Kind kind() {
  return {{"tcp",
           "passes when a TCP connection can be made, and the service says what is expected",
           {{kAddress, model::SettingType::text, true,
             "numeric address and port, \"127.0.0.1:53\" or \"[::1]:53\""},
            {kSend, model::SettingType::bytes, false, "what is sent, \"PING\\r\\n\""},
            {kExpect, model::SettingType::bytes, false,
             "text that must come within the first 4 KiB, \"220 \""}},
           prepare_tcp,
           retarget_by(kAddress),
           1},
          make_runner<TcpRunner>};
}

}  // namespace vipherd::probe::tcp
