// Words in a row, with something between them.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace vipherd {

/// One more item of a list that may be empty so far: "a, b".
inline void append_item(std::string& list, std::string_view item,
                        std::string_view separator = ", ") {
  if (!list.empty()) list += separator;
  list += item;
}

/// "a, b, c"; of each item what `text_of` gives for it.
template <class Items, class TextOf = std::identity>
std::string join(const Items& items, std::string_view separator = ", ", TextOf text_of = {}) {
  std::string list;
  bool first = true;
  for (const auto& item : items) {
    if (!first) list += separator;
    first = false;
    list += std::invoke(text_of, item);
  }
  return list;
}

}  // namespace vipherd
