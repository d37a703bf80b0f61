#include "config/errors.hpp"

#include <algorithm>
#include <numeric>

namespace vipherd::config {
namespace {

/// Longer words are not typing errors of a key; it also bounds the work on hostile input.
constexpr std::size_t kLongestWord = 64;

constexpr std::size_t kMostErrors = 1000;

/// How many letters must be changed, inserted, removed or exchanged with their neighbour to make
/// one word the other.
std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> before(right.size() + 1);
  std::vector<std::size_t> last(right.size() + 1);
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i) {
    before.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t changed = last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
      row[j] = std::min({changed, last[j] + 1, row[j - 1] + 1});
      const bool exchanged =
          i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (exchanged) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row.back();
}

/// Messages quote what stands in the files: kept to one line of a sensible length.
std::string one_line(std::string message) {
  constexpr std::size_t kLongestMessage = 500;
  if (message.size() > kLongestMessage) message.replace(kLongestMessage, message.npos, "...");
  for (char& letter : message) {
    if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f) letter = '?';
  }
  return message;
}

}  // namespace

std::string to_string(const ConfigError& error) {
  if (error.line == 0) return error.message;
  return error.file + ":" + std::to_string(error.line) + ":" + std::to_string(error.column) + ": " +
         error.message;
}

bool Errors::full() const { return entries_.size() >= kMostErrors; }

void Errors::add(Place place, std::string message) {
  if (full()) {
    ++left_out_;
    return;
  }
  entries_.push_back({place, one_line(std::move(message))});
}

std::string Errors::name(Place place) const {
  return sources_[place.source].path + ":" + std::to_string(place.line);
}

std::vector<ConfigError> Errors::sorted() {
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.place < b.place; });
  std::vector<ConfigError> errors;
  errors.reserve(entries_.size());
  for (Entry& entry : entries_) {
    errors.push_back({sources_[entry.place.source].path, entry.place.line, entry.place.column,
                      std::move(entry.message)});
  }
  if (left_out_ > 0) {
    ConfigError& last = errors.back();
    last.message += " (and " + std::to_string(left_out_) + " more errors)";
  }
  return errors;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> words) {
  if (word.size() > kLongestWord) return {};
  std::size_t nearest = std::max<std::size_t>(2, word.size() / 3) + 1;
  std::string_view best;
  for (const std::string_view candidate : words) {
    const std::size_t distance = edit_distance(word, candidate);
    // A word of which less than half is left was not meant.
    if (distance >= nearest || 2 * distance > std::min(candidate.size(), word.size())) continue;
    nearest = distance;
    best = candidate;
  }
  return best.empty() ? std::string() : ", did you mean \"" + std::string(best) + "\"?";
}

std::string one_of(std::span<const std::string_view> words) {
  std::string text;
  for (std::size_t index = 0; index < words.size(); ++index) {
    if (index > 0) text += index + 1 == words.size() ? " or " : ", ";
    text.append("\"").append(words[index]).append("\"");
  }
  return text;
}

}  // namespace vipherd::config
