// The configuration as the files have it: what was given, or all that is in force with them.
#include "vipherd/model/config.hpp"

#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "cli/output.hpp"
#include "cli/text.hpp"
#include "vipherd/agent/config_files.hpp"
#include "vipherd/config/effective.hpp"
#include "vipherd/probe/kinds.hpp"
#include "vipherd/wire/json/status.hpp"

namespace vipherd::cli {
namespace {

struct ConfigOptions {
  std::string config = kDefaultConfig;
  bool effective = false;
  std::shared_ptr<bool> json;
};

/// Of a file, or of a directory: when something was added to it or removed.
std::optional<WallTime> changed_at(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return WallTime(std::chrono::seconds(found.st_mtim.tv_sec) +
                  std::chrono::nanoseconds(found.st_mtim.tv_nsec));
}

/// What can be said of the agent that runs with these files, or with others.
std::string compare_with_agent(const model::Config& config, const std::string& main_file,
                               const std::vector<config::Source>& sources) {
  constexpr auto kShort = std::chrono::milliseconds(1000);
  if (config.api.control_socket.empty()) return "the agent has no control socket to be asked over";
  Endpoint endpoint{config.api.control_socket, ""};
  endpoint.patience = kShort;
  const auto body = ask_for_200(endpoint, "GET", "/v1/status");
  const auto status = body ? wire::decode_status(*body) : body.error();
  if (!status) return "no agent answers: nothing is known of what is in force";
  const std::string ago = age(status->config.since, status->now) + " ago";
  if (status->config.state != model::ConfigState::applied) {
    return "the running agent rejected its last reload (" + ago +
           "): what is in force is from before that";
  }
  std::vector<std::string> paths{main_file.substr(0, main_file.rfind('/') + 1) + "conf.d"};
  for (const config::Source& source : sources) paths.push_back(source.path);
  const auto changed_since = std::ranges::find_if(paths, [&](const std::string& path) {
    const auto changed = changed_at(path);
    return changed && *changed > status->config.since;
  });
  if (changed_since != paths.end()) {
    return *changed_since + " has changed since the running agent applied its configuration, " +
           ago + ": reload it to have the files in force";
  }
  return "no file has changed since the running agent applied its configuration, " + ago;
}

nlohmann::ordered_json json_of(const std::vector<config::EffectiveValue>& values, bool defaults,
                               const std::vector<config::Source>& sources,
                               const std::string& agent) {
  nlohmann::ordered_json object;
  object["files"] = nlohmann::ordered_json::array();
  for (const config::Source& source : sources) object["files"].push_back(source.path);
  object["agent"] = agent;
  object["values"] = nlohmann::ordered_json::array();
  for (const config::EffectiveValue& value : values) {
    if (!defaults && value.from.empty()) continue;
    object["values"].push_back({{"key", config::key_of(value)},
                                {"toml", value.value},
                                {"from", value.from.empty() ? "default" : value.from},
                                {"note", value.note}});
  }
  return object;
}

int refuse_invalid(const std::vector<config::ConfigError>& errors) {
  for (const config::ConfigError& error : errors) err_line(config::to_string(error));
  return kBadUsage;
}

int show_config(const ConfigOptions& options) {
  const auto sources = agent::read_config_files(options.config);
  if (!sources) {
    complain(sources.error().what);
    return kBadUsage;
  }
  const config::Loaded loaded = config::parse(*sources, probe::check_schemas(), agent::host_name());
  if (!loaded.config) return refuse_invalid(loaded.errors);
  const auto values = config::effective_values(*loaded.config, *sources);
  const std::string agent = compare_with_agent(*loaded.config, options.config, *sources);
  if (*options.json) {
    out_json(json_of(values, options.effective, *sources, agent));
    return kOk;
  }
  out_line("# What these files say, not what a running agent was told:");
  for (const config::Source& source : *sources) out_line("#   " + source.path);
  out_line("# " + agent);
  out_line("");
  out_text(config::render_effective(values, options.effective));
  return kOk;
}

}  // namespace

Command add_config(CLI::App& app) {
  const auto options = std::make_shared<ConfigOptions>();
  CLI::App* command =
      app.add_subcommand("config", "Show the configuration, and where each value comes from");
  command->add_option("--config", options->config, "The main configuration file")
      ->capture_default_str()
      ->type_name("FILE");
  command->add_flag("--effective", options->effective, "With all defaults filled in");
  options->json = add_json_option(*command);
  command->footer(
      "Reads FILE and conf.d/*.toml beside it, as check-config does, and prints one TOML file in\n"
      "which each line ends with FILE:LINE or \"default\". It shows the files; whether they have\n"
      "changed since the running agent applied them is told in a comment at the top. Nothing of\n"
      "[render] is shown, which is for \"vipherd render\" alone.\n"
      "Exits 0, or 2 with all errors if the configuration is not valid.");
  return {command, [options] { return show_config(*options); }};
}

}  // namespace vipherd::cli
