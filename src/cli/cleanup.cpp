#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/commands.hpp"
#include "vipherd/agent/config_files.hpp"
#include "vipherd/kernel/vip_routes.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd::cli {
namespace {

/// The number that marks our routes. A configuration that is broken must not keep them in the
/// kernel, so only this one key is asked of it, and the default is taken without it.
std::uint8_t route_protocol(const std::string& path) {
  const std::uint8_t fallback = model::VipsConfig{}.route_protocol;
  const auto sources = agent::read_config_files(path);
  if (!sources) {
    std::fprintf(stderr, "vipherd: %s; using the default route protocol %d\n",
                 sources.error().what.c_str(), fallback);
    return fallback;
  }
  const config::RouteProtocol found = config::find_route_protocol(*sources);
  if (found.number) return *found.number;
  if (found.uncertain) {
    std::fprintf(stderr, "vipherd: %s is faulty; using the default route protocol %d\n",
                 path.c_str(), fallback);
  }
  return fallback;
}

/// As long as the agent itself would wait between withdrawal and detachment.
Duration detach_delay(const std::string& path) {
  const config::Loaded loaded = agent::load_config(path, probe::check_schemas());
  return loaded.config ? loaded.config->vips.detach_delay : model::VipsConfig{}.detach_delay;
}

int clean_up(const std::string& path) {
  const std::uint8_t protocol = route_protocol(path);
  const auto removed = kernel::remove_all(protocol, detach_delay(path));
  if (!removed) {
    std::fprintf(stderr, "vipherd: cannot remove the routes of protocol %d: %s\n", protocol,
                 removed.error().what.c_str());
    return kFailure;
  }
  std::printf("removed %zu VIP route%s of protocol %d\n", *removed, *removed == 1 ? "" : "s",
              protocol);
  return kOk;
}

}  // namespace

Command add_cleanup(CLI::App& app) {
  const auto path = std::make_shared<std::string>(kDefaultConfig);
  CLI::App* command =
      app.add_subcommand("cleanup", "Remove the VIP routes that a dead agent left in the kernel");
  command->add_option("--config", *path, "Tells the route protocol (vips.route_protocol)")
      ->capture_default_str()
      ->type_name("FILE");
  command->footer(
      "What ExecStopPost= of the systemd unit runs. Removes the routes of table local that\n"
      "carry our protocol number, and nothing else; FRR's routes went with the agent's session.\n"
      "If there are any it waits for vips.detach_delay first, so that packets that are still on\n"
      "their way while routers converge are answered.\n"
      "Do not run it while the agent runs: it would put them back.");
  return {command, [path] { return clean_up(*path); }};
}

}  // namespace vipherd::cli
