#include "vipherd/agent/run.hpp"

#include <CLI/CLI.hpp>
#include <map>
#include <memory>

#include "cli/commands.hpp"

namespace vipherd::cli {

Command add_run(CLI::App& app) {
  struct Options {
    std::string config = kDefaultConfig;
    std::string log_level;
    std::string log_format = "auto";
  };
  static const std::map<std::string, agent::LogFormat> kFormats{
      {"auto", agent::LogFormat::automatic},
      {"text", agent::LogFormat::text},
      {"json", agent::LogFormat::json}};
  static const std::map<std::string, model::LogLevel> kLevels{{"debug", model::LogLevel::debug},
                                                              {"info", model::LogLevel::info},
                                                              {"warning", model::LogLevel::warning},
                                                              {"error", model::LogLevel::error}};
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("run", "Run the agent in the foreground");
  command->add_option("--config", options->config, "The main configuration file")
      ->capture_default_str()
      ->type_name("FILE");
  command->add_option("--log-level", options->log_level, "Wins over log.level")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->type_name("LEVEL");
  command
      ->add_option("--log-format", options->log_format,
                   "auto: to the journal with fields if standard error is it, else text")
      ->check(CLI::IsMember({"auto", "text", "json"}))
      ->capture_default_str()
      ->type_name("FORMAT");
  command->footer(
      "Also reads conf.d/*.toml beside FILE. Logs to standard error, one line per change.\n"
      "SIGTERM, SIGINT: withdraw every VIP, wait for the confirmation, detach, exit 0.\n"
      "SIGHUP: read the configuration again; an invalid one changes nothing.");
  return {command, [options] {
            agent::RunOptions run{options->config, std::nullopt, kFormats.at(options->log_format)};
            const auto level = kLevels.find(options->log_level);
            if (level != kLevels.end()) run.log_level = level->second;
            return agent::run(run);
          }};
}

}  // namespace vipherd::cli
