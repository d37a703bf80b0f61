#include "vipherd/api/server.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstring>
#include <iterator>
#include <list>
#include <optional>

#include "api/host.hpp"
#include "api/socket_file.hpp"
#include "vipherd/base/assert.hpp"

namespace vipherd::api {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
/// TCP and UNIX sockets by the same code.
using Protocol = asio::generic::stream_protocol;
using Acceptor = asio::basic_socket_acceptor<Protocol>;
using SocketStream = beast::basic_stream<Protocol>;

/// Without file descriptors accepting fails at once again and again.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);
/// After the last answer what the client still sends is read and dropped for a moment:
/// closing with unread data would reset the connection and destroy the answer.
constexpr auto kLinger = std::chrono::seconds(1);
constexpr std::size_t kLingerBytes = std::size_t{64} << 10;

Response error_response(unsigned status, std::string_view message) {
  return {status, "application/json", "{\"error\":\"" + std::string(message) + "\"}\n"};
}

/// What to tell a client whose request could not be read, or nothing if it is gone.
std::optional<Response> complaint(const error_code& error) {
  if (error == http::error::end_of_stream) return std::nullopt;
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return error_response(431, "request header too large");
  }
  if (error == http::error::body_limit) return error_response(413, "request body too large");
  if (error.category() == make_error_code(http::error::bad_method).category()) {
    return error_response(400, "malformed request");
  }
  return std::nullopt;
}

class Connection;
using Connections = std::list<std::shared_ptr<Connection>>;

/// What a connection needs of the server, and outlives it by.
struct Shared {
  Handler handler;
  Limits limits;
  bool may_change = false;           ///< over a UNIX socket: POST is passed on, and under any name
  std::vector<std::string> names{};  ///< answer_to()
  Connections connections{};         ///< the one without progress for the longest time comes first
};

