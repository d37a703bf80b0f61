#include "render/template.hpp"

#include <algorithm>
#include <cctype>
#include <deque>

#include "vipherd/base/assert.hpp"

namespace vipherd::render {
namespace {

template <class Map>
const typename Map::mapped_type* look_up(const Map& map, std::string_view name) {
  const auto found = map.find(name);
  return found == map.end() ? nullptr : &found->second;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return lines;
}

/// The words after a directive's name.
std::vector<std::string_view> arguments_of(std::string_view line) {
  std::vector<std::string_view> words;
  std::size_t at = 0;
  while ((at = line.find_first_not_of(' ', at)) != line.npos) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  words.erase(words.begin());
  return words;
}

bool is_name_letter(char letter) {
  return std::islower(static_cast<unsigned char>(letter)) != 0 ||
         std::isdigit(static_cast<unsigned char>(letter)) != 0 || letter == '_';
}

class Filler {
 public:
  explicit Filler(std::vector<std::string_view> lines) : lines_(std::move(lines)) {}

  std::string all(const Values& values) {
    scopes_.push_front(&values);
    std::size_t at = 0;
    block(at, true);
    VIPHERD_ASSERT(at == lines_.size());
    return std::move(out_);
  }

 private:
  /// Up to the end of the text, or to the %else or %end that belongs to an open directive.
  void block(std::size_t& at, bool shown) {
    for (; at < lines_.size(); ++at) {
      const std::string_view line = lines_[at];
      if (line.starts_with("%else") || line.starts_with("%end")) return;
      if (line.starts_with("%if ")) {
        choice(at, shown);
      } else if (line.starts_with("%each ")) {
        repetition(at, shown);
      } else if (shown) {
        VIPHERD_ASSERT(!line.starts_with("%"));
        out_ += filled(line);
        out_ += '\n';
      }
    }
  }

  void choice(std::size_t& at, bool shown) {
    const bool holds = shown && all_hold(arguments_of(lines_[at]));
    block(++at, holds);
    VIPHERD_ASSERT(at < lines_.size());
    if (lines_[at].starts_with("%else")) block(++at, shown && !holds);
    VIPHERD_ASSERT(at < lines_.size() && lines_[at] == "%end");
  }

  void repetition(std::size_t& at, bool shown) {
    const auto names = arguments_of(lines_[at]);
    const std::size_t begin = ++at;
    block(at, false);  // finds the end
    if (!shown) return;
    for (const Values& entry : entries_of(names.front())) {
      scopes_.push_front(&entry);
      at = begin;
      block(at, true);
      scopes_.pop_front();
    }
    VIPHERD_ASSERT(at < lines_.size() && lines_[at] == "%end");
  }

  bool all_hold(const std::vector<std::string_view>& conditions) const {
    return std::ranges::all_of(conditions, [this](std::string_view condition) {
      const bool negated = condition.starts_with('!');
      if (negated) condition.remove_prefix(1);
      return found<bool>(condition, [](const Values& values, std::string_view name) {
               return values.flag(name);
             }) != negated;
    });
  }

  const std::vector<Values>& entries_of(std::string_view name) const {
    return found<std::vector<Values>>(
        name, [](const Values& values, std::string_view key) { return values.list(key); });
  }

  template <class T, class Find>
  const T& found(std::string_view name, Find find) const {
    for (const Values* scope : scopes_) {
      if (const T* value = find(*scope, name)) return *value;
    }
    broken_invariant(std::string(name).c_str(), __FILE__, __LINE__);  // no such value
  }

  std::string filled(std::string_view line) const {
    std::string text;
    while (!line.empty()) {
      const std::size_t at = line.find('@');
      text += line.substr(0, at);
      if (at == line.npos) break;
      line.remove_prefix(at + 1);
      const std::size_t end = line.find('@');
      const std::string_view name = line.substr(0, end);
      if (end == line.npos || name.empty() || !std::ranges::all_of(name, is_name_letter)) {
        text += '@';
        continue;
      }
      text += found<std::string>(
          name, [](const Values& values, std::string_view key) { return values.text(key); });
      line.remove_prefix(end + 1);
    }
    return text;
  }

  std::vector<std::string_view> lines_;
  std::deque<const Values*> scopes_;  ///< the innermost first
  std::string out_;
};

}  // namespace

void Values::list(std::string_view name, std::vector<Values> entries) {
  for (std::size_t index = 0; index < entries.size(); ++index) {
    entries[index].flag("first", index == 0);
    entries[index].flag("last", index + 1 == entries.size());
  }
  lists_[std::string(name)] = std::move(entries);
}

const std::string* Values::text(std::string_view name) const { return look_up(texts_, name); }
const bool* Values::flag(std::string_view name) const { return look_up(flags_, name); }
const std::vector<Values>* Values::list(std::string_view name) const {
  return look_up(lists_, name);
}

std::string fill(std::string_view text, const Values& values) {
  if (text.starts_with('\n')) text.remove_prefix(1);  // after R"(
  return Filler(split_lines(text)).all(values);
}

}  // namespace vipherd::render
