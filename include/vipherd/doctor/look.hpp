// Reads what a host is like. Changes nothing: files, netlink dumps, `show` commands, properties of
// a unit, and what ip and nft show. Waits at most a second for each daemon, three for each
// program, and for a disk as long as that takes.
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
  bool relay_built_in = true;
  /// As a running agent has it; a sentence if none does.
  Result<model::RelayStatus> relay = fail("the agent was not asked");
};

Facts look(LookAt what);

}  // namespace vipherd::doctor
