#include "probe/exec_settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace vipherd::probe {
namespace {

using model::setting_or;
using model::SettingFault;
using model::Settings;
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
Texts environment_of(const std::optional<LocalUser>& user, const Texts& given) {
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
bool is_agent_itself(const LocalUser& user) {
  return ::geteuid() != 0 && ::geteuid() == user.uid && ::getegid() == user.gid;
}

void judge_command(const Settings& settings, std::vector<SettingFault>& faults) {
  const bool has_command = settings.contains("command");
  if (has_command == settings.contains("shell")) {
    faults.push_back({has_command ? "shell" : "command",
                      has_command
                          ? "give either \"command\" or \"shell\", not both"
                          : "give \"command\", the program and its arguments, or \"shell\""});
    return;
  }
  const auto command = setting_or<Texts>(settings, "command", {});
  if (has_command && (command.empty() || !is_absolute(command.front()))) {
    faults.push_back({"command",
                      "expected the absolute path of a program and its arguments, such "
                      "as [\"/usr/bin/pgrep\", \"nginx\"]"});
  } else if (std::ranges::any_of(command, has_nul)) {
    faults.push_back({"command", "expected arguments without NUL"});
  }
  const auto shell = setting_or<std::string>(settings, "shell", "true");
  if (shell.empty() || has_nul(shell)) {
    faults.push_back({"shell", "expected a command line for /bin/sh"});
  }
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

std::vector<SettingFault> validate_exec(const Settings& settings) {
  std::vector<SettingFault> faults;
  judge_command(settings, faults);
  for (const auto& variable : setting_or<Texts>(settings, "environment", {})) {
    if (is_variable(variable) && !has_nul(variable)) continue;
    faults.push_back({"environment", "expected \"NAME=value\", got \"" + variable + "\""});
  }
  const auto user = setting_or<std::string>(settings, "user", "root");
  if (user.empty() || user.find_first_of(std::string_view(":\n\0", 3)) != user.npos) {
    faults.push_back({"user", "expected the name of a user"});
  }
  if (!is_absolute(setting_or<std::string>(settings, "directory", "/"))) {
    faults.push_back({"directory", "expected an absolute path"});
  }
  const auto warning = setting_or<std::string>(settings, "warning_is", "fail");
  if (warning != "fail" && warning != "pass") {
    faults.push_back({"warning_is", "expected \"fail\" or \"pass\", got \"" + warning + "\""});
  }
  return faults;
}

Result<ExecSettings> read_exec_settings(const Settings& settings) {
  ExecSettings result;
  Program& program = result.program;
  if (settings.contains("shell")) {
    program.command = {kShell, "-c", setting_or<std::string>(settings, "shell", {})};
    result.name = "the shell command";
  } else {
    program.command = setting_or<Texts>(settings, "command", {});
    if (program.command.empty()) return fail("there is no command");
    const std::string& path = program.command.front();
    result.name = path.substr(path.rfind('/') + 1);
  }
  const auto name = setting_or<std::string>(settings, "user", {});
  std::optional<LocalUser> user;
  if (!name.empty()) {
    auto found = find_local_user(name);
    if (!found) return found.error();
    user = std::move(*found);
  }
  program.environment = environment_of(user, setting_or<Texts>(settings, "environment", {}));
  program.directory = setting_or<std::string>(settings, "directory", "/");
  if (user && !is_agent_itself(*user)) program.user = std::move(user);
  result.warning_passes = setting_or<std::string>(settings, "warning_is", "fail") == "pass";
  return result;
}

}  // namespace vipherd::probe
