#include "cli/table.hpp"

#include <algorithm>

#include "vipherd/base/printable.hpp"

namespace vipherd::cli {
namespace {

constexpr std::size_t kGap = 2;
/// Prose in a narrower column than this is hard to read.
constexpr std::size_t kLeastProse = 30;
constexpr std::size_t kProseIndent = 4;
/// Other columns than the first are not made narrower than this, and not for more than that.
constexpr std::size_t kLeastColumn = 12;
constexpr std::size_t kEnoughForNames = 20;

using Rows = std::vector<std::vector<Cell>>;

/// Without what is not shown, with the titles as first row, and clean.
Rows visible(const Table& table, bool wide) {
  Rows rows;
  const auto add = [&](auto&& cell_of) {
    std::vector<Cell>& row = rows.emplace_back();
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i].only_wide && !wide) continue;
      Cell cell = cell_of(i);
      std::string clean = printable(cell.text);
      clean.erase(clean.find_last_not_of(' ') + 1);
      row.emplace_back(std::move(clean), cell.colour);
    }
  };
  if (table.titled) add([&](std::size_t i) { return Cell(table.columns[i].title); });
  for (const auto& cells : table.rows) add([&](std::size_t i) { return cells[i]; });
  return rows;
}

/// The beginning and the end, with a mark for what is missing.
std::string elide(const std::string& text, std::size_t width) {
  const std::size_t length = width_of(text);
  if (length <= width) return text;
  const std::size_t head = width / 2;
  const std::size_t tail = length - (width - head - 1);
  std::string kept;
  std::size_t index = 0;
  for (const char c : text) {
    if ((c & 0xc0) != 0x80) ++index;  // the character, from 1
    if (index <= head || index > tail) kept += c;
    if (index == head + 1 && (c & 0xc0) != 0x80) kept += "…";
  }
  return kept;
}

/// How the columns of a table share a width.
class Layout {
 public:
  Layout(Rows& rows, std::size_t indent, std::size_t width);

  Page draw() const;

 private:
  std::size_t others() const;
  void narrow(std::size_t room);
  void measure_names(std::size_t room);
  void place_prose();

  void draw_row(Page& page, const std::vector<Cell>& row) const;
  void draw_prose(Page& page, const Cell& cell, bool beneath) const;

  Rows& rows_;
  std::size_t indent_;
  std::size_t width_;
  std::vector<std::size_t> widths_;  ///< of all columns but the last
  std::size_t prose_at_ = 0;         ///< where the last column begins
  std::size_t prose_room_ = kUnbounded;
  bool beneath_ = false;
};

Layout::Layout(Rows& rows, std::size_t indent, std::size_t width)
    : rows_(rows), indent_(indent), width_(width) {
  if (rows.empty()) return;
  widths_.resize(rows.front().size() - 1);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      widths_[i] = std::max(widths_[i], width_of(row[i].text));
    }
  }
  if (width_ != kUnbounded) {
    narrow(width_ - indent_);
    measure_names(width_ - indent_);
  }
  place_prose();
}

/// What the columns between the first and the last take, with their gaps.
std::size_t Layout::others() const {
  std::size_t sum = 0;
  for (std::size_t i = 1; i < widths_.size(); ++i) sum += widths_[i] + kGap;
  return sum;
}

void Layout::narrow(std::size_t room) {
  const std::size_t names = std::min(widths_.front(), kEnoughForNames);
  while (names + others() > room) {
    const auto widest = std::max_element(widths_.begin() + 1, widths_.end());
    if (widest == widths_.end() || *widest <= kLeastColumn) break;
    --*widest;
  }
  for (auto& row : rows_) {
    for (std::size_t i = 1; i < widths_.size(); ++i) row[i].text = elide(row[i].text, widths_[i]);
  }
}

/// Names that are too long for their column do not make it wider: they have lines of their own.
void Layout::measure_names(std::size_t room) {
  const std::size_t most = room > others() ? room - others() : 1;
  if (widths_.front() <= most) return;
  widths_.front() = 1;
  for (const auto& row : rows_) {
    const std::size_t width = width_of(row.front().text);
    if (width <= most) widths_.front() = std::max(widths_.front(), width);
  }
}

void Layout::place_prose() {
  prose_at_ = indent_ + widths_.front() + others() + kGap;
  if (width_ == kUnbounded) return;
  std::size_t longest = 0;
  for (const auto& row : rows_) longest = std::max(longest, width_of(row.back().text));
  prose_room_ = width_ > prose_at_ ? width_ - prose_at_ : 0;
  if (longest <= prose_room_ || prose_room_ >= kLeastProse) return;
  beneath_ = true;
}

Page Layout::draw() const {
  Page page;
  for (const auto& row : rows_) draw_row(page, row);
  return page;
}

void Layout::draw_row(Page& page, const std::vector<Cell>& row) const {
  std::string gap(indent_, ' ');  // what is due before the next cell: no line ends in spaces
  for (std::size_t i = 0; i < widths_.size(); ++i) {
    const Cell& cell = row[i];
    const std::size_t width = width_of(cell.text);
    if (i == 0 && width > widths_[0]) {
      page.push_back({paragraph(cell.text, width_, indent_), cell.colour});
      gap.append(widths_[0] + kGap, ' ');
      continue;
    }
    if (width > 0) {
      page.push_back({gap});
      page.push_back({cell.text, cell.colour});
      gap.clear();
    }
    gap.append(widths_[i] - width + kGap, ' ');
  }
  // The title of prose that stands beneath would name nothing.
  const bool is_title = beneath_ && &row == &rows_.front();
  if (row.back().text.empty() || is_title) {
    page.push_back({"\n"});
  } else if (beneath_) {
    page.push_back({"\n"});
    draw_prose(page, row.back(), true);
  } else {
    page.push_back({gap});
    draw_prose(page, row.back(), false);
  }
}

void Layout::draw_prose(Page& page, const Cell& cell, bool beneath) const {
  const std::size_t at = beneath ? indent_ + kProseIndent : prose_at_;
  bool first = true;
  for (const std::string& line : wrap(cell.text, beneath ? width_ - at : prose_room_)) {
    if (beneath || !first) page.push_back({std::string(at, ' ')});
    page.push_back({line, cell.colour});
    page.push_back({"\n"});
    first = false;
  }
}

}  // namespace

Page render(const Table& table, std::size_t width) {
  Rows rows = visible(table, width == kUnbounded);
  if (rows.empty()) return {};
  return Layout(rows, table.indent, width).draw();
}

}  // namespace vipherd::cli
