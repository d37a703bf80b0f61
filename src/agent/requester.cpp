#include "agent/requester.hpp"

#include <algorithm>
#include <string_view>

#include "vipherd/base/printable.hpp"
#include "vipherd/files/files.hpp"

namespace vipherd::agent {
namespace {

constexpr std::size_t kLargestUsers = std::size_t{1} << 20;
constexpr std::size_t kLongestName = 64;

/// passwd(5): NAME:PASSWORD:NUMBER:…
std::string user_name(std::uint32_t number, std::string_view users) {
  const std::string wanted = std::to_string(number);
  while (!users.empty()) {
    const std::size_t end = std::min(users.find('\n'), users.size());
    const std::string_view line = users.substr(0, end);
    users.remove_prefix(std::min(end + 1, users.size()));
    const std::size_t name = line.find(':');
    const std::size_t password = name == line.npos ? line.npos : line.find(':', name + 1);
    if (password == line.npos) continue;
    const std::string_view rest = line.substr(password + 1);
    if (rest.substr(0, rest.find(':')) == wanted) return printable(line.substr(0, name));
  }
  return "user " + wanted;
}

}  // namespace

std::string name_of(std::uint32_t user, std::string_view login, std::string_view users) {
  const std::string name = user_name(user, users);
  const std::string person = printable(login.substr(0, kLongestName));
  return person.empty() || person == name ? name : name + " for " + person;
}

std::string requester_of(const api::Request& request) {
  if (!request.user) return "";
  const auto users = files::read("/etc/passwd", kLargestUsers);
  return name_of(*request.user, request.login, users ? std::string_view(*users) : "");
}

}  // namespace vipherd::agent
