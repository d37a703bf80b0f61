#include "doctor/read/kernel_version.hpp"

#include "vipherd/base/numbers.hpp"

namespace vipherd::doctor {

std::optional<KernelVersion> parse_kernel_version(std::string_view release) {
  const std::size_t dot = release.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view rest = release.substr(dot + 1);
  const auto major = parse_number<int>(release.substr(0, dot));
  const auto minor = parse_number<int>(rest.substr(0, rest.find_first_not_of("0123456789")));
  if (!major || !minor) return std::nullopt;
  return KernelVersion{*major, *minor};
}

}  // namespace vipherd::doctor
