#include "vipherd/frr/running_config.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "frr/vty_client.hpp"
#include "vipherd/wire/vty_config.hpp"

namespace vipherd::frr {
namespace {

/// A new connection may only look, and not at the configuration.
constexpr std::string_view kEnable = "enable";

Result<std::string> ask_running_config(const std::string& socket, Duration limit) {
  boost::asio::io_context io(1);
  const auto client = std::make_shared<VtyClient>(io, socket);
  Result<std::string> answer = fail(socket + ": no answer");
  const auto take = [&](const Result<wire::vty::Response>& response) {
    if (!response) {
      answer = response.error();
    } else if (response->status != wire::vty::kSuccess) {
      answer = fail(socket + ": " + std::string(response->text));
    } else {
      answer.emplace(response->text);
    }
  };
  client->ask(kEnable, limit, [&](const Result<wire::vty::Response>& allowed) {
    take(allowed);
    if (!answer) return client->close();
    client->ask(wire::vty::kShowConfig, limit, [&](const Result<wire::vty::Response>& response) {
      take(response);
      client->close();
    });
  });
  io.run();
  return answer;
}

}  // namespace

Result<std::string> read_running_config(const model::FrrConfig& config, Duration limit) {
  std::string text;
  for (const char* daemon : {"zebra", "bgpd", "ospfd", "ospf6d", "bfdd"}) {
    const bool is_zebra = std::string_view(daemon) == "zebra";
    const std::string socket = is_zebra ? config.zebra_vty_socket : config.vty_socket(daemon);
    if (!is_zebra && ::access(socket.c_str(), F_OK) != 0) continue;  // it does not run
    auto answer = ask_running_config(socket, limit);
    if (!answer) return answer.error();
    text += *answer;
    if (!text.empty() && text.back() != '\n') text += '\n';
  }
  return {boost::system::in_place_value, std::move(text)};
}

}  // namespace vipherd::frr
