#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "vipherd/agent/config_files.hpp"
#include "vipherd/agent/descriptors.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd::cli {
namespace {

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string summary(const model::Config& config) {
  std::size_t vips = 0;
  std::size_t checks = 0;
  for (const model::ServiceConfig& service : config.services) {
    vips += service.vips.size();
    checks += service.checks.size();
  }
  return counted(config.services.size(), "service") + ", " + counted(vips, "VIP") + ", " +
         counted(checks, "check");
}

int check(const std::string& path) {
  const config::Loaded loaded = agent::load_config(path, probe::check_schemas());
  if (loaded.config) {
    out_line(path + ": ok: " + summary(*loaded.config));
    const std::string shortage =
        agent::descriptor_shortage(*loaded.config, agent::raise_descriptor_limit());
    if (!shortage.empty()) err_line("warning: " + shortage);
    return kOk;
  }
  for (const config::Fault& fault : loaded.faults) {
    err_line(config::to_string(fault));
  }
  err_line(counted(loaded.faults.size(), "fault"));
  return kBadUsage;
}

}  // namespace

Command add_check_config(CLI::App& app) {
  const auto path = std::make_shared<std::string>(kDefaultConfig);
  CLI::App* command =
      app.add_subcommand("check-config", "List everything wrong with the configuration");
  command->add_option("--config", *path, "The main configuration file")
      ->capture_default_str()
      ->type_name("FILE");
  command->footer(
      "Reads FILE and conf.d/*.toml beside it and changes nothing. Each fault is one line on\n"
      "standard error: FILE:LINE:COLUMN: KEY: what was expected. Exits 0 or 2.\n"
      "If the checks may need more file descriptors than this command may have, it warns of that;\n"
      "the unit's LimitNOFILE= may be another one.");
  return {command, [path] { return check(*path); }};
}

}  // namespace vipherd::cli