/// One client: read a request, answer it, and again, until either side has had enough.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Protocol::socket socket, std::shared_ptr<Shared> shared)
      : stream_(std::move(socket)),
        shared_(std::move(shared)),
        buffer_(shared_->limits.header_bytes + shared_->limits.body_bytes) {}

  void start(Connections::iterator self) {
    self_ = self;
    error_code ignored;  // a UNIX socket has no such option, and needs none
    stream_.socket().set_option(tcp::no_delay(true), ignored);
    read();
  }

  /// Every operation in flight ends with an error, which then finds nothing left to do.
  void close() {
    if (closed_) return;
    closed_ = true;
    stream_.close();
    shared_->connections.erase(self_);
  }

 private:
  void read() {
    parser_.emplace();
    parser_->header_limit(shared_->limits.header_bytes);
    parser_->body_limit(shared_->limits.body_bytes);
    stream_.expires_after(shared_->limits.read_deadline);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](const error_code& error, std::size_t) {
                       self->on_read(error);
                     });
  }

  void on_read(const error_code& error) {
    if (closed_) return;
    progressed();
    if (!error) return answer(parser_->get());
    const auto response = complaint(error);
    if (!response) return close();
    write(*response, {.version = 11, .keep_alive = false, .head = false});
  }

  void answer(const http::request<http::string_body>& request) {
    const std::string_view target(request.target().data(), request.target().size());
    const bool head = request.method() == http::verb::head;
    const bool post = request.method() == http::verb::post;
    const Framing framing{request.version(), request.keep_alive(), head};
    if (!head && request.method() != http::verb::get && !(post && shared_->may_change)) {
      Response refusal = error_response(
          405, shared_->may_change ? "expected GET, HEAD or POST" : "expected GET or HEAD");
      refusal.allow = shared_->may_change ? "GET, HEAD, POST" : "GET, HEAD";
      return write(std::move(refusal), framing);
    }
    if (!shared_->may_change && !is_for_us(request)) {
      return write(error_response(421,
                                  "asked under a name that is not this endpoint's: use an "
                                  "address, or list the name in api.hosts"),
                   {framing.version, false, head});
    }
    if (!target.starts_with('/')) {
      return write(error_response(400, "expected a path"), {framing.version, false, head});
    }
    const std::size_t mark = std::min(target.find('?'), target.size());
    ask({head   ? "HEAD"
         : post ? "POST"
                : "GET",
         target.substr(0, mark), target.substr(std::min(mark + 1, target.size())), request.body(),
         field(request, "Last-Event-ID"), user(), field(request, kLoginField)},
        framing);
  }

  struct Framing {
    unsigned version;
    bool keep_alive;
    bool head;  ///< send the header alone
  };

  static std::string_view field(const http::request<http::string_body>& request, const char* name) {
    const auto value = request[name];
    return {value.data(), value.size()};
  }

  std::optional<std::uint32_t> user() {
    ucred who{};
    socklen_t size = sizeof who;
    if (!shared_->may_change ||
        ::getsockopt(stream_.socket().native_handle(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) {
      return std::nullopt;
    }
    return who.uid;
  }

  /// One name at most: which of several counts is not for us to say.
  bool is_for_us(const http::request<http::string_body>& request) const {
    const auto [first, last] = request.equal_range(http::field::host);
    if (first == last) return true;
    if (std::next(first) != last) return false;
    const auto value = first->value();
    return is_own_host({value.data(), value.size()}, shared_->names);
  }

  /// A connection that waits for an answer is kept by the list of connections alone: the server may
  /// close it, and the answer then finds no connection.
  void ask(const Request& request, Framing framing) {
    stream_.expires_never();
    const auto answered = std::make_shared<bool>(false);
    const auto reply = [weak = weak_from_this(), framing, answered](Response response) {
      const auto self = weak.lock();
      if (std::exchange(*answered, true) || !self || self->closed_) return;
      self->write(std::move(response), framing);
    };
    try {
      shared_->handler(request, reply);
    } catch (const std::exception&) {
      reply(error_response(500, "internal error"));
    }
  }

  void write(Response response, Framing framing) {
    body_ = framing.head ? nullptr : std::exchange(response.stream, nullptr);
    if (body_) framing.keep_alive = false;  // its end is the connection's
    response_ = {};
    response_.version(framing.version);
    response_.result(response.status);
    response_.set(http::field::content_type, response.content_type);
    response_.set(http::field::cache_control, "no-store");
    response_.set("X-Content-Type-Options", "nosniff");
    response_.set("Referrer-Policy", "no-referrer");
    if (!response.security_policy.empty()) {
      response_.set("Content-Security-Policy", response.security_policy);
    }
    // Or nginx would keep pieces of a stream until it has many.
    if (body_) response_.set("X-Accel-Buffering", "no");
    if (!response.allow.empty()) response_.set(http::field::allow, response.allow);
    response_.keep_alive(framing.keep_alive);
    response_.body() = std::move(response.body);
    if (!body_) response_.prepare_payload();
    serializer_.emplace(response_);
    stream_.expires_after(shared_->limits.write_deadline);
    auto done = [self = shared_from_this(), keep_alive = framing.keep_alive](
                    const error_code& error, std::size_t) { self->on_written(error, keep_alive); };
    if (framing.head || body_) {
      http::async_write_header(stream_, *serializer_, std::move(done));
    } else {
      http::async_write(stream_, *serializer_, std::move(done));
    }
  }

  void on_written(const error_code& error, bool keep_alive) {
    if (closed_) return;
    progressed();
    if (error) return close();
    if (body_) return begin_stream();
    if (keep_alive) return read();
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.expires_after(kLinger);
    linger(kLingerBytes);
  }

  /// Whatever the client sends now is dropped; that it leaves is seen at once.
  void begin_stream() {
    body_->wake = [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self && !self->closed_ && !self->sending_) self->send_next();
    };
    stream_.expires_never();
    watch_for_end();
    send_next();
  }

  void watch_for_end() {
    stream_.async_read_some(asio::buffer(rest_),
                            [self = shared_from_this()](const error_code& error, std::size_t) {
                              if (self->closed_) return;
                              if (error) return self->close();
                              self->watch_for_end();
                            });
  }

  void send_next() {
    piece_ = body_->next();
    sending_ = !piece_.empty();
    if (!sending_) return;
    stream_.expires_after(shared_->limits.write_deadline);
    asio::async_write(stream_, asio::buffer(piece_),
                      [self = shared_from_this()](const error_code& error, std::size_t) {
                        if (self->closed_) return;
                        self->progressed();
                        if (error) return self->close();
                        self->stream_.expires_never();
                        self->send_next();
                      });
  }

  void linger(std::size_t left) {
    stream_.async_read_some(asio::buffer(rest_), [self = shared_from_this(), left](
                                                     const error_code& error, std::size_t size) {
      if (self->closed_) return;
      if (error || size >= left) return self->close();
      self->linger(left - size);
    });
  }

  void progressed() {
    Connections& all = shared_->connections;
    all.splice(all.end(), all, self_);
  }

  SocketStream stream_;
  std::shared_ptr<Shared> shared_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
  std::array<char, 4096> rest_{};
  std::shared_ptr<Stream> body_;  ///< of an answer that goes on
  std::string piece_;             ///< of it, being sent
  bool sending_ = false;
  Connections::iterator self_;
  bool closed_ = false;
};

}  // namespace

