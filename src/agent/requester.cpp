#include "agent/requester.hpp"

#include "vipherd/base/printable.hpp"
#include "vipherd/files/users.hpp"

namespace vipherd::agent {
namespace {

constexpr std::size_t kLongestName = 64;

}  // namespace

std::string requester_of(const api::Request& request) {
  if (!request.user) return "";
  const std::string name = files::name_of_user(*request.user);
  const std::string person = printable(request.login.substr(0, kLongestName));
  return person.empty() || person == name ? name : name + " for " + person;
}

}  // namespace vipherd::agent
