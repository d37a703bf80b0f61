#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/persisted.hpp"

namespace vipherd::cli {
namespace {

struct WeightOptions {
  std::shared_ptr<std::string> socket;
  std::uint32_t percent = 0;
  std::string service;
};

int set(const WeightOptions& options) {
  const std::string path =
      options.service.empty() ? "/v1/weight" : "/v1/services/" + options.service + "/weight";
  const auto answer = ask_for_200({*options.socket, ""}, "POST",
                                  path + "?percent=" + std::to_string(options.percent));
  if (!answer) {
    std::fprintf(stderr, "vipherd: %s\n", answer.error().what.c_str());
    return kFailure;
  }
  const std::string of = options.service.empty() ? "this node" : "service " + options.service;
  if (options.percent == 0) {
    std::printf("%s has its configured weight again\n", of.c_str());
  } else {
    std::printf("%s has the weight %u %%\n", of.c_str(), options.percent);
  }
  return warn_if_not_persisted(*answer);
}

}  // namespace

Command add_weight(CLI::App& app) {
  const auto options = std::make_shared<WeightOptions>();
  CLI::App* added = app.add_subcommand("weight", "Give this node more or less of the traffic");
  options->socket = add_socket_option(*added);
  added->add_option("percent", options->percent, "1 to 100; 0: as configured")
      ->required()
      ->check(CLI::Range(0, 100))
      ->type_name("PERCENT");
  added->add_option("service", options->service, "Only for this service")->type_name("SERVICE");
  added->footer(
      "Has an effect on services that announce weights (services.NAME.weighting). Takes the place\n"
      "of the configured weight until it is set to 0, also over a restart.\n"
      "Exits 0 if the agent took it, 3 if it took it but could not write it down, else 1.");
  return {added, [options] { return set(*options); }};
}

}  // namespace vipherd::cli
