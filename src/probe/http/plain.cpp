#include "probe/http/plain.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <utility>
#include <variant>

#include "vipherd/probe/connect_error.hpp"
#include "vipherd/probe/self_connection.hpp"
#include "vipherd/probe/vrf.hpp"
#include "vipherd/wire/http_response.hpp"

namespace vipherd::probe::http {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;
using Reader = wire::HttpResponseReader;
using State = Reader::State;

/// Read at a time, and how often before others have their turn.
constexpr std::size_t kReadSize = std::size_t{32} << 10;
constexpr int kMostReads = 8;
/// Of what is not wanted any more.
constexpr std::size_t kMostReadOn = std::size_t{256} << 10;

/// The connection. Handlers share it with the probe, which cuts their way back when it is
/// abandoned.
class Exchange : public Farewells::Guest, public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(asio::io_context& io, std::shared_ptr<const HttpSettings> settings, std::string vrf,
           Farewells& farewells, Finish finish)
      : descriptor_(io),
        settings_(std::move(settings)),
        request_(std::get<PlainRequest>(settings_->request)),
        vrf_(std::move(vrf)),
        reader_(request_.head, settings_->expectation.kept()),
        farewells_(farewells),
        finish_(std::move(finish)) {}

  void start();
  void abandon();
  std::string awaited() const;
  void close() override;
  bool is_open() const override { return descriptor_.is_open(); }

 private:
  void on_connected();
  void send_request();
  void wait(Descriptor::wait_type what, void (Exchange::*then)());
  void read_answer();
  bool take(std::string_view bytes);
  void evaluate();
  std::string describe_state() const;
  void fail_to_connect(int error);
  void fail_to_read(int error);
  void end(Outcome outcome);
  void read_on();

  Descriptor descriptor_;
  const std::shared_ptr<const HttpSettings> settings_;
  const PlainRequest& request_;  ///< among the settings
  const std::string vrf_;
  Reader reader_;
  Farewells& farewells_;  ///< not to be touched once `finish_` was called or dropped
  Finish finish_;
  std::size_t sent_ = 0;
  std::size_t read_on_ = 0;  ///< bytes that came after the end of the probe
  bool connected_ = false;
  bool closed_by_server_ = false;
};

