// Reads what a host is like. Changes nothing: files, netlink dumps, `show` commands and properties
// of a unit. Waits at most a second for each daemon, and for a disk as long as that takes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vipherd/doctor/facts.hpp"

namespace vipherd::doctor {

struct LookAt {
  std::string host;
  Role role = Role::node;
  std::optional<model::Config> config{};
  std::vector<std::string> config_errors{};
  model::FrrConfig frr{};
  model::ApiConfig api{};
};

Facts look(LookAt what);

}  // namespace vipherd::doctor
