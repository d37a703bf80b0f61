#include "doctor/rules/findings.hpp"

#include <net/if.h>

#include <algorithm>

#include "vipherd/base/numbers.hpp"

namespace vipherd::doctor {

Finding& Findings::add(const Rule& rule, std::string seen, Certainty certainty) {
  if (!concerns(rule.roles, role_)) return dropped_ = {};
  return found_.emplace_back(Finding{&rule, certainty, std::move(seen)});
}

bool Findings::has(const Rule& rule) const {
  return std::ranges::find(found_, &rule, &Finding::rule) != found_.end();
}

Result<std::optional<long>> number_of(const Sysctls& sysctls, std::string_view key) {
  const auto found = sysctls.find(key);
  if (found == sysctls.end()) return fail(sysctl_name(key) + " was not looked at");
  if (!found->second) return found->second.error();
  if (!*found->second) return std::optional<long>{};
  const auto number = parse_number<std::int64_t>(**found->second);
  if (!number) return fail(sysctl_name(key) + " is no number");
  return std::optional<long>(static_cast<long>(*number));
}

std::string sysctl_name(std::string_view key) {
  std::string name(key);
  if (name.find('.') == std::string::npos) std::ranges::replace(name, '/', '.');
  return name;
}

Result<long> effective(const Sysctls& sysctls, std::string_view key, const std::string& interface) {
  long highest = 0;
  for (const std::string& scope : {std::string("all"), interface}) {
    std::string path(key);
    path.replace(path.find('%'), 1, scope);
    const auto number = number_of(sysctls, path);
    if (!number) return number.error();
    if (!*number) return fail("this kernel has no " + sysctl_name(path));
    highest = std::max(highest, **number);
  }
  return highest;
}

bool is_virtual(const Interface& interface) {
  const bool dummy = (interface.flags & IFF_NOARP) != 0 && (interface.flags & IFF_POINTOPOINT) == 0;
  return (interface.flags & IFF_LOOPBACK) != 0 || interface.vrf_device || dummy;
}

std::vector<const Interface*> uplinks(const std::vector<Interface>& interfaces) {
  std::vector<const Interface*> found;
  for (const Interface& interface : interfaces) {
    const bool is_up = (interface.flags & IFF_UP) != 0;
    if (is_up && !is_virtual(interface) && !interface.addresses.empty()) {
      found.push_back(&interface);
    }
  }
  return found;
}

std::vector<IpAddress> vips_of(const Facts& facts) {
  std::vector<IpAddress> vips;
  if (!facts.config) return vips;
  for (const model::ServiceConfig& service : facts.config->services) {
    vips.insert(vips.end(), service.vips.begin(), service.vips.end());
  }
  std::ranges::sort(vips);
  return vips;
}

std::string shell_word(std::string_view word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+=,-";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos) {
    return std::string(word);
  }
  std::string text = "'";
  for (const char letter : word) {
    if (letter == '\'') {
      text += "'\\''";
    } else {
      text += letter;
    }
  }
  return text + "'";
}

std::string vtysh(const std::vector<std::string>& lines) {
  std::string command = "vtysh -c 'configure terminal'";
  for (const std::string& line : lines) command += " -c " + shell_word(line);
  return command;
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (at > 0) text += at + 1 == words.size() ? " and " : ", ";
    text += words[at];
  }
  return text;
}

}  // namespace vipherd::doctor
