#include "cli/spread_page.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

#include "cli/text.hpp"

namespace vipherd::cli {
namespace {

constexpr std::size_t kLongestBar = 60;
constexpr std::size_t kShortestBar = 10;
constexpr std::size_t kLongestNode = 24;

/// "#####|  " with the mark where the expected share ends.
std::string bar(double share, double expected, double largest, std::size_t room) {
  const auto place = [&](double part) {
    return static_cast<std::size_t>(std::lround(part / largest * static_cast<double>(room)));
  };
  std::string text(place(share), '#');
  const std::size_t mark = place(expected);
  if (mark == 0) return text;
  if (text.size() < mark) text.resize(mark, ' ');
  text[mark - 1] = '|';
  return text;
}

std::string shortened(const std::string& name) {
  if (width_of(name) <= kLongestNode) return name;
  return wrap(name, kLongestNode - 1).front() + "…";
}

Page render_bars(const SpreadReport& report, std::size_t width) {
  const auto expected = spread::expected_shares(report.tally, report.weights);
  const auto answered = static_cast<double>(report.tally.answered);
  std::vector<Row> rows{{"NODE", "REQUESTS", "SHARE", "EXPECTED", ""}};
  std::vector<std::pair<double, double>> shares{{0, 0}};
  double largest = 0;
  for (const auto& [node, share] : expected) {
    const auto found = report.tally.nodes.find(node);
    const std::size_t requests = found == report.tally.nodes.end() ? 0 : found->second;
    const double seen = answered > 0 ? static_cast<double>(requests) / answered : 0;
    largest = std::max({largest, seen, share});
    shares.emplace_back(seen, share);
    rows.push_back({shortened(printable(node)), spread::with_commas(requests),
                    spread::percent_of(seen, 1), spread::percent_of(share, 1), ""});
  }
  std::size_t taken = 0;
  for (std::size_t column = 0; column < 4; ++column) {
    std::size_t widest = 0;
    for (const Row& row : rows) widest = std::max(widest, width_of(row[column]));
    taken += widest + 2;
  }
  // A shorter bar tells nothing.
  const std::size_t room = width > taken + kShortestBar ? std::min(width - taken, kLongestBar) : 0;
  for (std::size_t i = 1; room > 0 && i < rows.size(); ++i) {
    rows[i][4] = bar(shares[i].first, shares[i].second, largest, room);
  }
  return {{align(rows)}};
}

std::string describe(const SpreadReport& report) {
  return printable(report.target) + ": " + spread::with_commas(report.tally.answered) + " of " +
         spread::with_commas(report.sent.requests) + " requests answered by " +
         std::to_string(report.tally.nodes.size()) +
         (report.tally.nodes.size() == 1 ? " node" : " nodes");
}

std::string describe(const spread::ChiSquare& test) {
  std::ostringstream text;
  text << std::fixed << "chi-square " << std::setprecision(1) << test.statistic << ", "
       << test.degrees_of_freedom << " degree" << (test.degrees_of_freedom == 1 ? "" : "s")
       << " of freedom, p ";
  if (test.p_value < 0.0001) {
    text << "< 0.0001";
  } else {
    text << "= " << std::setprecision(4) << test.p_value;
  }
  return text.str();
}

std::string describe(const spread::Moves& moves) {
  std::string text =
      "since the round before " + spread::with_commas(moves.moved) + " of " +
      spread::with_commas(moves.compared) + " moved to another node (" +
      spread::percent_of(static_cast<double>(moves.moved), static_cast<double>(moves.compared)) +
      ")";
  const char* separator = ": ";
  for (const auto& [way, times] : moves.ways) {
    text += separator + printable(way.first) + " to " + printable(way.second) + " " +
            spread::with_commas(times);
    separator = ", ";
  }
  return text;
}

Colour colour_of_finding(spread::Finding finding) {
  switch (finding) {
    case spread::Finding::as_expected:
      return Colour::green;
    case spread::Finding::no_answer:
    case spread::Finding::one_node:
    case spread::Finding::uneven:
    case spread::Finding::unexpected:
      return Colour::red;
    case spread::Finding::too_few:
      return Colour::yellow;
  }
  return Colour::none;
}

}  // namespace

Page render_spread(const SpreadReport& report, std::size_t width) {
  Page page{{paragraph(describe(report), width, 0)}};
  if (report.tally.answered > 0) {
    page.push_back({"\n"});
    append(page, render_bars(report, width));
  }
  if (report.test) page.push_back({"\n" + describe(*report.test) + "\n"});
  page.push_back({"\n"});
  Colour colour = colour_of_finding(report.meaning.finding);
  for (const std::string& sentence : report.meaning.sentences) {
    page.push_back({paragraph(printable(sentence), width, 0), colour});
    colour = Colour::none;  // of what it may come from nothing is certain
  }
  if (report.moves) page.push_back({paragraph(describe(*report.moves), width, 0)});
  return page;
}

}  // namespace vipherd::cli
