#include "vipherd/base/name.hpp"

#include <net/if.h>

#include <algorithm>

namespace vipherd {
namespace {

constexpr std::size_t kLongestName = 64;

bool is_name_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '.' || letter == '_' || letter == '-';
}

bool is_device_letter(unsigned char letter) {
  return letter > ' ' && letter < 0x7f && letter != '/' && letter != ':' && letter != '"' &&
         letter != '%';
}

bool is_dots(std::string_view text) { return text == "." || text == ".."; }

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName &&
         std::ranges::all_of(text, is_name_letter) && !is_dots(text);
}

bool is_device_name(std::string_view text) {
  return !text.empty() && text.size() < IFNAMSIZ && !is_dots(text) &&
         std::ranges::all_of(text, is_device_letter);
}

}  // namespace vipherd
