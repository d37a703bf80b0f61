#include <CLI/CLI.hpp>
#include <memory>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "cli/operate.hpp"
#include "cli/output.hpp"
#include "cli/persisted.hpp"

namespace vipherd::cli {
namespace {

struct WeightOptions {
  std::shared_ptr<std::string> socket;
  std::uint32_t percent = 0;
  std::shared_ptr<model::ServiceScope> scope;
  std::shared_ptr<bool> json;
};

int set(const WeightOptions& options) {
  model::command::Weight weight{*options.scope};
  if (options.percent > 0) weight.percent = options.percent;
  const auto reached = operate({*options.socket, ""}, weight);
  if (!reached) {
    complain(reached.error().what);
    return kFailure;
  }
  const std::string of = to_string(reached->scope);
  const std::string what = reached->percent.value_or(0) == 0
                               ? " has its configured weight again"
                               : " has the weight " + std::to_string(*reached->percent) + " %";
  tell_reached(*reached, of + what, *options.json);
  return warn_if_not_persisted(*reached);
}

}  // namespace

Command add_weight(CLI::App& app) {
  const auto options = std::make_shared<WeightOptions>();
  CLI::App* added = app.add_subcommand(std::string(model::command::Weight::kName),
                                       std::string(model::command::Weight::kHelp));
  options->socket = add_socket_option(*added);
  added->add_option("percent", options->percent, "1 to 100; 0: as configured")
      ->required()
      ->check(CLI::Range(0, 100))
      ->type_name("PERCENT");
  options->scope = add_service_argument(*added, "Only for this service");
  options->json = add_json_option(*added);
  added->footer(
      "Has an effect on services that announce weights (services.NAME.weighting). Takes the place\n"
      "of the configured weight until it is set to 0, also over a restart.\n"
      "Exits 0 if the agent took it, 3 if it took it but could not write it down, else 1.");
  return {added, [options] { return set(*options); }};
}

}  // namespace vipherd::cli
