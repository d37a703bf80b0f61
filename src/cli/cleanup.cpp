#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "cli/output.hpp"
#include "vipherd/agent/config_files.hpp"
#include "vipherd/agent/state_files.hpp"
#include "vipherd/base/join.hpp"
#include "vipherd/base/numbers.hpp"
#include "vipherd/frr/flush.hpp"
#include "vipherd/frr/vty_cleanup.hpp"
#include "vipherd/kernel/attacher.hpp"
#include "vipherd/kernel/owner_lock.hpp"
#include "vipherd/probe/kinds.hpp"
#include "vipherd/relay/data_path.hpp"

namespace vipherd::cli {
namespace {

/// What the clean-up needs of the configuration.
struct Plan {
  std::uint8_t route_protocol = model::VipsConfig{}.route_protocol;
  /// As long as the agent itself would wait between withdrawal and detachment.
  Duration detach_delay = model::VipsConfig{}.detach_delay;
  std::string mark = agent::hand_over_mark({});
  model::FrrConfig frr{};
  bool known = false;  ///< the configuration is sound: it is this announcer
};

struct CleanupOptions {
  std::string config = kDefaultConfig;
  std::optional<std::uint8_t> route_protocol{};  ///< wins over the configuration's
  std::shared_ptr<bool> json{};
};

/// What is said, at once or, for programs, in one piece at the end.
class Report {
 public:
  explicit Report(bool json) : json_(json) {}

  void done(const std::string& line) { json_ ? done_.push_back(line) : out_line(line); }
  void problem(const std::string& line) { json_ ? problems_.push_back(line) : complain(line); }
  int end(bool ok) {
    if (json_) out_json({{"ok", ok}, {"done", done_}, {"problems", problems_}});
    return ok ? kOk : kFailure;
  }

