#include "vipherd/base/unit_name.hpp"

#include <algorithm>
#include <array>

namespace vipherd {

bool is_unit_name(std::string_view text) {
  static constexpr std::array<std::string_view, 11> kSuffixes{
      ".service", ".socket", ".device", ".mount", ".automount", ".swap",
      ".target",  ".path",   ".timer",  ".slice", ".scope"};
  constexpr std::size_t kLongestUnitName = 255;
  const bool has_suffix = std::ranges::any_of(kSuffixes, [&](std::string_view suffix) {
    return text.size() > suffix.size() && text.ends_with(suffix);
  });
  return has_suffix && text.size() <= kLongestUnitName && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view(":-_.\\@").find(c) != std::string_view::npos;
         });
}

}  // namespace vipherd