class Server::Impl : public std::enable_shared_from_this<Server::Impl> {
 public:
  Impl(asio::io_context& io, Handler handler, Limits limits)
      : acceptor_(io),
        pause_(io),
        shared_(std::make_shared<Shared>(Shared{std::move(handler), limits})) {
    VIPHERD_ASSERT(limits.connections > 0);
  }

  Result<void> listen(const IpAddress& address, std::uint16_t port) {
    stop_listening();
    const tcp::endpoint endpoint(asio::ip::make_address(address.to_string()), port);
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && !address.is_v4()) acceptor_.set_option(asio::ip::v6_only(false), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      error_code ignored;
      acceptor_.close(ignored);
      const std::string host =
          address.is_v4() ? address.to_string() : "[" + address.to_string() + "]";
      return fail("cannot listen on " + host + ":" + std::to_string(port) + ": " + error.message());
    }
    accept();
    return {};
  }

  Result<void> listen(const std::string& path) {
    stop_listening();
    auto file = SocketFile::listen(path);
    if (!file) return file.error();
    error_code error;
    const int descriptor = file->release_descriptor();
    acceptor_.assign(Protocol(AF_UNIX, 0), descriptor, error);
    if (error) {
      ::close(descriptor);
      return fail("cannot listen on " + path + ": " + error.message());
    }
    file_.emplace(std::move(*file));
    shared_->may_change = true;
    accept();
    return {};
  }

  void answer_to(std::vector<std::string> names) { shared_->names = std::move(names); }

  bool is_reachable() const { return acceptor_.is_open() && (!file_ || file_->is_there()); }

  std::uint16_t port() const {
    error_code ignored;
    const auto endpoint = acceptor_.local_endpoint(ignored);
    tcp::endpoint tcp_endpoint;
    if (endpoint.size() > tcp_endpoint.capacity()) return 0;
    std::memcpy(tcp_endpoint.data(), endpoint.data(), endpoint.size());
    return tcp_endpoint.port();
  }

  void close() {
    stop_listening();
    while (!shared_->connections.empty()) {
      const auto connection = shared_->connections.front();
      connection->close();
    }
  }

 private:
  void stop_listening() {
    file_.reset();
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  }

  void accept() {
    acceptor_.async_accept(
        [self = shared_from_this()](const error_code& error, Protocol::socket socket) {
          self->on_accept(error, std::move(socket));
        });
  }

  void on_accept(const error_code& error, Protocol::socket socket) {
    if (!acceptor_.is_open() || error == asio::error::operation_aborted) return;
    if (error) return accept_later();
    add(std::move(socket));
    accept();
  }

  void accept_later() {
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error && self->acceptor_.is_open()) self->accept();
    });
  }

  void add(Protocol::socket socket) {
    Connections& all = shared_->connections;
    while (all.size() >= shared_->limits.connections) {
      const auto connection = all.front();
      connection->close();
    }
    const auto connection = std::make_shared<Connection>(std::move(socket), shared_);
    connection->start(all.insert(all.end(), connection));
  }

  Acceptor acceptor_;
  std::optional<SocketFile> file_;  ///< of a UNIX socket
  asio::steady_timer pause_;
  std::shared_ptr<Shared> shared_;
};

Server::Server(asio::io_context& io, Handler handler, Limits limits)
    : impl_(std::make_shared<Impl>(io, std::move(handler), limits)) {}
Server::~Server() { impl_->close(); }
Result<void> Server::listen(const IpAddress& address, std::uint16_t port) {
  return impl_->listen(address, port);
}
Result<void> Server::listen(const std::string& path) { return impl_->listen(path); }
void Server::answer_to(std::vector<std::string> names) { impl_->answer_to(std::move(names)); }
bool Server::is_reachable() const { return impl_->is_reachable(); }
std::uint16_t Server::port() const { return impl_->port(); }
void Server::close() { impl_->close(); }

}  // namespace vipherd::api
