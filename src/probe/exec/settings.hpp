// The settings of kind `exec`: what they may be, and the program that they mean.
#pragma once

#include <string>
#include <vector>

#include "probe/exec/child.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/model/settings.hpp"

namespace vipherd::probe::exec {

struct ExecSettings {
  std::vector<std::string> command;      ///< the first is an absolute path
  std::vector<std::string> environment;  ///< "NAME=value", beside what every program is given
  std::string user;                      ///< whom it runs as; empty: the agent's user
  std::string directory;
  std::string name;  ///< of the program, for sentences
  bool warning_passes = false;
};

std::vector<model::SettingSpec> exec_setting_specs();
model::Preparation prepare_exec(const model::Settings& given);

/// What is to be started now. Looks the user up, which may be another one since the configuration
/// was loaded, and which is why it can fail.
Result<Program> program_of(const ExecSettings& settings);

}  // namespace vipherd::probe::exec
