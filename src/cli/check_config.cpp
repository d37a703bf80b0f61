#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "cli/output.hpp"
#include "vipherd/agent/config_files.hpp"
#include "vipherd/agent/descriptors.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd::cli {
namespace {

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

struct Counts {
  std::size_t services = 0;
  std::size_t vips = 0;
  std::size_t checks = 0;
};

Counts count(const model::Config& config) {
  Counts counts{config.services.size()};
  for (const model::ServiceConfig& service : config.services) {
    counts.vips += service.vips.size();
    counts.checks += service.checks.size();
  }
  return counts;
}

std::string summary(const Counts& counts) {
  return counted(counts.services, "service") + ", " + counted(counts.vips, "VIP") + ", " +
         counted(counts.checks, "check");
}

/// Empty, or what the configuration needs more of than there is.
std::string warning_of(const config::Loaded& loaded) {
  if (!loaded.config) return "";
  return agent::descriptor_shortage(*loaded.config, agent::raise_descriptor_limit());
}

nlohmann::ordered_json json_of(const std::string& path, const config::Loaded& loaded,
                               const std::string& warning) {
  nlohmann::ordered_json object{{"file", path}, {"ok", loaded.config.has_value()}};
  if (loaded.config) {
    const Counts counts = count(*loaded.config);
    object["services"] = counts.services;
    object["vips"] = counts.vips;
    object["checks"] = counts.checks;
  }
  object["warning"] = warning;
  object["faults"] = nlohmann::ordered_json::array();
  for (const config::ConfigError& error : loaded.errors) {
    object["faults"].push_back({{"file", error.file},
                                {"line", error.line},
                                {"column", error.column},
                                {"message", error.message}});
  }
  return object;
}

void tell(const std::string& path, const config::Loaded& loaded, const std::string& warning) {
  if (loaded.config) {
    out_line(path + ": ok: " + summary(count(*loaded.config)));
    if (!warning.empty()) err_line("warning: " + warning);
    return;
  }
  for (const config::ConfigError& error : loaded.errors) err_line(config::to_string(error));
  err_line(counted(loaded.errors.size(), "error"));
}

int check(const std::string& path, bool json) {
  const config::Loaded loaded = agent::load_config(path, probe::check_schemas());
  const std::string warning = warning_of(loaded);
  if (json) {
    out_json(json_of(path, loaded, warning));
  } else {
    tell(path, loaded, warning);
  }
  return loaded.config ? kOk : kBadUsage;
}

}  // namespace

Command add_check_config(CLI::App& app) {
  const auto path = std::make_shared<std::string>(kDefaultConfig);
  CLI::App* command =
      app.add_subcommand("check-config", "List everything wrong with the configuration");
  command->add_option("--config", *path, "The main configuration file")
      ->capture_default_str()
      ->type_name("FILE");
  const auto json = add_json_option(*command);
  command->footer(
      "Reads FILE and conf.d/*.toml beside it and changes nothing. Each error is one line on\n"
      "standard error: FILE:LINE:COLUMN: KEY: what was expected. Exits 0 or 2.\n"
      "If the checks may need more file descriptors than this command may have, it warns of that;\n"
      "the unit's LimitNOFILE= may be another one.");
  return {command, [path, json] { return check(*path, *json); }};
}

}  // namespace vipherd::cli
