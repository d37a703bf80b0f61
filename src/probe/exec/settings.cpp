#include "probe/exec/settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "probe/setting_reader.hpp"

namespace vipherd::probe::exec {
namespace {

using model::SettingType;
using Texts = std::vector<std::string>;

/// Exists everywhere, is no bash for most, and is what system(3) takes.
constexpr const char* kShell = "/bin/sh";
constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// exec would take a NUL for the end.
bool has_nul(std::string_view text) { return text.find('\0') != text.npos; }

bool is_variable(std::string_view text) {
  const std::string_view name = text.substr(0, text.find('='));
  if (name.size() == text.size() || name.empty() || (name[0] >= '0' && name[0] <= '9'))
    return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool is_absolute(std::string_view path) { return path.starts_with('/') && !has_nul(path); }

std::string_view name_of(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

/// A clean one: nothing of the agent's own. Later entries replace earlier ones of their name.
Texts environment_of(const std::optional<files::LocalUser>& user, const Texts& given) {
  Texts all{std::string("PATH=") + kPath, "LANG=C"};
  if (user) {
    all.push_back("HOME=" + user->home);
    all.push_back("USER=" + user->name);
    all.push_back("LOGNAME=" + user->name);
  }
  for (const std::string& variable : given) {
    std::erase_if(all, [&](const auto& other) { return name_of(other) == name_of(variable); });
    all.push_back(variable);
  }
  return all;
}

/// The agent under systemd may not change its groups, and need not to stay who it is.
bool is_agent_itself(const files::LocalUser& user) {
  return ::geteuid() != 0 && ::geteuid() == user.uid && ::getegid() == user.gid;
}

void check_command(SettingReader& reader) {
  const bool has_command = reader.has("command");
  if (has_command == reader.has("shell")) {
    reader.error(has_command ? "shell" : "command",
                 has_command ? "give either \"command\" or \"shell\", not both"
                             : "give \"command\", the program and its arguments, or \"shell\"");
    return;
  }
  const Texts command = reader.texts("command");
  if (has_command && (command.empty() || !is_absolute(command.front()))) {
    reader.error("command",
                 "expected the absolute path of a program and its arguments, such "
                 "as [\"/usr/bin/pgrep\", \"nginx\"]");
  } else if (std::ranges::any_of(command, has_nul)) {
    reader.error("command", "expected arguments without NUL");
  }
  const std::string shell = reader.text("shell", "true");
  if (shell.empty() || has_nul(shell)) {
    reader.error("shell", "expected a command line for /bin/sh");
  }
}

void read_command(SettingReader& reader, ExecSettings& settings) {
  check_command(reader);
  if (reader.has("shell")) {
    settings.command = {kShell, "-c", reader.text("shell")};
    settings.name = "the shell command";
    return;
  }
  settings.command = reader.texts("command");
  if (settings.command.empty()) return;
  const std::string& path = settings.command.front();
  settings.name = path.substr(path.rfind('/') + 1);
}

}  // namespace

std::vector<model::SettingSpec> exec_setting_specs() {
  return {
      {"command", SettingType::texts, false, "the program's absolute path and its arguments"},
      {"shell", SettingType::text, false, "a command line for /bin/sh, instead of command"},
      {"environment", SettingType::texts, false, "[\"NAME=value\"] beside PATH and LANG=C"},
      {"user", SettingType::text, false, "whom the program runs as; default: the agent's user"},
      {"directory", SettingType::text, false, "where it starts; default \"/\""},
      {"warning_is", SettingType::text, false,
       "what exit code 1 is: \"fail\" (default) or \"pass\""},
  };
}

model::Preparation prepare_exec(const model::Settings& given) {
  SettingReader reader(given);
  ExecSettings settings;
  read_command(reader, settings);
  settings.environment = reader.texts("environment");
  for (const std::string& variable : settings.environment) {
    if (is_variable(variable) && !has_nul(variable)) continue;
    reader.error("environment", "expected \"NAME=value\", got \"" + variable + "\"");
  }
  settings.user = reader.text("user");
  if (reader.has("user") && (settings.user.empty() || settings.user.find_first_of(std::string_view(
                                                          ":\n\0", 3)) != std::string::npos)) {
    reader.error("user", "expected the name of a user");
  }
  settings.directory = reader.text("directory", "/");
  if (!is_absolute(settings.directory)) {
    reader.error("directory", "expected an absolute path");
  }
  const std::string warning = reader.text("warning_is", "fail");
  settings.warning_passes = warning == "pass";
  if (warning != "fail" && warning != "pass") {
    reader.error("warning_is", "expected \"fail\" or \"pass\", got \"" + warning + "\"");
  }
  return std::move(reader).prepared(std::move(settings));
}

Result<Program> program_of(const ExecSettings& settings) {
  Program program;
  program.command = settings.command;
  std::optional<files::LocalUser> user;
  if (!settings.user.empty()) {
    auto found = files::find_local_user(settings.user);
    if (!found) return found.error();
    user = std::move(*found);
  }
  program.environment = environment_of(user, settings.environment);
  program.directory = settings.directory;
  if (user && !is_agent_itself(*user)) program.user = std::move(user);
  return program;
}

}  // namespace vipherd::probe::exec
