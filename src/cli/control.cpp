// The commands of one service that need nothing but its name: one POST to the control socket each.
#include <CLI/CLI.hpp>
#include <array>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/operate.hpp"
#include "cli/output.hpp"
#include "cli/persisted.hpp"

namespace vipherd::cli {
namespace {

struct ServiceCommand {
  std::string_view name;
  std::string_view about;
  std::string_view done;  ///< what is printed after "service NAME "
  std::string_view footer;
  model::Command (*make)(const model::scope::Service& service);
};

template <class C>
constexpr ServiceCommand service_command(std::string_view done, std::string_view footer) {
  return {C::kName, C::kHelp, done, footer,
          [](const model::scope::Service& service) -> model::Command { return C{service}; }};
}

constexpr std::array kServiceCommands{
    service_command<model::command::Disable>(
        "is disabled: its VIPs are being withdrawn",
        "At once; \"vipherd drain\" does it without losing requests. Lasts until \"vipherd\n"
        "enable\", also over a restart. Exits 0 if the agent took it, 3 if it took it but could "
        "not\n"
        "write it down, else 1."),
    service_command<model::command::Enable>(
        "is enabled: its VIPs are announced while it is up",
        "A service with enabled = false in the configuration is refused: that is for the\n"
        "configuration to say. Exits 0 if the agent took it, 3 if it took it but could not write "
        "it\n"
        "down, else 1."),
    service_command<model::command::ClearDamping>(
        "has no penalty for flapping any more",
        "A service that is held down for flapping returns at once, if its checks are up.\n"
        "Exits 0 if the agent took it, else 1."),
};

int send(const std::string& socket, const model::Command& command, std::string_view done) {
  const auto reached = operate({socket, ""}, command);
  if (!reached) {
    complain(reached.error().what);
    return kFailure;
  }
  out_line(to_string(reached->scope) + " " + std::string(done) + " (" + vips_of(*reached) + ")");
  return warn_if_not_persisted(*reached);
}

}  // namespace

std::vector<Command> add_service_commands(CLI::App& app) {
  std::vector<Command> all;
  for (const ServiceCommand& row : kServiceCommands) {
    CLI::App* added = app.add_subcommand(std::string(row.name), std::string(row.about));
    const auto socket = add_socket_option(*added);
    const auto service = add_required_service_argument(*added, "The service's name");
    added->footer(std::string(row.footer));
    all.push_back(
        {added, [socket, service, &row] { return send(*socket, row.make(*service), row.done); }});
  }
  return all;
}

}  // namespace vipherd::cli
