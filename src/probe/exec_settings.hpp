// The settings of kind `exec`: what they may be, and the program that they mean.
#pragma once

#include <string>
#include <vector>

#include "probe/child.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/model/settings.hpp"

namespace vipherd::probe {

struct ExecSettings {
  Program program;
  std::string name;  ///< of the program, for sentences
  bool warning_passes = false;
};

std::vector<model::SettingSpec> exec_setting_specs();
std::vector<model::SettingFault> validate_exec(const model::Settings& settings);

/// Looks the user up, which is why it can fail.
Result<ExecSettings> read_exec_settings(const model::Settings& settings);

}  // namespace vipherd::probe
