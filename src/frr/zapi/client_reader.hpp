// Reads zebra's version and list of clients over zebra.vty, once. Owns the connection for it;
// judges nothing.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "frr/vty_client.hpp"
#include "frr/zapi/session_machine.hpp"

namespace vipherd::frr::zapi {

class ClientReader : public std::enable_shared_from_this<ClientReader> {
 public:
  using Done = std::function<void(Result<ZebraClients>)>;

  ClientReader(boost::asio::io_context& io, const std::string& path, Done done)
      : vty_(std::make_shared<VtyClient>(io, path)), done_(std::move(done)) {}

  /// One call of `done` follows from the event loop, unless cancel() comes first.
  void start();
  void cancel();

 private:
  using Next = void (ClientReader::*)(const wire::vty::Response&);
  void ask(std::string_view command, Next next);
  void on_version(const wire::vty::Response& response);
  void on_enabled(const wire::vty::Response& response);
  void on_clients(const wire::vty::Response& response);
  void finish(Result<ZebraClients> result);

  std::shared_ptr<VtyClient> vty_;
  Done done_;
  ZebraClients told_;
};

}  // namespace vipherd::frr::zapi
