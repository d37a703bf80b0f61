// What the node is: [node].
#include "config/tables/sections.hpp"
#include "vipherd/base/name.hpp"

namespace vipherd::config {
namespace {

using namespace std::chrono_literals;

/// The kernel takes any bytes for a host's name; ours goes into logs, paths and commands.
std::string as_name(std::string_view hostname) {
  std::string name(hostname.empty() ? "localhost" : hostname.substr(0, 64));
  for (char& letter : name) {
    // Not alone: a dot by itself is no name.
    if (!is_name(std::string{'x', letter})) letter = '-';
  }
  return name;
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

model::NodeConfig read_node(const Table& table, std::string_view hostname) {
  model::NodeConfig node;
  node.name = as_name(hostname);
  read_table(table, node_rows(), node);
  return node;
}

}  // namespace vipherd::config