 private:
  bool json_;
  std::vector<std::string> done_;
  std::vector<std::string> problems_;
};

/// systemd waits for us, and a daemon that hangs cannot be told anyway.
constexpr Duration kVtyLimit = std::chrono::seconds(4);

/// A configuration that is broken, or not there, must not keep our routes in the kernel: what can
/// be read of it counts, and the defaults for the rest, which is said.
Plan read_plan(const CleanupOptions& options, Report& report) {
  const agent::ReadableFiles files = agent::read_what_is_readable(options.config);
  for (const std::string& problem : files.problems) {
    report.problem(problem);
  }
  Plan plan;
  if (files.problems.empty()) {
    const config::Loaded loaded = config::parse(files.sources, probe::check_schemas(), "");
    if (loaded.config) {
      plan = {loaded.config->vips.route_protocol, loaded.config->vips.detach_delay,
              agent::hand_over_mark(loaded.config->api), loaded.config->frr, true};
    }
  }
  bool assumed = false;
  if (!plan.known) {
    const config::Salvaged salvaged = config::salvage(files.sources);
    plan = {salvaged.route_protocol.value_or(plan.route_protocol), salvaged.detach_delay,
            agent::hand_over_mark(salvaged.api), salvaged.frr, false};
    assumed = salvaged.uncertain || (!files.problems.empty() && !salvaged.route_protocol);
  }
  if (options.route_protocol) {
    plan.route_protocol = *options.route_protocol;
  } else if (assumed) {
    report.problem("the configuration does not tell the route protocol; assuming the default, " +
                   std::to_string(plan.route_protocol) + " (else: --route-protocol)");
  }
  return plan;
}

/// False for a failure. Addresses are spoken of only where there were some.
bool tell(Report& report, const Result<std::size_t>& removed, const char* one, const char* many,
          int protocol) {
  if (!removed) {
    report.problem(std::string("cannot remove the ") + many + " of protocol " +
                   std::to_string(protocol) + ": " + removed.error().what);
    return false;
  }
  const bool routes = one == std::string_view("route");
  if (*removed > 0 || routes) {
    report.done("removed " + std::to_string(*removed) + " VIP " + (*removed == 1 ? one : many) +
                " of protocol " + std::to_string(protocol));
  }
  return true;
}

/// What zebra still holds of an agent that is no more; usually nothing, its session ended with it.
bool flush_zebra(const model::FrrConfig& frr, Report& report) {
  const auto flushed = frr::flush_routes(frr);
  if (flushed) return true;
  report.problem("cannot make sure that FRR announces nothing of route type " +
                 std::string(model::to_string(frr.route_type)) + ": " + flushed.error().what);
  return false;
}

struct FrrCleanup {
  bool ok = true;
  bool lines_removed = false;  ///< routers learn of it only now
};

FrrCleanup remove_lines(const model::FrrConfig& frr, Report& report) {
  const frr::VtyCleanup cleanup = frr::remove_vty_lines(frr, kVtyLimit);
  if (frr.traits().writes_lines || cleanup.removed > 0) {
    report.done("removed " + std::to_string(cleanup.removed) +
                (cleanup.removed == 1 ? " line" : " lines") +
                " of vipherd's from FRR's running configuration");
  }
  if (!cleanup.problem.empty()) {
    report.problem("cannot remove all lines from FRR: " + cleanup.problem);
  }
  return {cleanup.problem.empty(), cleanup.removed > 0};
}

/// Before the VIPs go from the kernel: clients that still get there are answered. Of an agent whose
/// configuration cannot be read it is not known how it announced.
FrrCleanup clean_frr(const Plan& plan, Report& report) {
  const model::AnnouncerTraits& traits = plan.frr.traits();
  const bool flushed = (plan.known && !traits.speaks_zapi) || flush_zebra(plan.frr, report);
  FrrCleanup done =
      plan.known && !traits.writes_lines ? FrrCleanup{} : remove_lines(plan.frr, report);
  done.ok = done.ok && flushed;
  return done;
}

/// They pass everything a second after the agent's death; here they go.
bool remove_relay(Report& report) {
  const auto interfaces = relay::remove_orphans();
  if (!interfaces) {
    report.problem("cannot remove the relay's filters: " + interfaces.error().what);
    return false;
  }
  if (!interfaces->empty()) report.done("removed the relay's filters from " + join(*interfaces));
  return true;
}

/// systemd tells its ExecStopPost= how the agent ended. Only after an orderly end what was handed
/// over waits for the next agent; one that does not start leads here again, with another result.
bool is_handed_over(const std::string& mark) {
  const char* result = std::getenv("SERVICE_RESULT");
  return result != nullptr && std::string_view(result) == "success" && agent::is_marked(mark);
}

/// Removes nothing beside a running agent, or where it cannot be known that none runs: the routes
/// may be in use. That is no success: whatever the caller wanted removed is still there.
int clean_up(const CleanupOptions& options) {
  Report report(*options.json);
  const Plan plan = read_plan(options, report);
  if (is_handed_over(plan.mark)) {
    report.done("the agent has handed over to the next one: nothing removed");
    return report.end(true);
  }
  const std::uint8_t protocol = plan.route_protocol;
  const auto lock = kernel::OwnerLock::take(protocol);
  if (!lock) {
    report.problem(lock.error().what + ": nothing removed");
    return report.end(false);
  }
  if (!*lock) {
    report.problem("a running vipherd has the routes of protocol " + std::to_string(protocol) +
                   ": nothing removed");
    return report.end(false);
  }
  agent::remove_mark(plan.mark);
  // First: once nothing is announced, routers need the time that the VIPs stay to converge.
  const FrrCleanup frr = clean_frr(plan, report);
  // Without such lines the going of an address is what withdraws it: then at once.
  const Duration patience = frr.lines_removed ? plan.detach_delay : Duration::zero();
  const auto addresses = kernel::remove_addresses(protocol, patience);
  const bool all = tell(report, addresses, "address", "addresses", protocol);
  const auto routes = kernel::remove_routes(protocol, plan.detach_delay);
  const bool none_left = tell(report, routes, "route", "routes", protocol) && all && frr.ok;
  return report.end(remove_relay(report) && none_left);
}

/// Empty, or why the option's text is no protocol number of ours.
std::string check_route_protocol(const std::string& text) {
  const auto number = parse_number<int>(text);
  if (!number) return "expected a number of 19 to 255";
  const std::string obstacle = config::route_protocol_obstacle(*number);
  return obstacle.empty() ? "" : "expected a number of our own, got " + text + ", " + obstacle;
}

}  // namespace

Command add_cleanup(CLI::App& app) {
  const auto options = std::make_shared<CleanupOptions>();
  CLI::App* command =
      app.add_subcommand("cleanup", "Remove what a dead agent left in the kernel and in FRR");
  command
      ->add_option("--config", options->config,
                   "Tells the route protocol (vips.route_protocol) and FRR's sockets")
      ->capture_default_str()
      ->type_name("FILE");
  command
      ->add_option("--route-protocol", options->route_protocol,
                   "Wins over the configuration's (vips.route_protocol)")
      ->check(check_route_protocol)
      ->type_name("NUMBER");
  options->json = add_json_option(*command);
  command->footer(
      "What ExecStopPost= of the systemd unit runs. Removes the routes of table local and the\n"
      "addresses on lo that carry our protocol number, the relay's tc filters, and nothing else.\n"
      "FRR's routes went with the agent's session; what FRR was asked to keep over a restart that\n"
      "never came, and the lines of the announcer vty, are removed first. If there are routes, or\n"
      "there were lines, it then waits for vips.detach_delay, so that packets that are still on\n"
      "their way while routers converge are answered.\n"
      "The configuration may be invalid or missing: what can be read of it counts, the defaults\n"
      "for the rest.\n"
      "While an agent with this protocol number runs, nothing is removed. Exits 0 if nothing is\n"
      "left, or if it was left for the next agent (hand-over), else 1.");
  return {command, [options] { return clean_up(*options); }};
}

}  // namespace vipherd::cli
