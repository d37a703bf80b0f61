#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>

#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "vipherd/agent/config_files.hpp"
#include "vipherd/base/printable.hpp"
#include "vipherd/doctor/look.hpp"
#include "vipherd/probe/kinds.hpp"
#include "vipherd/relay/data_path.hpp"
#include "vipherd/wire/json/status.hpp"

namespace vipherd::cli {
namespace {

struct DoctorOptions {
  std::string config = kDefaultConfig;
  std::string role{};  ///< empty: by whether there is a configuration
  bool config_given = false;
  bool json = false;
  bool script = false;
};

/// An invalid configuration does not keep the rest from being looked at: what can be read of it
/// counts.
void read_configuration(const DoctorOptions& options, doctor::LookAt& what) {
  const agent::ReadableFiles files = agent::read_what_is_readable(options.config);
  what.config_errors = files.problems;
  config::Loaded loaded;
  if (files.problems.empty()) {
    loaded = config::parse(files.sources, probe::check_schemas(), what.host);
  }
  if (loaded.config) {
    what.frr = loaded.config->frr;
    what.api = loaded.config->api;
    what.config = std::move(loaded.config);
    return;
  }
  for (const config::ConfigError& error : loaded.errors) {
    what.config_errors.push_back(config::to_string(error));
  }
  const config::Salvaged salvaged = config::salvage(files.sources);
  what.frr = salvaged.frr;
  what.api = salvaged.api;
}

int exit_code_of(const doctor::Report& report) {
  if (report.problems() > 0) return kFailure;
  return report.unknown() > 0 ? kNotAllSeen : kOk;
}

/// As the running agent has it.
Result<model::RelayStatus> ask_for_relay(const std::string& socket) {
  if (socket.empty()) return fail("api.control_socket is empty: the agent cannot be asked");
  const auto body = ask_for_200(endpoint_of(socket, ""), "GET", "/v1/status");
  if (!body) return fail("no agent answers: " + body.error().what);
  auto status = wire::decode_status(*body);
  if (!status) return fail("not the status of a vipherd: " + status.error().what);
  if (!status->relay) return fail("the running agent has no relay: was it reloaded?");
  return std::move(*status->relay);
}

int examine(const DoctorOptions& options) {
  std::error_code error;
  const bool there = std::filesystem::exists(options.config, error);
  if (options.config_given && !there) {
    complain("there is no " + options.config);
    return kBadUsage;
  }
  doctor::LookAt what;
  what.host = agent::host_name();
  const bool node = options.role.empty() ? there || error : options.role == "node";
  what.role = node ? doctor::Role::node : doctor::Role::router;
  if (node) read_configuration(options, what);
  if (what.config && what.config->relay) {
    what.relay_built_in = relay::is_built_in();
    what.relay = ask_for_relay(what.api.control_socket);
  }
  const doctor::Report report = doctor::examine(doctor::look(std::move(what)));
  if (options.json) {
    out_text(printable_json(doctor::render_json(report)));
  } else if (options.script) {
    out_text(doctor::render_script(report));
  } else {
    out_text(doctor::render_text(report));
  }
  return exit_code_of(report);
}

}  // namespace

Command add_doctor(CLI::App& app) {
  const auto options = std::make_shared<DoctorOptions>();
  CLI::App* command =
      app.add_subcommand("doctor", "Look for what is wrong with this host, and how to fix it");
  command
      ->add_option("--role", options->role, "node or router; by default by whether FILE is there")
      ->check(CLI::IsMember({"node", "router"}))
      ->type_name("ROLE");
  auto* config = command->add_option("--config", options->config, "The main configuration file")
                     ->capture_default_str()
                     ->type_name("FILE");
  auto* json = command->add_flag("--json", options->json, "Print the findings as JSON");
  command->add_flag("--script", options->script, "Print a shell script that fixes what it can")
      ->excludes(json);
  command->footer(
      "Reads kernel settings, interfaces, FRR's daemons and files, network managers, the unit,\n"
      "and what ip and nft show, and changes nothing. Runs on routers without an agent, too.\n"
      "docs/doctor.md lists all rules.\n"
      "Exits 0 if there is no problem (notices do not count), 1 if there is one, 2 for bad usage,\n"
      "3 if there is none as far as could be seen, but not everything could be looked at.");
  return {command, [options, config] {
            options->config_given = config->count() > 0;
            return examine(*options);
          }};
}

}  // namespace vipherd::cli
