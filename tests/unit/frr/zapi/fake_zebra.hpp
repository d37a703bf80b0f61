// A zebra for tests: two UNIX sockets in a directory of their own, on the test's event loop. It
// answers as FRR 8.4 does, unless a test tells it to be slow, silent, rude or gone.
#pragma once

#include <boost/asio.hpp>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "unit/temporary_directory.hpp"
#include "unit/wire/hex.hpp"
#include "vipherd/wire/zapi/zapi.hpp"

namespace vipherd::test {

/// Runs the loop until `done` holds; false if that takes more than five seconds.
template <class Predicate>
bool run_until(boost::asio::io_context& io, Predicate done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    io.restart();
    io.run_one_until(
        std::min(deadline, std::chrono::steady_clock::now() + std::chrono::milliseconds(20)));
  }
  return true;
}

/// A listening UNIX socket whose connections hand what they receive to a function.
class Peer {
 public:
  using Socket = boost::asio::local::stream_protocol::socket;
  struct Connection {
    explicit Connection(Socket accepted) : socket(std::move(accepted)) {}
    Socket socket;
    std::vector<std::uint8_t> received;
    std::deque<std::vector<std::uint8_t>> sending;

    /// In order; one write for each call, so that a test can cut messages.
    void send(std::vector<std::uint8_t> bytes) {
      sending.push_back(std::move(bytes));
      if (sending.size() == 1) send_next();
    }
    void close() { socket.close(); }

   private:
    void send_next() {
      boost::asio::async_write(socket, boost::asio::buffer(sending.front()),
                               [this](boost::system::error_code error, std::size_t) {
                                 if (error) return;
                                 sending.pop_front();
                                 if (!sending.empty()) send_next();
                               });
    }
  };
  using OnBytes = std::function<void(Connection&)>;

