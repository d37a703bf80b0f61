#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <thread>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/operate.hpp"
#include "cli/output.hpp"
#include "cli/probe_results.hpp"
#include "vipherd/wire/status_json.hpp"

namespace vipherd::cli {
namespace {

constexpr auto kPause = std::chrono::milliseconds(20);

struct ProbeOptions {
  std::shared_ptr<std::string> socket;
  std::shared_ptr<model::ServiceScope> scope;
  double wait = 10;
};

Result<ProbeResults> results(const Door& door, const std::vector<std::string>& services,
                             WallTime since) {
  const auto body = ask_for_200(door, "GET", "/v1/status");
  if (!body) return body.error();
  const auto status = wire::decode_status(*body);
  if (!status) return status.error();
  return probe_results(*status, services, since);
}

Result<ProbeResults> probe(const ProbeOptions& options) {
  const Door door{*options.socket, ""};
  const WallTime since = std::chrono::system_clock::now();
  const auto reached = operate(door, model::command::Probe{*options.scope});
  if (!reached) return reached.error();
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::duration<double>(options.wait);
  for (;;) {
    auto found = results(door, reached->services, since);
    if (!found || found->complete || std::chrono::steady_clock::now() > deadline) return found;
    std::this_thread::sleep_for(kPause);
  }
}

int show(const ProbeOptions& options) {
  const auto found = probe(options);
  if (!found) {
    complain(found.error().what);
    return kFailure;
  }
  out_text(found->table);
  return found->passed ? kOk : kFailure;
}

}  // namespace

Command add_probe(CLI::App& app) {
  const auto options = std::make_shared<ProbeOptions>();
  CLI::App* command = app.add_subcommand(std::string(model::command::Probe::kName),
                                         std::string(model::command::Probe::kHelp));
  options->socket = add_socket_option(*command);
  options->scope = add_service_argument(*command, "Only the checks of this service");
  command->add_option("--wait", options->wait, "Wait at most so long for the results")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 3600.0))
      ->type_name("SECONDS");
  command->footer(
      "The agent probes out of turn, and takes the results as it takes all others. A probe that\n"
      "was under way is not counted: the next one is waited for.\n"
      "Exits 0 if every probe passed, 1 if one failed, is not done in time, or no agent answers.");
  return {command, [options] { return show(*options); }};
}

}  // namespace vipherd::cli
