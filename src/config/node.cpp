// What the node is, logs and answers: [node], [log] and [api].
#include "config/sections.hpp"
#include "vipherd/base/name.hpp"

namespace vipherd::config {
namespace {

using namespace std::chrono_literals;
using model::LogLevel;

/// A host's name as the DNS has it: labels of letters, digits, '_' and '-', without a port.
bool is_host_name(std::string_view text) {
  // RFC 1035, section 2.3.4: 255 octets on the wire are 253 letters.
  constexpr std::size_t kLongest = 253;
  if (text.size() > kLongest) return false;
  for (;;) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    if (!is_name(text.substr(0, dot))) return false;
    if (dot == text.size()) return true;
    text.remove_prefix(dot + 1);
  }
}

/// The kernel takes any octets for a host's name; ours goes into logs, paths and commands.
std::string as_name(std::string_view hostname) {
  std::string name(hostname.empty() ? "localhost" : hostname.substr(0, 64));
  for (char& letter : name) {
    // Not alone: a dot by itself is no name.
    if (!is_name(std::string{'x', letter})) letter = '-';
  }
  return name;
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

const Rows<model::NodeConfig>& node_rows() {
  using model::NodeConfig;
  static const Rows<NodeConfig> rows{
      {"name", &NodeConfig::name, text("name", std::string(kNameRule), is_name),
       "what the node is called in the status and the log", "the host's name"},
      {"shutdown_timeout", &NodeConfig::shutdown_timeout, duration(100ms, 10min),
       "on SIGTERM everything is withdrawn, confirmed and detached; at this time the session with "
       "zebra is closed, which withdraws everything, and after another `vips.detach_delay` and a "
       "second the agent exits in any case, with exit code 1 if something is still attached. "
       "Longer than `vips.detach_delay`. Keep `TimeoutStopSec=` of the unit longer than all of it"},
      {"weight", &NodeConfig::weight, integer(1, 100),
       "per cent, of every service that has a `weighting`. `vipherd weight` takes its place"},
      {"state_file", &NodeConfig::state_file, or_none(absolute_path()),
       "where the agent writes down what operators asked for (drain, disable, weight), so that the "
       "next one remembers it. One that cannot be read is reported (log, `status`), and nothing is "
       "drained then; one that cannot be written makes the commands say so. Replaced as a whole "
       "and synced; must be a regular file"},
  };
  return rows;
}

const Rows<model::LogConfig>& log_rows() {
  static const Rows<model::LogConfig> rows{
      {"level", &model::LogConfig::level,
       word<LogLevel>({{"debug", LogLevel::debug},
                       {"info", LogLevel::info},
                       {"warning", LogLevel::warning},
                       {"error", LogLevel::error}}),
       "the least important lines to be logged. `vipherd run --log-level` wins over it"},
  };
  return rows;
}

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
       "Its directory is made if it is missing. If it cannot be opened, or somebody removed it, "
       "the agent announces without it, says so as a problem, and tries again at least every 10 s"},
  };
  return rows;
}

model::NodeConfig read_node(const Table& table, std::string_view hostname) {
  model::NodeConfig node;
  node.name = as_name(hostname);
  read_table(table, node_rows(), node);
  return node;
}

model::LogConfig read_log(const Table& table) {
  model::LogConfig log;
  read_table(table, log_rows(), log);
  return log;
}

model::ApiConfig read_api(const Table& table) {
  model::ApiConfig api;
  api.listen = SocketAddress{IpAddress::parse("127.0.0.1").value(), model::kEndpointPort};
  read_table(table, api_rows(), api);
  return api;
}

}  // namespace vipherd::config
