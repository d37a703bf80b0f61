#include <CLI/CLI.hpp>
#include <memory>

#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/status_table.hpp"
#include "vipherd/base/printable.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/health.hpp"
#include "vipherd/wire/status_json.hpp"

namespace vipherd::cli {
namespace {

struct StatusOptions {
  std::string socket = model::ApiConfig{}.control_socket;
  std::string url;  ///< empty: the socket
  bool json = false;
  model::Strictness strictness;
};

Door door_of(const StatusOptions& options) {
  Door door;
  if (options.url.empty()) {
    door.socket = options.socket;
  } else {
    door.url = options.url;
    while (door.url.ends_with('/')) door.url.pop_back();
  }
  return door;
}

/// Whoever has the endpoint's port may answer there in the agent's place: that is for the operator
/// to decide.
void tell_no_answer(const StatusOptions& options, const std::string& why) {
  complain("no agent answers: " + why);
  if (!options.url.empty()) return;
  complain("its endpoint (api.listen) is asked with --url http://127.0.0.1:" +
           std::to_string(model::kEndpointPort));
}

int show(const StatusOptions& options) {
  const auto body = ask_for_200(door_of(options), "GET", "/v1/status");
  if (!body) {
    tell_no_answer(options, body.error().what);
    return kFailure;
  }
  const auto status = wire::decode_status(*body);
  if (!status) {
    complain("not the status of a vipherd: " + status.error().what);
    return kFailure;
  }
  out_text(options.json ? printable_json(*body) : render_status(*status));
  return model::is_failure(model::judge(*status), options.strictness) ? kFailure : kOk;
}

}  // namespace

Command add_status(CLI::App& app) {
  const auto options = std::make_shared<StatusOptions>();
  CLI::App* command = app.add_subcommand("status", "Show what is checked, attached and announced");
  auto* socket = command->add_option("--socket", options->socket,
                                     "The agent's control socket (api.control_socket)");
  auto* url = command->add_option("--url", options->url, "The agent's endpoint (api.listen)");
  socket->capture_default_str()->type_name("PATH")->excludes(url);
  url->type_name("URL");
  command->add_flag("--json", options->json, "Print the agent's answer");
  command->add_flag("--fail-drained", options->strictness.drained,
                    "Exit 1 also if something was drained or disabled by an operator");
  command->add_flag("--fail-notices", options->strictness.notices,
                    "Exit 1 also if there is any notice, whatever is drained among them");
  command->footer(
      "Asks over the control socket, where only the agent can answer, unless a URL is given.\n"
      "Exits 0 if every service is up and every VIP is announced, but for what was taken out\n"
      "on purpose, else 1; also 1 if no agent answers within 5 seconds.");
  return {command, [options] { return show(*options); }};
}

}  // namespace vipherd::cli
