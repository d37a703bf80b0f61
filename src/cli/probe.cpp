#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "cli/operate.hpp"
#include "cli/output.hpp"
#include "cli/probe_results.hpp"
#include "cli/waiting.hpp"
#include "vipherd/base/name.hpp"
#include "vipherd/wire/json/status.hpp"

namespace vipherd::cli {
namespace {

constexpr auto kPause = std::chrono::milliseconds(20);

struct ProbeOptions {
  std::shared_ptr<std::string> socket;
  std::shared_ptr<model::ServiceScope> scope;
  Duration timeout = std::chrono::seconds(10);
  std::shared_ptr<bool> json;
};

Result<ProbeResults> results(const Endpoint& endpoint, const std::vector<std::string>& services,
                             WallTime since) {
  const auto body = ask_for_200(endpoint, "GET", "/v1/status");
  if (!body) return body.error();
  const auto status = wire::decode_status(*body);
  if (!status) return status.error();
  return probe_results(*status, services, since);
}

Result<ProbeResults> probe(const ProbeOptions& options) {
  const Endpoint endpoint{*options.socket, ""};
  const WallTime since = std::chrono::system_clock::now();
  const auto reached = operate(endpoint, model::command::Probe{*options.scope});
  if (!reached) return reached.error();
  const auto deadline = std::chrono::steady_clock::now() + options.timeout;
  for (;;) {
    auto found = results(endpoint, reached->services, since);
    if (!found || found->complete || std::chrono::steady_clock::now() > deadline) return found;
    std::this_thread::sleep_for(kPause);
  }
}

nlohmann::ordered_json json_of(const ProbeResults& found) {
  auto checks = nlohmann::ordered_json::array();
  for (const ProbeResult& result : found.results) {
    nlohmann::ordered_json check{{"service", result.service}, {"advisory", result.advisory}};
    check["check"] = result.check;  // empty: none of the service runs
    check["result"] = !result.last ? "none" : result.last->pass ? "pass" : "fail";
    if (result.last) {
      check["latency_ms"] = std::chrono::duration<double, std::milli>(result.last->latency).count();
      check["reason"] = result.last->reason;
      check["warning"] = result.last->warning;
    }
    checks.push_back(std::move(check));
  }
  return {{"complete", found.complete}, {"passed", found.passed}, {"checks", std::move(checks)}};
}

/// Up to 0.1 it was --wait SECONDS. It always waits, so that --wait alone changes nothing; what
/// follows it without being a time is the service.
void on_wait(ProbeOptions& options, const std::string& text) {
  if (text.empty()) return;
  if (const auto timeout = parse_timeout(text)) {
    options.timeout = *timeout;
  } else if (!is_name(text)) {
    throw CLI::ValidationError("--wait", timeout.error().what);
  } else if (!std::holds_alternative<model::scope::Node>(*options.scope)) {
    throw CLI::ExtrasError({text});
  } else {
    *options.scope = model::scope::Service{text};
  }
}

int show(const ProbeOptions& options) {
  const auto found = probe(options);
  if (!found) {
    complain(found.error().what);
    return kFailure;
  }
  if (*options.json) {
    out_json(json_of(*found));
  } else {
    out_text(render(*found));
  }
  return found->passed ? kOk : kFailure;
}

}  // namespace

Command add_probe(CLI::App& app) {
  const auto options = std::make_shared<ProbeOptions>();
  CLI::App* command = app.add_subcommand(std::string(model::command::Probe::kName),
                                         std::string(model::command::Probe::kHelp));
  options->socket = add_socket_option(*command);
  options->scope = add_service_argument(*command, "Only the checks of this service");
  command
      ->add_option_function<std::string>(
          "--wait", [options](const std::string& text) { on_wait(*options, text); },
          "It always waits for the results; TIME is --timeout's")
      ->expected(0, 1)
      ->type_name("TIME");
  add_timeout_option(*command, options->timeout);
  options->json = add_json_option(*command);
  command->footer(
      "The agent probes out of turn, and takes the results as it takes all others. A probe that\n"
      "was under way is not counted: the next one is waited for.\n"
      "Exits 0 if every probe passed, 1 if one failed, is not done in time, or no agent answers.");
  return {command, [options] { return show(*options); }};
}

}  // namespace vipherd::cli
