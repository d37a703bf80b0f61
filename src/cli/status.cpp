#include "vipherd/wire/json/status.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <thread>

#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/nagios.hpp"
#include "cli/output.hpp"
#include "cli/status_table.hpp"
#include "cli/status_watch.hpp"
#include "cli/table.hpp"
#include "vipherd/base/printable.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/health.hpp"

namespace vipherd::cli {
namespace {

constexpr double kUsualPeriod = 2;  // seconds
constexpr double kLeastPeriod = 0.5;
constexpr std::size_t kLeastWidth = 40;

struct StatusOptions {
  std::string socket = model::ApiConfig{}.control_socket;
  std::string url;  ///< empty: the socket
  bool json = false;
  bool wide = false;
  bool nagios = false;
  CLI::Option* watched = nullptr;
  double period = kUsualPeriod;  ///< seconds
  model::Strictness strictness;
};

/// A wider terminal does not change the columns: eyes know where to look.
std::size_t width_for(const StatusOptions& options) {
  if (options.wide) return kUnbounded;
  return std::clamp(terminal_width(kUsualWidth), kLeastWidth, kUsualWidth);
}

struct StatusAnswer {
  std::string body;
  model::Status status;
};

Result<StatusAnswer> ask_status(const StatusOptions& options) {
  auto body = ask_for_200(endpoint_of(options.socket, options.url), "GET", "/v1/status");
  if (!body) return fail("no agent answers: " + body.error().what);
  auto status = wire::decode_status(*body);
  if (!status) return fail("not the status of a vipherd: " + status.error().what);
  return StatusAnswer{std::move(*body), std::move(*status)};
}

int show(const StatusOptions& options) {
  const auto answer = ask_status(options);
  if (!answer) {
    complain(answer.error().what);
    // Another process that has the endpoint's port may answer there in the agent's place: that is
    // for the operator to decide.
    if (options.url.empty()) {
      complain("its endpoint (api.listen) is asked with --url http://127.0.0.1:" +
               std::to_string(model::kEndpointPort));
    }
    return kFailure;
  }
  if (options.json) {
    out_text(printable_json(answer->body));
  } else {
    out_page(render_status(answer->status, width_for(options)));
  }
  return model::is_failure(model::evaluate(answer->status), options.strictness) ? kFailure : kOk;
}

int show_for_nagios(const StatusOptions& options) {
  const auto answer = ask_status(options);
  const NagiosResult result = answer ? nagios_result(answer->status, options.strictness)
                                     : nagios_unknown(answer.error().what);
  out_line(result.line);
  return result.code;
}

/// Until it is interrupted.
int watch(const StatusOptions& options) {
  Screen screen;
  StatusWatch state(options.wide ? kUsualWidth : width_for(options));
  // Without a value CLI11 sets 0.
  const double period = options.period < kLeastPeriod ? kUsualPeriod : options.period;
  for (;;) {
    const auto answer = ask_status(options);
    const TimePoint now = std::chrono::steady_clock::now();
    const Page page = answer
                          ? state.on_status(render_status(answer->status, width_for(options)), now)
                          : state.on_failure(answer.error().what, now);
    if (!screen.show(page)) return kFailure;
    std::this_thread::sleep_for(std::chrono::duration<double>(period));
  }
}

void add_forms(CLI::App& command, StatusOptions& options) {
  auto* json = command.add_flag("--json", options.json, "Print the agent's answer");
  auto* wide = command.add_flag("--wide", options.wide, "All columns, each row on one line");
  auto* nagios = command.add_flag("--nagios", options.nagios,
                                  "One line and exit code for Nagios, Icinga and their likes");
  options.watched = command.add_option("--watch", options.period, "Show it anew, until Ctrl-C")
                        ->expected(0, 1)
                        ->type_name("SECONDS")
                        ->default_str("2")
                        ->check(CLI::Range(kLeastPeriod, 3600.0));
  json->excludes(wide, nagios, options.watched);
  nagios->excludes(wide, options.watched);
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
  add_forms(*command, *options);
  command->add_flag("--fail-drained", options->strictness.drained,
                    "Exit 1 also if something was drained or disabled by an operator");
  command->add_flag("--fail-notices", options->strictness.notices,
                    "Exit 1 also if there is any notice, whatever is drained among them");
  command->footer(
      "Asks over the control socket, where only the agent can answer, unless a URL is given.\n"
      "Lines have at most 80 characters unless --wide is given, which also shows types, streaks,\n"
      "tags and metrics. Colours only on a terminal, and not with NO_COLOR or TERM=dumb.\n"
      "Exits 0 if every service is up and every VIP is announced, but for what was taken out\n"
      "on purpose, else 1; also 1 if no agent answers within 5 seconds.\n"
      "With --nagios: 0 OK, 1 WARNING (drained, disabled or held), 2 CRITICAL, 3 UNKNOWN.");
  return {command, [options] {
            if (options->nagios) return show_for_nagios(*options);
            return options->watched->count() > 0 ? watch(*options) : show(*options);
          }};
}

}  // namespace vipherd::cli
