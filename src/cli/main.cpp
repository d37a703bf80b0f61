#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/output.hpp"

namespace vipherd::cli {
namespace {

constexpr const char* kAbout =
    "vipherd: anycast VIPs that follow the health of the service behind them.\n"
    "Checks the local services, makes their VIPs local on this node, and has FRRouting\n"
    "announce them; what is unhealthy is withdrawn.";

constexpr const char* kExamples =
    "Examples:\n"
    "  vipherd check-config                 is the configuration right?\n"
    "  vipherd config --effective           what is in force with it, and from where?\n"
    "  vipherd run                          run the agent in the foreground\n"
    "  vipherd status                       what is announced, and why (not)?\n"
    "  vipherd status --watch               the same, until Ctrl-C\n"
    "  vipherd status --json | jq .vips     the same for programs\n"
    "  vipherd probe web                    probe now: is it fixed?\n"
    "  vipherd explain 10.10.10.10          where does the chain to the neighbours break?\n"
    "  vipherd doctor                       what is wrong with this host, or with a router?\n"
    "  vipherd events -f                    what changes, as it happens\n"
    "  vipherd drain --wait                 take this node out, losing nothing\n"
    "  vipherd resume                       and bring it back\n"
    "  vipherd disable web                  take the service web out at once\n"
    "  vipherd render node --diff           what frr.conf needs for it\n"
    "  vipherd init --pool ... --vip ...    print a first configuration\n"
    "  vipherd spread http://10.10.10.10/   on a client: which nodes answer?\n"
    "  vipherd cleanup                      remove what a dead agent left in the kernel\n"
    "\n"
    "Exit codes:\n"
    "  0  done; status: healthy or drained; probe: everything passed\n"
    "  1  failed; status: not healthy; probe: something failed; or no agent answers\n"
    "  2  bad configuration or usage\n"
    "  3  done, but it could not be written down: it would not outlive the agent;\n"
    "     doctor: no problem found, but not everything could be looked at\n"
    "\n"
    "See vipherd(8), and docs/configuration.md for the configuration.";

constexpr const char* kSeeHelp = "Run with --help for more information.";

/// CLI11 has an exit code for every kind of mistake; here all of them are bad usage.
int exit_code_of(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() != 0) {
    err_line(error.what());
    err_line(kSeeHelp);
    return kBadUsage;
  }
  std::ostringstream help;
  app.exit(error, help, help);
  out_text(help.str());
  return kOk;
}

/// What was printed into a full disk or a closed pipe was not told, whatever the command says.
int unless_unprinted(int code) {
  const bool printed = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (printed || code != kOk) return code;
  complain("cannot write to standard output");
  return kFailure;
}

/// What monitoring asked for and did not get is UNKNOWN to it, never CRITICAL.
int as_monitoring_has_it(int code, int argc, char** argv) {
  constexpr int kUnknown = 3;
  const std::vector<std::string> arguments(argv, argv + argc);
  const bool nagios = std::ranges::find(arguments, "--nagios") != arguments.end();
  return nagios && code == kBadUsage ? kUnknown : code;
}

int run_command(int argc, char** argv) {
  CLI::App app(kAbout, "vipherd");
  app.set_version_flag("-V,--version", "vipherd " VIPHERD_VERSION);
  app.require_subcommand(1);
  app.footer(kExamples);
  // In the order of the help.
  std::vector<Command> commands{add_run(app), add_check_config(app), add_cleanup(app),
                                add_status(app), add_probe(app)};
  for (Command& command : add_service_commands(app)) commands.push_back(std::move(command));
  for (const auto add :
       {add_drain, add_resume, add_weight, add_explain, add_events, add_reload, add_hand_over,
        add_doctor, add_config, add_spread, add_render, add_init, add_integrate, add_import}) {
    commands.push_back(add(app));
  }
  for (const Command& command : commands) refuse_empty_values(*command.app);
  // For the shells, which give it words that are no arguments yet, and empty ones.
  if (argc > 2 && std::string_view(argv[1]) == "complete" && std::string_view(argv[2]) == "--") {
    return complete(app, std::vector<std::string>(argv + 3, argv + argc));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    // CLI11 only says that a subcommand is missing.
    if (app.remaining_size() == 0) return exit_code_of(app, error);
    complain("there is no command \"" + app.remaining().front() + "\"");
    err_line(kSeeHelp);
    return kBadUsage;
  } catch (const CLI::ParseError& error) {
    return as_monitoring_has_it(exit_code_of(app, error), argc, argv);
  }
  // What may have a value or none (--watch) takes an empty one for none.
  if (std::any_of(argv + 1, argv + argc, [](const char* text) { return *text == 0; })) {
    complain("an argument is empty: that is not the same as none");
    err_line(kSeeHelp);
    return as_monitoring_has_it(kBadUsage, argc, argv);
  }
  for (const Command& command : commands) {
    if (command.app->parsed()) return command.run();
  }
  return kBadUsage;
}

}  // namespace

int main(int argc, char** argv) { return unless_unprinted(run_command(argc, argv)); }

}  // namespace vipherd::cli