void Exchange::start() {
  const int socket =
      ::socket(request_.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return end(could_not_run(std::strerror(errno)));
  const auto* address = reinterpret_cast<const sockaddr*>(&request_.address);
  int refused = address->sa_family == AF_UNIX ? 0 : bind_to_vrf(socket, vrf_);
  if (refused == 0 && ::connect(socket, address, request_.address_size) != 0) refused = errno;
  boost::system::error_code error;
  descriptor_.assign(socket, error);
  if (error) {
    ::close(socket);
    return end(could_not_run(error.message()));
  }
  if (refused == EAGAIN) {
    return end(
        {false, "cannot connect to " + request_.target + ": its queue of connections is full"});
  }
  if (refused != 0 && refused != EINPROGRESS) return fail_to_connect(refused);
  // On this node the connection is there already, and the kernel need not be asked for it.
  send_request();
}

void Exchange::on_connected() {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(descriptor_.native_handle(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
    error = errno;
  }
  if (error != 0) return fail_to_connect(error);
  connected_ = true;
  send_request();
}

void Exchange::send_request() {
  while (sent_ < request_.text.size()) {
    const ssize_t sent = ::send(descriptor_.native_handle(), request_.text.data() + sent_,
                                request_.text.size() - sent_, MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) {
      return wait(Descriptor::wait_write,
                  connected_ ? &Exchange::send_request : &Exchange::on_connected);
    }
    if (sent < 0 && !connected_) return fail_to_connect(errno);
    connected_ = true;
    // A server that wants no more of the request may have answered all the same.
    if (sent < 0) break;
    sent_ += static_cast<std::size_t>(sent);
  }
  wait(Descriptor::wait_read, &Exchange::read_answer);
}

void Exchange::wait(Descriptor::wait_type what, void (Exchange::*then)()) {
  descriptor_.async_wait(
      what, [self = shared_from_this(), then](const boost::system::error_code& error) {
        if (self->descriptor_.is_open() && error != asio::error::operation_aborted)
          ((*self).*then)();
      });
}

void Exchange::read_answer() {
  // One thread, and nothing is kept in it.
  static std::array<char, kReadSize> buffer;
  for (int reads = 0; reads < kMostReads; ++reads) {
    const ssize_t size = ::recv(descriptor_.native_handle(), buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EAGAIN) break;
    closed_by_server_ = size <= 0;
    if (size < 0) return fail_to_read(errno);
    if (size == 0) {
      reader_.end();
      return evaluate();
    }
    if (!take({buffer.data(), static_cast<std::size_t>(size)})) return evaluate();
  }
  wait(Descriptor::wait_read, &Exchange::read_answer);
}

/// False when nothing that is to come can change the result.
bool Exchange::take(std::string_view bytes) {
  const State state = reader_.take(bytes);
  if (state == State::headers) return true;
  return state == State::body && settings_->statuses.contains(reader_.status()) &&
         reader_.body_bytes() < settings_->expectation.body_limit;
}

void Exchange::evaluate() {
  // The request comes back as an answer, which is none.
  if (reader_.state() == State::not_http && is_connected_to_itself(descriptor_.native_handle())) {
    return fail_to_connect(ECONNREFUSED);
  }
  const int status = reader_.status();
  if (status == 0) return end({false, describe_state()});
  if (!settings_->statuses.contains(status))
    return end({false, unexpected(status, settings_->statuses)});
  const bool whole = reader_.state() == State::complete &&
                     reader_.body_bytes() <= settings_->expectation.body_limit;
  const bool enough = reader_.body_bytes() >= settings_->expectation.body_limit;
  if (!whole && !enough) return end({false, describe_state()});
  end(settings_->expectation.evaluate(status, reader_.body(), whole));
}

/// Of an answer that is none, or not whole.
std::string Exchange::describe_state() const {
  switch (reader_.state()) {
    case State::not_http:
      return "the answer is not HTTP";
    case State::headers_too_large:
      return "response headers larger than 64 KiB";
    case State::malformed_body:
      return "the chunks of the response body are malformed";
    case State::headers:
    case State::body:
    case State::complete:
    case State::cut_off:
      break;
  }
  if (!reader_.has_begun()) return "the connection was closed without an answer";
  return reader_.status() == 0 ? "the connection was closed before the response headers ended"
                               : "the connection was closed in the middle of the response body";
}

void Exchange::fail_to_connect(int error) {
  closed_by_server_ = true;
  end(connect_failure(request_.target, error, vrf_));
}

void Exchange::fail_to_read(int error) {
  if (error != ECONNRESET && error != EPIPE) {
    return end({false, "cannot read from " + request_.target + ": " +
                           std::generic_category().message(error)});
  }
  end({false, reader_.status() == 0
                  ? "the connection was reset before the response headers ended"
                  : "the connection was reset in the middle of the response body"});
}

void Exchange::end(Outcome outcome) {
  const auto self = shared_from_this();
  if (reader_.has_begun() && !closed_by_server_) {
    farewells_.take(self);
    read_on();
  } else {
    close();
  }
  if (finish_) std::exchange(finish_, nullptr)(std::move(outcome));
}

/// What a server says to whom it has answered: the rest of a body that changes nothing any more,
/// and that it closes the connection.
void Exchange::read_on() {
  std::array<char, 4096> rest;
  while (read_on_ < kMostReadOn) {
    const ssize_t size = ::recv(descriptor_.native_handle(), rest.data(), rest.size(), 0);
    if (size < 0 && errno == EAGAIN) return wait(Descriptor::wait_read, &Exchange::read_on);
    if (size <= 0) break;
    read_on_ += static_cast<std::size_t>(size);
  }
  close();
}

/// One that has finished may be among the farewells.
void Exchange::abandon() {
  if (std::exchange(finish_, nullptr)) close();
}

/// With a reset instead of a FIN: the server has closed or was given the time to, and the node that
/// checks itself every few milliseconds must not fill its own table with TIME_WAIT sockets.
void Exchange::close() {
  if (!descriptor_.is_open()) return;
  const linger none{1, 0};
  ::setsockopt(descriptor_.native_handle(), SOL_SOCKET, SO_LINGER, &none, sizeof none);
  boost::system::error_code ignored;
  descriptor_.close(ignored);
}

std::string Exchange::awaited() const {
  if (!connected_) return "connection";
  return reader_.status() == 0 ? "response headers" : "end of the response body";
}

class PlainProbe : public Probe {
 public:
  explicit PlainProbe(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  ~PlainProbe() override { exchange_->abandon(); }
  std::string awaited() const override { return exchange_->awaited(); }

 private:
  std::shared_ptr<Exchange> exchange_;
};

}  // namespace

Farewells::~Farewells() {
  while (!stays_.empty()) dismiss_first();
}

void Farewells::take(std::shared_ptr<Guest> guest) {
  std::erase_if(stays_, [](const Stay& stay) { return !stay.guest->is_open(); });
  if (stays_.size() >= kMost) dismiss_first();
  stays_.push_back({std::move(guest), std::chrono::steady_clock::now()});
  if (stays_.size() == 1) await_first();
}

void Farewells::await_first() {
  timer_.expires_at(stays_.front().since + std::chrono::seconds(1));
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    const TimePoint now = std::chrono::steady_clock::now();
    while (!stays_.empty() && now - stays_.front().since >= std::chrono::seconds(1)) {
      dismiss_first();
    }
    if (!stays_.empty()) await_first();
  });
}

void Farewells::dismiss_first() {
  stays_.front().guest->close();
  stays_.pop_front();
}

std::unique_ptr<Probe> start_plain_probe(asio::io_context& io,
                                         std::shared_ptr<const HttpSettings> settings,
                                         std::string vrf, Farewells& farewells, Finish finish) {
  auto exchange = std::make_shared<Exchange>(io, std::move(settings), std::move(vrf), farewells,
                                             std::move(finish));
  exchange->start();
  return std::make_unique<PlainProbe>(std::move(exchange));
}

}  // namespace vipherd::probe::http
