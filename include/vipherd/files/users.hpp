// Users of this machine, by /etc/passwd and /etc/group alone: the name services of the C library
// could ask a directory over the network, and wait for it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "vipherd/base/result.hpp"

namespace vipherd::files {

struct LocalUser {
  std::string name;
  std::string home;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  ///< its own, and those that list it
};

/// Fails with a sentence: "there is no user nagios in /etc/passwd".
Result<LocalUser> find_local_user(const std::string& name);

/// "alice"; "user 1042" if the file has none of that number, or cannot be read.
std::string name_of_user(uid_t uid);

}  // namespace vipherd::files
