// Comparing configurations.
#include <algorithm>
#include <cstdint>

#include "vipherd/render/render.hpp"

namespace vipherd::render {
namespace {

constexpr std::size_t kContext = 3;  ///< lines around a change
/// More pairs of lines are not compared: what is between the first and the last difference is then
/// one change.
constexpr std::size_t kMostPairs = std::size_t{1} << 24;

std::vector<std::string_view> diff_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

struct Edit {
  char sign;  ///< ' ', '-' or '+'
  std::string_view line;
};

/// The least edits, by the longest common subsequence of what the ends do not have in common.
std::vector<Edit> edits_between(const std::vector<std::string_view>& before,
                                const std::vector<std::string_view>& after) {
  const auto [first_b, first_a] = std::ranges::mismatch(before, after);
  const auto begin = static_cast<std::size_t>(first_b - before.begin());
  std::size_t end_b = before.size();
  std::size_t end_a = after.size();
  while (end_b > begin && end_a > begin && before[end_b - 1] == after[end_a - 1]) --end_b, --end_a;

  const std::size_t height = end_b - begin;
  const std::size_t width = end_a - begin;
  const bool bounded = height * width <= kMostPairs;
  // common[i][j]: how many lines the rests from i and j have in common.
  std::vector<std::uint32_t> common(bounded ? (height + 1) * (width + 1) : 0);
  const auto at = [&](std::size_t i, std::size_t j) -> std::uint32_t& {
    return common[i * (width + 1) + j];
  };
  for (std::size_t i = bounded ? height : 0; i-- > 0;) {
    for (std::size_t j = width; j-- > 0;) {
      at(i, j) = before[begin + i] == after[begin + j] ? at(i + 1, j + 1) + 1
                                                       : std::max(at(i + 1, j), at(i, j + 1));
    }
  }
  std::vector<Edit> edits;
  for (std::size_t i = 0; i < begin; ++i) edits.push_back({' ', before[i]});
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < height || j < width) {
    if (bounded && i < height && j < width && before[begin + i] == after[begin + j]) {
      edits.push_back({' ', before[begin + i]});
      ++i, ++j;
    } else if (i < height && (j == width || !bounded || at(i + 1, j) >= at(i, j + 1))) {
      edits.push_back({'-', before[begin + i++]});
    } else {
      edits.push_back({'+', after[begin + j++]});
    }
  }
  for (std::size_t k = end_b; k < before.size(); ++k) edits.push_back({' ', before[k]});
  return edits;
}

/// "12,5", or "12" for one line; an empty range is given by the line before it.
std::string line_range(std::size_t first, std::size_t count) {
  if (count == 1) return std::to_string(first + 1);
  return std::to_string(count == 0 ? first : first + 1) + "," + std::to_string(count);
}

std::string hunk(const std::vector<Edit>& edits, std::size_t begin, std::size_t end,
                 std::size_t line_b, std::size_t line_a) {
  std::size_t count_b = 0;
  std::size_t count_a = 0;
  std::string body;
  for (std::size_t index = begin; index < end; ++index) {
    const Edit& edit = edits[index];
    count_b += edit.sign != '+' ? 1u : 0u;
    count_a += edit.sign != '-' ? 1u : 0u;
    body += edit.sign;
    body.append(edit.line).append("\n");
  }
  return "@@ -" + line_range(line_b, count_b) + " +" + line_range(line_a, count_a) + " @@\n" + body;
}

}  // namespace

std::string unified_diff(std::string_view before, std::string_view after,
                         std::string_view before_name, std::string_view after_name) {
  const std::vector<Edit> edits = edits_between(diff_lines(before), diff_lines(after));
  std::string text;
  std::size_t line_b = 0;
  std::size_t line_a = 0;
  for (std::size_t index = 0; index < edits.size();) {
    // The next change, with its context, and all that follow within twice the context.
    std::size_t change = index;
    while (change < edits.size() && edits[change].sign == ' ') ++change;
    if (change == edits.size()) break;
    const std::size_t begin = std::max(index, change < kContext ? 0 : change - kContext);
    std::size_t last = change;
    for (std::size_t k = change; k < edits.size() && k <= last + 2 * kContext + 1; ++k) {
      if (edits[k].sign != ' ') last = k;
    }
    const std::size_t end = std::min(edits.size(), last + kContext + 1);
    line_b += begin - index;
    line_a += begin - index;
    text += hunk(edits, begin, end, line_b, line_a);
    for (std::size_t k = begin; k < end; ++k) {
      line_b += edits[k].sign != '+' ? 1u : 0u;
      line_a += edits[k].sign != '-' ? 1u : 0u;
    }
    index = end;
  }
  if (text.empty()) return "";
  return "--- " + std::string(before_name) + "\n+++ " + std::string(after_name) + "\n" + text;
}

}  // namespace vipherd::render
