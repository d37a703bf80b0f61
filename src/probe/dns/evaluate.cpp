#include "probe/dns/evaluate.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace vipherd::probe::dns {
namespace {

namespace dns = wire::dns;

constexpr std::size_t kMostText = 60;
constexpr std::size_t kMostRecords = 3;

std::string shortened(const std::string& text) {
  if (text.size() <= kMostText) return text;
  return std::string(text, 0, kMostText).append("...");
}

/// "192.0.2.1, 192.0.2.2, 192.0.2.3 and 4 more", in an order that does not change: servers rotate
/// their answers.
std::string in_words(const std::vector<dns::Record>& records) {
  std::vector<std::string> texts;
  texts.reserve(records.size());
  for (const dns::Record& record : records) texts.push_back(shortened(record.text));
  std::ranges::sort(texts);
  const std::size_t shown = std::min(texts.size(), kMostRecords);
  std::string words;
  for (std::size_t index = 0; index < shown; ++index) {
    if (index > 0) words += index + 1 == texts.size() ? " and " : ", ";
    words += texts[index];
  }
  if (texts.size() > shown) words += " and " + std::to_string(texts.size() - shown) + " more";
  return words;
}

std::string counted(std::size_t count, std::uint16_t type) {
  return std::to_string(count) + " " + dns::type_name(type) + (count == 1 ? " record" : " records");
}

Outcome failed(std::string reason) { return {.pass = false, .reason = std::move(reason)}; }

Outcome evaluate_records(const DnsSettings& settings, const std::vector<dns::Record>& records) {
  const std::string type = dns::type_name(settings.query.type);
  if (records.empty()) {
    return failed("no " + type + " record of " + settings.query.name + " in the answer");
  }
  for (const dns::Expectation& expected : settings.expect_answer) {
    const bool is_there = std::ranges::any_of(
        records, [&expected](const dns::Record& record) { return expected.is_met_by(record); });
    if (is_there) continue;
    return failed(type + " of " + settings.query.name + " is " + in_words(records) + ", expected " +
                  shortened(expected.text()));
  }
  return {.pass = true, .reason = "NOERROR, " + counted(records.size(), settings.query.type)};
}

}  // namespace

Outcome evaluate(const DnsSettings& settings, const dns::Answer& answer) {
  if (answer.rcode != settings.expect_rcode) {
    return failed("rcode " + dns::rcode_name(answer.rcode) + ", expected " +
                  dns::rcode_name(settings.expect_rcode));
  }
  if (settings.expect_authoritative && !answer.authoritative) {
    return failed("the answer is not authoritative (no AA flag)");
  }
  if (settings.query.authenticated_data && !answer.authenticated) {
    return failed("the answer is not authenticated by DNSSEC (no AD flag)");
  }
  if (answer.rcode == dns::kNoError) return evaluate_records(settings, answer.records);
  return {.pass = true, .reason = "rcode " + dns::rcode_name(answer.rcode)};
}

}  // namespace vipherd::probe::dns
