// Whether the agent's user may open FRR's sockets and a file, which root always may.
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "doctor/look/parts.hpp"
#include "vipherd/base/numbers.hpp"

namespace vipherd::doctor {
namespace {

constexpr int kMostGroups = 256;

std::optional<gid_t> group_id(const std::string& name) {
  if (const group* entry = getgrnam(name.c_str()); entry != nullptr) return entry->gr_gid;
  return parse_number<gid_t>(name);
}

/// As systemd gives them to a service: Group= in place of the user's own one, those that the user
/// is a member of, and SupplementaryGroups= beside them.
std::vector<gid_t> groups_of(const UnitFacts& unit, const passwd& user) {
  const gid_t own = group_id(unit.group).value_or(user.pw_gid);
  std::vector<gid_t> groups(kMostGroups);
  int count = kMostGroups;
  if (getgrouplist(user.pw_name, own, groups.data(), &count) < 0) count = kMostGroups;
  groups.resize(static_cast<std::size_t>(count));
  for (const std::string& name : unit.supplementary_groups) {
    if (const auto id = group_id(name)) groups.push_back(*id);
  }
  return groups;
}

/// As the kernel decides without capabilities. `right`: of others, S_IROTH or S_IWOTH.
bool may(mode_t right, const struct stat& file, uid_t user, const std::vector<gid_t>& groups) {
  constexpr int kOfOwner = 6;
  constexpr int kOfGroup = 3;
  if (file.st_uid == user) return (file.st_mode >> kOfOwner & right) != 0;
  if (std::ranges::find(groups, file.st_gid) != groups.end())
    return (file.st_mode >> kOfGroup & right) != 0;
  return (file.st_mode & right) != 0;
}

std::string described(const std::string& path, const struct stat& file) {
  const passwd* owner = getpwuid(file.st_uid);
  std::string text =
      path + " (" + (owner != nullptr ? owner->pw_name : std::to_string(file.st_uid));
  const group* its_group = getgrgid(file.st_gid);
  text += ":" + (its_group != nullptr ? its_group->gr_name : std::to_string(file.st_gid));
  std::array<char, 8> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", file.st_mode & 07777U);
  return text + ", " + mode.data() + ")";
}

}  // namespace

std::vector<std::string> closed_to(const UnitFacts& unit, const model::FrrConfig& frr) {
  const passwd* entry = unit.user.empty() ? nullptr : getpwnam(unit.user.c_str());
  if (entry == nullptr || entry->pw_uid == 0) return {};
  const uid_t uid = entry->pw_uid;
  const std::vector<gid_t> groups = groups_of(unit, *entry);
  std::vector<std::string> sockets{frr.vty_socket("zebra"), frr.vty_socket("bgpd"),
                                   frr.vty_socket("ospfd"), frr.vty_socket("ospf6d")};
  if (frr.traits().speaks_zapi) sockets.push_back(frr.zserv_socket);
  std::vector<std::string> closed;
  for (const std::string& path : sockets) {
    struct stat file {};
    // connect(2) takes the right to write.
    if (stat(path.c_str(), &file) != 0 || may(S_IWOTH, file, uid, groups)) continue;
    closed.push_back(described(path, file));
  }
  return closed;
}

Result<std::optional<std::string>> why_unreadable(const UnitFacts& unit, const std::string& path) {
  const passwd* entry = unit.user.empty() ? nullptr : getpwnam(unit.user.c_str());
  const bool is_root = entry == nullptr || entry->pw_uid == 0;
  const uid_t uid = is_root ? 0 : entry->pw_uid;
  const std::vector<gid_t> groups = is_root ? std::vector<gid_t>() : groups_of(unit, *entry);
  const auto refused = [&](const std::string& what, const std::string& where,
                           const struct stat& file) {
    return std::optional("user " + unit.user + what + described(where, file));
  };
  // The directories above it from the root on, then the file.
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    struct stat file {};
    if (stat(part.c_str(), &file) != 0) {
      if (errno != ENOENT && errno != ENOTDIR) return fail(part + ": " + std::strerror(errno));
      return std::optional("there is no " + part);
    }
    if (end == std::string::npos) {
      if (is_root || may(S_IROTH, file, uid, groups)) return std::optional<std::string>();
      return refused(" may not read ", part, file);
    }
    if (!is_root && !may(S_IXOTH, file, uid, groups)) return refused(" may not enter ", part, file);
  }
}

}  // namespace vipherd::doctor
