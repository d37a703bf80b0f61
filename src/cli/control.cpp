// The commands of one service that need nothing but its name: one POST to the control socket each.
#include <CLI/CLI.hpp>
#include <array>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/drain_progress.hpp"
#include "cli/json_output.hpp"
#include "cli/operate.hpp"
#include "cli/output.hpp"
#include "cli/persisted.hpp"
#include "cli/waiting.hpp"

namespace vipherd::cli {
namespace {

struct ServiceCommand {
  std::string_view name;
  std::string_view about;
  std::string_view done;  ///< what is printed after "service NAME "
  std::string_view footer;
  model::Command (*make)(const model::scope::Service& service, const model::Terms& terms);
  bool has_terms;  ///< it can be given a reason, and an end
  /// What --wait waits for; none: it is done when the agent has taken it.
  Progress (*progress)(const model::Status& status, const std::vector<std::string>& vips);
};

constexpr Duration kUsualPatience = std::chrono::minutes(1);

template <class C>
concept HasTerms = requires(C command) {
  command.terms;
};

template <class C>
constexpr ServiceCommand service_command(std::string_view done, std::string_view footer,
                                         decltype(ServiceCommand::progress) progress) {
  return {C::kName,
          C::kHelp,
          done,
          footer,
          [](const model::scope::Service& service, const model::Terms& terms) -> model::Command {
            C command{service};
            if constexpr (HasTerms<C>) command.terms = terms;
            return command;
          },
          HasTerms<C>,
          progress};
}

constexpr std::array kServiceCommands{
    service_command<model::command::Disable>(
        "is disabled: its VIPs are being withdrawn",
        "At once; \"vipherd drain\" does it without losing requests. Lasts until \"vipherd\n"
        "enable\", also over a restart. Exits 0 if the agent took it, 3 if it took it but could "
        "not\n"
        "write it down, else 1.",
        withdraw_progress),
    service_command<model::command::Enable>(
        "is enabled: its VIPs are announced while it is up",
        "A service with enabled = false in the configuration is refused: that is for the\n"
        "configuration to say. Exits 0 if the agent took it, 3 if it took it but could not write "
        "it\n"
        "down, else 1.",
        return_progress),
    service_command<model::command::ClearDamping>(
        "has no penalty for flapping any more",
        "A service that is held down for flapping returns at once, if its checks are up.\n"
        "Exits 0 if the agent took it, else 1.",
        nullptr),
};

struct ServiceOptions {
  std::shared_ptr<std::string> socket;
  std::shared_ptr<model::scope::Service> service;
  std::shared_ptr<model::Terms> terms = std::make_shared<model::Terms>();
  std::shared_ptr<Waiting> waiting;  ///< none: there is nothing to wait for
  std::shared_ptr<bool> json;
};

int send(const ServiceOptions& options, const ServiceCommand& row) {
  const Endpoint endpoint{*options.socket, ""};
  const auto reached = operate(endpoint, row.make(*options.service, *options.terms));
  if (!reached) {
    complain(reached.error().what);
    return kFailure;
  }
  tell_reached(
      *reached,
      to_string(reached->scope) + " " + std::string(row.done) + " (" + vips_of(*reached) + ")",
      *options.json);
  const int persisted = warn_if_not_persisted(*reached);
  if (!options.waiting || !options.waiting->wait) return persisted;
  const auto progress_of = [&](const model::Status& status) {
    return row.progress(status, reached->vips);
  };
  const int waited =
      wait_until_done(endpoint, progress_of, options.waiting->timeout, *options.json);
  return waited == kOk ? persisted : waited;
}

}  // namespace

std::vector<Command> add_service_commands(CLI::App& app) {
  std::vector<Command> all;
  for (const ServiceCommand& row : kServiceCommands) {
    CLI::App* added = app.add_subcommand(std::string(row.name), std::string(row.about));
    ServiceOptions options;
    options.socket = add_socket_option(*added);
    options.service = add_required_service_argument(*added, "The service's name");
    if (row.progress != nullptr) options.waiting = add_waiting_options(*added, kUsualPatience);
    if (row.has_terms) options.terms = add_terms_options(*added);
    options.json = add_json_option(*added);
    added->footer(std::string(row.footer));
    all.push_back({added, [options, &row] { return send(options, row); }});
  }
  return all;
}

}  // namespace vipherd::cli
