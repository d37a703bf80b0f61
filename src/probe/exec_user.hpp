// Users of this machine, by /etc/passwd and /etc/group alone: the name services of the C library
// could ask a directory over the network, and wait for it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "vipherd/base/result.hpp"

namespace vipherd::probe {

struct LocalUser {
  std::string name;
  std::string home;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  ///< its own, and those that list it
};

/// Fails with a sentence: "there is no user nagios in /etc/passwd".
Result<LocalUser> find_local_user(const std::string& name);

}  // namespace vipherd::probe
