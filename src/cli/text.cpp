#include "cli/text.hpp"

#include <algorithm>

namespace vipherd::cli {
namespace {

/// Characters, not bytes: UTF-8 continuation bytes take no room.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace

std::string align(std::vector<Row> rows, std::size_t indent) {
  std::vector<std::size_t> widths;
  for (Row& row : rows) {
    for (std::string& cell : row) cell = printable(cell);
  }
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line(indent, ' ');
    for (std::size_t i = 0; i < row.size(); ++i) {
      line.append(row[i]).append(widths[i] - width(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text.append(line).append("\n");
  }
  return text;
}

std::string age(WallTime since, WallTime now) {
  if (since == WallTime{}) return "-";
  const auto total = std::chrono::duration_cast<std::chrono::seconds>(now - since).count();
  const auto two = [](std::int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  if (total < 1) return "0s";
  if (total < 60) return std::to_string(total) + "s";
  if (total < 3600) return std::to_string(total / 60) + "m" + two(total % 60) + "s";
  if (total < 86400) return std::to_string(total / 3600) + "h" + two(total / 60 % 60) + "m";
  return std::to_string(total / 86400) + "d" + two(total / 3600 % 24) + "h";
}

}  // namespace vipherd::cli
