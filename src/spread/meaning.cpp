#include "vipherd/spread/meaning.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "vipherd/base/join.hpp"

namespace vipherd::spread {
namespace {

/// Below this a spread is called uneven: one in a hundred even ones is then called so by mistake.
constexpr double kSignificance = 0.01;

std::string short_number(double value, int digits) {
  std::string text(32, 0);
  const int length = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  text.resize(static_cast<std::size_t>(std::max(length, 0)));
  return text;
}

std::string chance(double p_value) {
  if (p_value < 1e-6) return "less than once in a million times";
  if (p_value < kSignificance) {
    return "once in " + with_commas(static_cast<std::size_t>(std::llround(1 / p_value))) + " times";
  }
  return "in " + short_number(p_value * 100, 0) + " of 100 cases";
}

/// "lb1 has 12.0 % more than its share"
std::string farthest(const Tally& tally, const Weights& weights) {
  std::string node;
  double most = 0;
  for (const auto& [name, share] : expected_shares(tally, weights)) {
    const double expected = share * static_cast<double>(tally.answered);
    const auto found = tally.nodes.find(name);
    const double seen = found == tally.nodes.end() ? 0 : static_cast<double>(found->second);
    if (share <= 0 || std::abs(seen / expected - 1) < std::abs(most)) continue;
    most = seen / expected - 1;
    node = name;
  }
  return node + " has " + percent_of(std::abs(most), 1) + (most < 0 ? " less" : " more") +
         " than its share";
}

void explain_one_node(const Tally& tally, const Weights& weights, const Sent& sent,
                      Meaning& meaning) {
  meaning.finding = Finding::one_node;
  std::string first = "all " + with_commas(tally.answered) + " answers are of one node, " +
                      tally.nodes.begin()->first;
  if (weights.size() > 1) first += ", of " + std::to_string(weights.size()) + " that were expected";
  const std::string family = sent.ipv6 ? "ipv6" : "ipv4";
  meaning.sentences = {
      first,
      "likely: a router on the way hashes on addresses only, so that one client always reaches "
      "one node; on a Linux router net." +
          family + ".fib_multipath_hash_policy=1 has it hash on ports, too",
      "or: only this node announces the address, the router has one route only (maximum-paths), "
      "or a proxy or NAT stands in between",
      "a client cannot look it up: on the router \"vipherd doctor --role router\" and \"ip route "
      "get\" do"};
  if (sent.ipv6) {
    meaning.sentences.push_back(
        "(Linux hashes the flow label of IPv6 even without ports, and hosts choose one for each "
        "connection, unless net.ipv6.auto_flowlabels=0: then it is likelier that one node is all "
        "there is)");
  }
}

void explain_uneven(const Tally& tally, const Weights& weights, const ChiSquare& test,
                    Meaning& meaning) {
  meaning.finding = Finding::uneven;
  meaning.sentences = {
      std::string(weights.empty() ? "not even" : "not as the weights have it") + ": " +
          farthest(tally, weights) + "; chance alone makes such a spread or a less even one " +
          chance(test.p_value),
      "likely: routes with weights (unequal-cost multipath, bandwidth communities), a hash with "
      "few buckets (resilient groups share them out unevenly after a change), or two routers in "
      "a row that hash alike"};
}

void explain_failures(const Tally& tally, const Sent& sent, Meaning& meaning) {
  if (tally.failed == 0) return;
  std::string text = with_commas(tally.failed) + " of " + with_commas(sent.requests) +
                     " requests were not answered: ";
  text += join(tally.errors, ", ", [](const auto& error) {
    return error.first + " (" + with_commas(error.second) + ")";
  });
  meaning.sentences.push_back(std::move(text));
}

/// "c", of those that answer and have no weight; empty if there are none.
std::string without_weight(const Tally& tally, const Weights& weights) {
  std::string names;
  if (weights.empty()) return names;
  for (const auto& [node, requests] : tally.nodes) {
    if (!weights.contains(node)) append_item(names, node);
  }
  return names;
}

}  // namespace

std::string with_commas(std::size_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string percent_of(double part, double whole) {
  return short_number(whole > 0 ? part / whole * 100 : 0, 1) + " %";
}

Meaning meaning_of(const Tally& tally, const Weights& weights, const Sent& sent) {
  Meaning meaning;
  const std::string strangers = without_weight(tally, weights);
  const auto test = chi_square(tally, weights);
  if (tally.answered == 0) {
    meaning.sentences = {"nothing answers"};
  } else if (!strangers.empty()) {
    meaning = {Finding::unexpected, {"answered although no weight is given for it: " + strangers}};
  } else if (tally.nodes.size() == 1 && tally.answered > 1 && weights.size() != 1) {
    explain_one_node(tally, weights, sent, meaning);
  } else if (tally.nodes.size() == 1 && weights.size() == 1) {
    meaning = {Finding::as_expected, {"the one node that was expected answers"}};
  } else if (!test) {
    meaning = {Finding::too_few,
               {"too few answers to tell whether the spread is as expected: send more (-n)"}};
  } else if (test->p_value < kSignificance) {
    explain_uneven(tally, weights, *test, meaning);
  } else {
    meaning = {Finding::as_expected,
               {std::string(weights.empty() ? "even" : "as the weights have it") +
                ": chance alone makes such a spread or a less even one " + chance(test->p_value)}};
  }
  explain_failures(tally, sent, meaning);
  return meaning;
}

}  // namespace vipherd::spread
