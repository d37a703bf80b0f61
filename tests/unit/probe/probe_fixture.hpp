// Runs probes against servers in the same loop, on ephemeral loopback ports.
#pragma once

#include <gmock/gmock.h>

#include <boost/asio.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "unit/probe/kind_settings.hpp"
#include "vipherd/probe/prober.hpp"

namespace vipherd::probe::testing {

namespace asio = boost::asio;
using asio::ip::tcp;
using Socket = std::shared_ptr<tcp::socket>;

/// Accepts connections and does with each what the test says. Keeps them open until it dies.
class Server {
 public:
  using Behaviour = std::function<void(Socket)>;

  Server(asio::io_context& io, Behaviour behaviour,
         const tcp::endpoint& at = {asio::ip::address_v4::loopback(), 0})
      : acceptor_(io, at), behaviour_(std::move(behaviour)) {
    accept();
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::string address() const {
    const auto address = acceptor_.local_endpoint().address();
    return (address.is_v6() ? "[" + address.to_string() + "]" : address.to_string()) + ":" +
           std::to_string(port());
  }
  std::size_t accepted() const { return sockets_.size(); }

 private:
  void accept() {
    auto socket = std::make_shared<tcp::socket>(acceptor_.get_executor());
    acceptor_.async_accept(*socket, [this, socket](const boost::system::error_code& error) {
      if (error) return;
      sockets_.push_back(socket);
      behaviour_(socket);
      accept();
    });
  }

  tcp::acceptor acceptor_;
  Behaviour behaviour_;
  std::vector<Socket> sockets_;
};

/// Reads a request's headers, then does something with it.
inline Server::Behaviour on_request(std::function<void(Socket, const std::string&)> then) {
  return [then = std::move(then)](const Socket& socket) {
    auto request = std::make_shared<std::string>();
    asio::async_read_until(
        *socket, asio::dynamic_buffer(*request), "\r\n\r\n",
        [socket, request, then](const boost::system::error_code& error, std::size_t) {
          if (!error) then(socket, *request);
        });
  };
}

inline void send(
    const Socket& socket, const std::string& text, std::function<void()> then = [] {}) {
  auto data = std::make_shared<std::string>(text);
  asio::async_write(*socket, asio::buffer(*data),
                    [data, socket, then](const boost::system::error_code& error, std::size_t) {
                      if (!error) then();
                    });
}

/// Answers every request with this text.
inline Server::Behaviour answer(const std::string& text) {
  return on_request([text](const Socket& socket, const std::string&) { send(socket, text); });
}

inline std::string response(int status, const std::string& headers = {}) {
  return "HTTP/1.1 " + std::to_string(status) + " Words\r\n" + headers +
         "Content-Length: 2\r\n\r\nok";
}

class ProbeTest : public ::testing::Test {
 protected:
  ProbeTest() : prober_(make_prober()) {}

  std::unique_ptr<Prober> make_prober() {
    return std::make_unique<Prober>(io_, [this](model::Event event) {
      finished_.push_back(std::get<model::event::ProbeFinished>(std::move(event)));
      if (on_finished_) on_finished_();
    });
  }

  static std::shared_ptr<const model::CheckConfig> config(
      std::string type, model::Settings settings,
      Duration timeout = std::chrono::milliseconds(300)) {
    auto made = std::make_shared<model::CheckConfig>();
    made->settings = prepared(type, std::move(settings));
    made->type = std::move(type);
    made->timeout = timeout;
    return made;
  }

  /// Runs the loop until `done()`, at most ten seconds.
  template <class Done>
  ::testing::AssertionResult run_until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done()) {
      if (std::chrono::steady_clock::now() >= deadline) {
        return ::testing::AssertionFailure() << "did not happen within 10 s";
      }
      io_.restart();
      io_.run_one_until(deadline);
    }
    return ::testing::AssertionSuccess();
  }

  /// One probe from start to end.
  model::ProbeResult run(std::string type, model::Settings settings,
                         Duration timeout = std::chrono::seconds(5)) {
    finished_.clear();
    const std::uint64_t generation = ++generation_;
    prober_->start({"web", "it"}, generation,
                   config(std::move(type), std::move(settings), timeout));
    EXPECT_THAT(finished_, ::testing::IsEmpty()) << "called back from within start()";
    EXPECT_TRUE(run_until([&] { return !finished_.empty(); }));
    if (finished_.size() != 1) return {};
    EXPECT_EQ(finished_[0].check, (model::CheckId{"web", "it"}));
    EXPECT_EQ(finished_[0].generation, generation);
    EXPECT_GT(finished_[0].result.latency.count(), 0);
    return finished_[0].result;
  }

  asio::io_context io_;
  std::vector<model::event::ProbeFinished> finished_;
  std::function<void()> on_finished_;
  std::uint64_t generation_ = 0;
  std::unique_ptr<Prober> prober_;
};

/// A loopback port on which nothing listens: bound, so that no other process takes it meanwhile.
class ClosedPort {
 public:
  explicit ClosedPort(asio::io_context& io)
      : socket_(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {}
  std::string address() const {
    return "127.0.0.1:" + std::to_string(socket_.local_endpoint().port());
  }

 private:
  tcp::socket socket_;
};

/// A port that answers no further SYN: its accept queue is full and nothing accepts.
class DeafPort {
 public:
  explicit DeafPort(asio::io_context& io) : acceptor_(io) {
    acceptor_.open(tcp::v4());
    acceptor_.bind({asio::ip::address_v4::loopback(), 0});
    acceptor_.listen(0);
    for (int count = 0; count < 4; ++count) {
      auto& filler = fillers_.emplace_back(io);
      filler.open(tcp::v4());
      filler.non_blocking(true);
      // Asio's own connect would wait for the end of a non-blocking one.
      const auto to = acceptor_.local_endpoint();
      ::connect(filler.native_handle(), to.data(), static_cast<socklen_t>(to.size()));
    }
  }
  std::string address() const {
    return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }

 private:
  tcp::acceptor acceptor_;
  std::vector<tcp::socket> fillers_;
};

}  // namespace vipherd::probe::testing
