#include "relay/libbpf_log.hpp"

#include <bpf/libbpf.h>

#include <array>
#include <cstdarg>
#include <cstdio>

namespace vipherd::relay {
namespace {

std::string& words() {
  static thread_local std::string text;
  return text;
}

int keep(libbpf_print_level level, const char* format, va_list arguments) {
  if (level != LIBBPF_WARN) return 0;
  std::array<char, 512> line{};
  const int size = std::vsnprintf(line.data(), line.size(), format, arguments);
  std::string text(line.data());
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (!text.empty()) words() = text;
  return size;
}

}  // namespace

void quiet_libbpf() {
  words().clear();
  libbpf_set_print(keep);
}

std::string last_words() { return words().empty() ? "" : " (" + words() + ")"; }

}  // namespace vipherd::relay
