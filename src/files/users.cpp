#include "vipherd/files/users.hpp"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <system_error>

#include "vipherd/files/files.hpp"

namespace vipherd::files {
namespace {

constexpr const char* kUsers = "/etc/passwd";
constexpr const char* kGroups = "/etc/group";
/// A line of either file that is longer ends the search; a group of 10,000 members fits.
constexpr std::size_t kLongestLine = std::size_t{128} * 1024;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

constexpr std::size_t kLargestFile = std::size_t{16} << 20;

/// `text` read as a file, and alive as long as it.
File as_file(std::string& text) { return File(::fmemopen(text.data(), text.size(), "r")); }

Error cannot_read(const char* name, int error) {
  return fail(std::string("cannot read ") + name + ": " + std::generic_category().message(error));
}

bool lists(const group& entry, const std::string& user) {
  for (char** member = entry.gr_mem; *member != nullptr; ++member) {
    if (user == *member) return true;
  }
  return false;
}

/// The first user of the file that is the one; nullopt: there is none.
template <class IsTheOne>
Result<std::optional<LocalUser>> find_user(const IsTheOne& is_the_one) {
  auto lines = read(kUsers, kLargestFile);
  if (!lines) return lines.error();
  const File users = as_file(*lines);
  if (!users) return cannot_read(kUsers, errno);
  std::vector<char> line(kLongestLine);
  passwd person{};
  for (passwd* found = nullptr;;) {
    const int error = fgetpwent_r(users.get(), &person, line.data(), line.size(), &found);
    if (error == ENOENT) return std::optional<LocalUser>();
    if (error != 0) return cannot_read(kUsers, error);
    if (is_the_one(*found)) {
      return std::optional(
          LocalUser{found->pw_name, found->pw_dir, found->pw_uid, found->pw_gid, {found->pw_gid}});
    }
  }
}

}  // namespace

std::string name_of_user(uid_t uid) {
  const auto user = find_user([uid](const passwd& person) { return person.pw_uid == uid; });
  return user && *user ? (*user)->name : "user " + std::to_string(uid);
}

Result<LocalUser> find_local_user(const std::string& name) {
  auto found_user = find_user([&](const passwd& person) { return name == person.pw_name; });
  if (!found_user) return found_user.error();
  if (!*found_user) return fail("there is no user " + name + " in " + kUsers);
  LocalUser user = std::move(**found_user);
  std::vector<char> line(kLongestLine);
  auto group_lines = read(kGroups, kLargestFile);
  if (!group_lines) return group_lines.error();
  const File groups = as_file(*group_lines);
  if (!groups) return cannot_read(kGroups, errno);
  group entry{};
  group* found = nullptr;
  int error = 0;
  while ((error = fgetgrent_r(groups.get(), &entry, line.data(), line.size(), &found)) == 0) {
    if (found->gr_gid != user.gid && lists(*found, name)) user.groups.push_back(found->gr_gid);
  }
  if (error != ENOENT) return cannot_read(kGroups, error);
  return user;
}

}  // namespace vipherd::files