  Peer(boost::asio::io_context& io, std::string path, OnBytes on_bytes)
      : acceptor_(io), path_(std::move(path)), on_bytes_(std::move(on_bytes)) {}
  ~Peer() { stop(); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void start() {
    const boost::asio::local::stream_protocol::endpoint endpoint(path_);
    acceptor_ = boost::asio::local::stream_protocol::acceptor(acceptor_.get_executor(), endpoint);
    accept();
  }
  /// As when the daemon dies: everything is closed and the path is gone.
  void stop() {
    acceptor_.close();
    for (const auto& connection : connections) connection->close();
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

  bool reads = true;  ///< false: accepts, but reads nothing
  std::list<std::shared_ptr<Connection>> connections;

 private:
  void accept() {
    acceptor_.async_accept([this](boost::system::error_code error, Socket socket) {
      if (error) return;
      connections.push_back(std::make_shared<Connection>(std::move(socket)));
      if (reads) read(connections.back());
      accept();
    });
  }
  void read(const std::shared_ptr<Connection>& connection) {
    auto chunk = std::make_shared<std::array<std::uint8_t, 65536>>();
    connection->socket.async_read_some(
        boost::asio::buffer(*chunk),
        [this, chunk, connection](boost::system::error_code error, std::size_t count) {
          if (error == boost::asio::error::operation_aborted) return;
          if (error) return connection->close();
          connection->received.insert(connection->received.end(), chunk->begin(),
                                      chunk->begin() + static_cast<std::ptrdiff_t>(count));
          on_bytes_(*connection);
          if (connection->socket.is_open()) read(connection);
        });
  }

  boost::asio::local::stream_protocol::acceptor acceptor_;
  std::string path_;
  OnBytes on_bytes_;
};

/// VRF_ADD (33) or VRF_DELETE (34) as FRR 8.4 sends it.
inline std::string vrf_message(int command, std::uint32_t number, const std::string& name) {
  std::vector<std::uint8_t> bytes{0,    86,
                                  0xfe, 6,
                                  0,    0,
                                  0,    static_cast<std::uint8_t>(number),
                                  0,    static_cast<std::uint8_t>(command)};
  bytes.resize(50);  // the table and the network namespace
  bytes.insert(bytes.end(), name.begin(), name.end());
  bytes.resize(86);
  return to_hex(bytes);
}

class FakeZebra {
 public:
  explicit FakeZebra(boost::asio::io_context& io)
      : zserv(io, directory.path("zserv.api"), [this](Peer::Connection& c) { on_zapi(c); }),
        vty(io, directory.path("zebra.vty"), [this](Peer::Connection& c) { on_vty(c); }) {}

  std::string zserv_path() const { return directory.path("zserv.api"); }
  std::string vty_path() const { return directory.path("zebra.vty"); }
  void start() {
    zserv.start();
    vty.start();
  }
  void stop() {
    zserv.stop();
    vty.stop();
    clients = 0;
  }
  /// The connection of the session, if there is one.
  Peer::Connection* session() {
    return zserv.connections.empty() ? nullptr : zserv.connections.back().get();
  }
  void send(Peer::Connection& connection, const std::string& hex) {
    const auto bytes = from_hex(hex);
    if (!dribble) return connection.send(bytes);
    for (const std::uint8_t byte : bytes) connection.send({byte});
  }

  TemporaryDirectory directory;
  Peer zserv;
  Peer vty;
  bool dribble = false;    ///< one byte a write
  bool mute_zapi = false;  ///< reads, never answers
  bool mute_vty = false;
  int clients = 0;  ///< of type openfabric, without counting HELLOs
  int hellos = 0;   ///< on the present connections
  std::string error_command = "0076";
  std::map<std::string, std::string> answers;  ///< of zebra.vty, by command, trailer included
  std::vector<std::string> commands;           ///< asked over zebra.vty
  std::vector<std::string> routes;             ///< ROUTE_ADD and ROUTE_DELETE in hexadecimal
  std::vector<std::uint32_t> route_vrfs;       ///< the VRFs in their headers
  std::map<std::string, std::uint32_t> vrfs;   ///< told after HELLO, beside the default one
  std::vector<std::string> capabilities;       ///< CLIENT_CAPABILITIES in hexadecimal

 private:
  void on_zapi(Peer::Connection& connection) {
    while (true) {
      const auto message = wire::zapi::next_message(connection.received);
      if (!message || !*message) return;
      const std::size_t size = (*message)->size();
      if (!mute_zapi) answer(connection, **message);
      if (!connection.socket.is_open()) return;
      connection.received.erase(connection.received.begin(),
                                connection.received.begin() + static_cast<std::ptrdiff_t>(size));
    }
  }
  void answer(Peer::Connection& connection, const wire::zapi::Message& message) {
    if (message.vrf == 0xfffffff0) {
      return send(connection, "000efe06fffffff0" + error_command + "01000000");
    }
    switch (message.command) {
      case 17:
      case 0xfff0:
        return send(connection, "000efe0600000000" + error_command + "02000000");
      case 18:
        ++hellos;
        send(connection, "0014fe0600000000001300000000000000010000");
        send(connection, vrf_message(33, 0, "default"));
        for (const auto& [name, number] : vrfs) send(connection, vrf_message(33, number, name));
        return;
      case 8:
      case 9:
        routes.push_back(to_hex(message.body));
        route_vrfs.push_back(message.vrf);
        return;
      case 119:
        capabilities.push_back(to_hex(message.body));
        return;
      default:
        return;
    }
  }

  void on_vty(Peer::Connection& connection) {
    const auto nul = std::find(connection.received.begin(), connection.received.end(), 0);
    if (nul == connection.received.end()) return;
    const std::string command(connection.received.begin(), nul);
    connection.received.clear();
    commands.push_back(command);
    if (mute_vty) return;
    const std::string text = vty_answer(command);
    connection.send({text.begin(), text.end()});
  }
  std::string vty_answer(const std::string& command) const {
    using namespace std::string_literals;
    if (const auto it = answers.find(command); it != answers.end()) return it->second;
    if (command == "show version") return "FRRouting 8.4.4 (test)\n\0\0\0\0"s;
    if (command == "enable") return "\0\0\0\0"s;
    if (command != "show zebra client summary") return "% Unknown command\n\0\0\0\2"s;
    std::string text = "Name      Connect Time\n--------------------\n";
    for (int i = 0; i < clients + hellos; ++i) text += "openfabric    00:00:01\n";
    return text + "Routes column shows (added+updated)/deleted\n\0\0\0\0"s;
  }
};

}  // namespace vipherd::test
