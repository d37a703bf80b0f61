#include <CLI/CLI.hpp>

#include "cli/arguments.hpp"
#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "cli/output.hpp"
#include "vipherd/api/routes.hpp"
#include "vipherd/base/printable.hpp"
#include "vipherd/wire/json/control.hpp"

namespace vipherd::cli {
namespace {

constexpr long kRejected = 422;

int reload(const std::string& socket, bool json) {
  const auto answer = ask({socket, ""}, "POST", "/v1/reload");
  if (!answer) {
    complain("no agent answers: " + answer.error().what);
    return kFailure;
  }
  if (json) {
    out_text(printable_json(answer->body));
    return answer->status == 200 ? kOk : answer->status == kRejected ? kBadUsage : kFailure;
  }
  if (answer->status == 200) {
    out_line("the configuration is in force");
    return kOk;
  }
  for (const std::string& error : wire::decode_errors(answer->body)) err_line(error);
  const std::string told = wire::decode_error(answer->body);
  complain("not reloaded: " +
           (told.empty() ? "the agent answered " + std::to_string(answer->status) : told));
  return answer->status == kRejected ? kBadUsage : kFailure;
}

}  // namespace

Command add_reload(CLI::App& app) {
  CLI::App* command = app.add_subcommand("reload", std::string(api::call::Reload::kHelp));
  const auto socket = add_socket_option(*command);
  const auto json = add_json_option(*command);
  command->footer(
      "Waits for what comes of it. Each error is one line on standard error, as \"vipherd\n"
      "check-config\" prints it, and with any of them nothing has changed.\n"
      "Exits 0 if the new configuration is in force, 2 if it was rejected, 1 if no agent answers.");
  return {command, [socket, json] { return reload(*socket, *json); }};
}

}  // namespace vipherd::cli
