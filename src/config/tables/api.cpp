// Where the agent answers: [api].
#include "config/tables/sections.hpp"
#include "vipherd/base/name.hpp"

namespace vipherd::config {
namespace {

/// A host's name as the DNS has it: labels of letters, digits, '_' and '-', without a port.
bool is_host_name(std::string_view text) {
  // RFC 1035, section 2.3.4: 255 bytes on the wire are 253 letters.
  constexpr std::size_t kLongest = 253;
  if (text.size() > kLongest) return false;
  for (;;) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    if (!is_name(text.substr(0, dot))) return false;
    if (dot == text.size()) return true;
    text.remove_prefix(dot + 1);
  }
}

/// "" is no endpoint.
Type<std::optional<SocketAddress>> endpoint() {
  const auto some = maybe(
      parsed<SocketAddress>("`\"ADDRESS:PORT\"`, IPv6 in brackets, or `\"\"` for none",
                            "an address and port such as \"127.0.0.1:21180\" or \"[::1]:21180\""));
  const auto read = [some](const Value& value) {
    const auto* text = value.node().as_string();
    return text != nullptr && text->get().empty()
               ? std::make_optional<std::optional<SocketAddress>>(std::nullopt)
               : some.read(value);
  };
  const auto print = [some](const std::optional<SocketAddress>& value) {
    return value ? some.print(value) : toml_value("");
  };
  return {some.name, read, print};
}

}  // namespace

const Rows<model::ApiConfig>& api_rows() {
  using model::ApiConfig;
  static const Rows<ApiConfig> rows{
      {"listen", &ApiConfig::listen, endpoint(),
       "where the status page (`/`), `GET /health`, `/health/SERVICE`, `/v1/status`, `/metrics` "
       "and `/openapi.json` are answered, without any authentication: think before you open it to "
       "others. It only reads. If it cannot be listened on (the port is taken, the address is not "
       "there yet) the agent announces without it, says so as a problem, and tries again at least "
       "every 10 s",
       "`\"127.0.0.1:21180\"`"},
      {"hosts", &ApiConfig::hosts,
       array_of(text("host name", "a host name such as \"lb1.example.com\"", is_host_name),
                "array of host names", "an array of host names such as [\"lb1.example.com\"]"),
       "names under which the endpoint may be asked, besides addresses, `localhost` and "
       "`node.name`; under any other one (`Host:`) it answers 421, so that no web page can have a "
       "browser read it. A request without a `Host` is answered"},
      {"control_socket", &ApiConfig::control_socket, or_none(socket_path()),
       "the UNIX socket for the commands that change something (`vipherd drain`, `disable`, "
       "`probe` and so on); mode 0660, so that the agent's user and group may use it, and root. "
       "Its directory is made if it is missing. If it cannot be opened, or it was removed, "
       "the agent announces without it, says so as a problem, and tries again at least every 10 s"},
  };
  return rows;
}

model::ApiConfig read_api(const Table& table) {
  model::ApiConfig api;
  api.listen = SocketAddress{IpAddress::parse("127.0.0.1").value(), model::kEndpointPort};
  read_table(table, api_rows(), api);
  return api;
}

}  // namespace vipherd::config
