#include "relay/libbpf_log.hpp"

#include <bpf/libbpf.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace vipherd::relay {
namespace {

std::string& words() {
  static thread_local std::string text;
  return text;
}

/// Of the verifier's log, which says step by step how it went, what it did not like.
std::string refusal_in(const std::string& text) {
  const auto end = text.find("\nprocessed ");
  if (end == std::string::npos || end == 0) return {};
  const auto begin = text.rfind('\n', end - 1);
  return begin == std::string::npos ? "" : text.substr(begin + 1, end - begin - 1);
}

int keep(libbpf_print_level level, const char* format, va_list arguments) {
  if (level != LIBBPF_WARN) return 0;
  va_list again;
  va_copy(again, arguments);
  std::string text(static_cast<std::size_t>(std::max(0, std::vsnprintf(nullptr, 0, format, again))),
                   ' ');
  va_end(again);
  std::vsnprintf(text.data(), text.size() + 1, format, arguments);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::string& kept = words();
  if (const std::string refusal = refusal_in(text); !refusal.empty()) {
    kept = "verifier: " + refusal;
  } else if (!text.empty() && !kept.starts_with("verifier: ")) {
    kept = text;
  }
  return static_cast<int>(text.size());
}

}  // namespace

void quiet_libbpf() {
  words().clear();
  libbpf_set_print(keep);
}

std::string last_words() { return words().empty() ? "" : " (" + words() + ")"; }

}  // namespace vipherd::relay
