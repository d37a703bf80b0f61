#include <spawn.h>
#include <sys/wait.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>

#include "cli/commands.hpp"
#include "cli/operate.hpp"
#include "cli/output.hpp"
#include "cli/waiting.hpp"
#include "vipherd/agent/config_files.hpp"
#include "vipherd/base/unit_name.hpp"
#include "vipherd/files/files.hpp"
#include "vipherd/probe/kinds.hpp"
#include "vipherd/setup/drain_unit.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration)

namespace vipherd::cli {
namespace {

constexpr Duration kUsualStopTimeout = std::chrono::seconds(30);
constexpr const char* kUnitDirectory = "/etc/systemd/system/";

struct IntegrateOptions {
  std::string config = kDefaultConfig;
  setup::DrainUnit wanted{.timeout = kUsualStopTimeout};
  bool install = false;
};

/// The services that watch the unit, of the configuration; all of them if it is the agent's own.
std::vector<std::string> services_of(const model::Config& config, const std::string& unit) {
  std::vector<std::string> found;
  for (const model::ServiceConfig& service : config.services) {
    if (service.watch.unit == unit || unit == setup::kOwnUnit) found.push_back(service.name);
  }
  return found;
}

/// What the configuration has to say: what to drain, and where the agent listens. False after it
/// was said why not.
bool fill_in(IntegrateOptions& options) {
  const config::Loaded loaded = agent::load_config(options.config, probe::check_schemas());
  if (!loaded.config) {
    for (const config::ConfigError& error : loaded.errors) err_line(config::to_string(error));
    return false;
  }
  setup::DrainUnit& wanted = options.wanted;
  if (loaded.config->api.control_socket != model::ApiConfig{}.control_socket) {
    wanted.socket = loaded.config->api.control_socket;
  }
  if (wanted.targets.empty()) wanted.targets = services_of(*loaded.config, wanted.unit);
  if (!wanted.targets.empty()) return true;
  complain("no service of " + options.config + " has watch.unit = \"" + wanted.unit +
           "\": what is to be drained? --drain SERVICE");
  return false;
}

bool run_systemctl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "systemctl");
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  int status = 0;
  const bool done =
      ::posix_spawnp(&child, "systemctl", nullptr, nullptr, argv.data(), environ) == 0 &&
      ::waitpid(child, &status, 0) == child && status == 0;
  if (!done) complain("systemctl " + arguments[1] + " failed");
  return done;
}

int write_unit(const std::string& name, const std::string& text) {
  const std::string path = kUnitDirectory + name;
  std::error_code failed;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), failed);
  if (const auto written = files::replace(path, text); !written) {
    complain(written.error().what);
    return kFailure;
  }
  return run_systemctl({"daemon-reload"}) ? kOk : kFailure;
}

int install(const std::string& unit, const std::string& text) {
  const bool own = unit == setup::kOwnUnit;
  const std::string name = own ? setup::kOwnDropIn : setup::drain_unit_name(unit);
  if (const int code = write_unit(name, text); code != kOk) return code;
  if (!own && !run_systemctl({"enable", "--now", name})) return kFailure;
  out_line(kUnitDirectory + name + " is written and in force");
  return kOk;
}

int run_integrate(IntegrateOptions options) {
  if (!fill_in(options)) return kBadUsage;
  const setup::DrainUnit& wanted = options.wanted;
  const std::string text = wanted.unit == setup::kOwnUnit ? setup::own_drop_in_text(wanted)
                                                          : setup::drain_unit_text(wanted);
  if (options.install) return install(wanted.unit, text);
  out_text(text);
  return kOk;
}

}  // namespace

Command add_integrate(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "integrate", "Have systemd drain before it stops a service, and resume after");
  const auto options = std::make_shared<IntegrateOptions>();
  command->add_option("unit", options->wanted.unit, "The service's unit: nginx.service")
      ->type_name("UNIT")
      ->required()
      ->check([](const std::string& text) {
        return is_unit_name(text) && text.ends_with(".service") && text.find('@') == text.npos
                   ? ""
                   : "expected the name of a service such as nginx.service, got \"" + text + "\"";
      });
  command->add_option("--config", options->config, "The main configuration file")
      ->capture_default_str()
      ->type_name("FILE");
  command
      ->add_option("--drain", options->wanted.targets,
                   "A service or a VIP; without it: the services that watch the unit")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("SERVICE|VIP")
      ->check([](const std::string& text) {
        const auto target = parse_target(text);
        return target ? "" : target.error().what;
      });
  add_timeout_option(*command, options->wanted.timeout);
  command->add_flag("--install", options->install, "Write it, and have systemd enable it");
  command->footer(
      "Prints a unit that is stopped before the service is and started after it. A stop or restart "
      "of the\n"
      "service then waits until the drain is done, at most for TIME; without an agent it does not "
      "wait.\n"
      "Exits 0, 1 if it could not be installed, 2 if it is not known what to drain.");
  return {command, [options] { return run_integrate(*options); }};
}

}  // namespace vipherd::cli
