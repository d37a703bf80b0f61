#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "vipherd/agent/config_files.hpp"
#include "vipherd/agent/state_files.hpp"
#include "vipherd/frr/flush.hpp"
#include "vipherd/frr/vty_cleanup.hpp"
#include "vipherd/kernel/attacher.hpp"
#include "vipherd/kernel/owner_lock.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd::cli {
namespace {

/// What the clean-up needs of the configuration.
struct Plan {
  std::uint8_t route_protocol = model::VipsConfig{}.route_protocol;
  /// As long as the agent itself would wait between withdrawal and detachment.
  Duration detach_delay = model::VipsConfig{}.detach_delay;
  std::string mark = agent::hand_over_mark({});
  model::FrrConfig frr{};
  bool known = false;  ///< the configuration could be read: it is this announcer
};

/// systemd waits for us, and a daemon that hangs cannot be told anyway.
constexpr Duration kVtyLimit = std::chrono::seconds(4);

/// A configuration that is broken must not keep our routes in the kernel: then only the number
/// that marks them is asked of it, and the default is taken without it.
Plan read_plan(const std::string& path) {
  Plan plan;
  const auto sources = agent::read_config_files(path);
  if (!sources) {
    complain(sources.error().what + "; using the default route protocol " +
             std::to_string(plan.route_protocol));
    return plan;
  }
  const config::Loaded loaded = config::parse(*sources, probe::check_schemas(), "");
  if (loaded.config) {
    return {loaded.config->vips.route_protocol, loaded.config->vips.detach_delay,
            agent::hand_over_mark(loaded.config->api), loaded.config->frr, true};
  }
  const config::RouteProtocol found = config::find_route_protocol(*sources);
  if (found.number) {
    plan.route_protocol = *found.number;
  } else if (found.uncertain) {
    complain(path + " is faulty; using the default route protocol " +
             std::to_string(plan.route_protocol));
  }
  return plan;
}

/// False for a failure. Addresses are spoken of only where there were some.
bool tell(const Result<std::size_t>& removed, const char* one, const char* many, int protocol) {
  if (!removed) {
    complain(std::string("cannot remove the ") + many + " of protocol " +
             std::to_string(protocol) + ": " + removed.error().what);
    return false;
  }
  const bool routes = one == std::string_view("route");
  if (*removed > 0 || routes) {
    out_line("removed " + std::to_string(*removed) + " VIP " + (*removed == 1 ? one : many) +
             " of protocol " + std::to_string(protocol));
  }
  return true;
}

/// What zebra still holds of an agent that is no more; usually nothing, its session ended with it.
bool flush_zebra(const model::FrrConfig& frr) {
  const auto flushed = frr::flush_routes(frr);
  if (flushed) return true;
  complain("cannot make sure that FRR announces nothing of route type " +
           std::string(model::to_string(frr.route_type)) + ": " + flushed.error().what);
  return false;
}

struct FrrCleanup {
  bool ok = true;
  bool lines_removed = false;  ///< routers learn of it only now
};

FrrCleanup remove_lines(const model::FrrConfig& frr) {
  const frr::VtyCleanup cleanup = frr::remove_vty_lines(frr, kVtyLimit);
  if (frr.announcer == model::Announcer::vty || cleanup.removed > 0) {
    out_line("removed " + std::to_string(cleanup.removed) +
             (cleanup.removed == 1 ? " line" : " lines") +
             " of vipherd's from FRR's running configuration");
  }
  if (!cleanup.problem.empty()) {
    complain("cannot remove all lines from FRR: " + cleanup.problem);
  }
  return {cleanup.problem.empty(), cleanup.removed > 0};
}

/// Before the VIPs go from the kernel: whoever still gets there is answered. Of an agent whose
/// configuration cannot be read nobody knows how it announced.
FrrCleanup clean_frr(const Plan& plan) {
  const auto maybe = [&](model::Announcer announcer) {
    return !plan.known || plan.frr.announcer == announcer;
  };
  const bool flushed = !maybe(model::Announcer::zapi) || flush_zebra(plan.frr);
  FrrCleanup done = maybe(model::Announcer::vty) ? remove_lines(plan.frr) : FrrCleanup{};
  done.ok = done.ok && flushed;
  return done;
}

/// systemd tells its ExecStopPost= how the agent ended. Only after an orderly end what was handed
/// over waits for the next agent; one that does not start leads here again, with another result.
bool is_handed_over(const std::string& mark) {
  const char* result = std::getenv("SERVICE_RESULT");
  return result != nullptr && std::string_view(result) == "success" && agent::is_marked(mark);
}

int clean_up(const std::string& path) {
  const Plan plan = read_plan(path);
  if (is_handed_over(plan.mark)) {
    out_line("the agent has handed over to the next one: nothing removed");
    return kOk;
  }
  agent::remove_mark(plan.mark);
  const std::uint8_t protocol = plan.route_protocol;
  const auto lock = kernel::OwnerLock::take(protocol);
  if (lock && !*lock) {
    // No failure: the routes are in use, so none is left over.
    out_line("a running vipherd has the routes of protocol " + std::to_string(protocol) +
             ": nothing removed");
    return kOk;
  }
  // First: once nothing is announced, routers need the time that the VIPs stay to converge.
  const FrrCleanup frr = lock ? clean_frr(plan) : FrrCleanup{};
  // Without such lines the going of an address is what withdraws it: then at once.
  const Duration patience = frr.lines_removed ? plan.detach_delay : Duration::zero();
  const auto addresses = lock ? kernel::remove_addresses(protocol, patience) : lock.error();
  const bool all = tell(addresses, "address", "addresses", protocol);
  const auto routes = lock ? kernel::remove_routes(protocol, plan.detach_delay) : lock.error();
  return tell(routes, "route", "routes", protocol) && all && frr.ok ? kOk : kFailure;
}

}  // namespace

Command add_cleanup(CLI::App& app) {
  const auto path = std::make_shared<std::string>(kDefaultConfig);
  CLI::App* command =
      app.add_subcommand("cleanup", "Remove what a dead agent left in the kernel and in FRR");
  command->add_option("--config", *path, "Tells the route protocol (vips.route_protocol)")
      ->capture_default_str()
      ->type_name("FILE");
  command->footer(
      "What ExecStopPost= of the systemd unit runs. Removes the routes of table local and the\n"
      "addresses on lo that carry our protocol number, and nothing else. FRR's routes went with\n"
      "the agent's session; what FRR was asked to keep over a restart that never came, and the\n"
      "lines of the announcer vty, are removed first. If there are routes, or there were lines,\n"
      "it then waits for vips.detach_delay, so that packets that are still on their way while\n"
      "routers converge are answered.\n"
      "While an agent with this protocol number runs, nothing is removed.");
  return {command, [path] { return clean_up(*path); }};
}

}  // namespace vipherd::cli
