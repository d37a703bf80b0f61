#include "probe/http/expect.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "probe/excerpt.hpp"
#include "vipherd/base/numbers.hpp"

namespace vipherd::probe::http {
namespace {

constexpr int kLowestStatus = 200;  // below are interim answers
constexpr int kHighestStatus = 599;
/// For the program of one expression and what RE2 remembers while it matches.
constexpr std::int64_t kRegexMemory = std::int64_t{1} << 20;
/// Entries of expressions that no check holds any more are looked for when there are so many.
constexpr std::size_t kFewRegexes = 64;
/// Of a body that is not what was expected.
constexpr std::size_t kExcerpt = 60;

/// A whole number of three digits, or 0.
int parse_status(std::string_view text) {
  const int status = text.size() == 3 ? parse_number<int>(text).value_or(0) : 0;
  return status >= kLowestStatus && status <= kHighestStatus ? status : 0;
}

}  // namespace

Result<StatusSet> StatusSet::parse(const std::vector<std::string>& words) {
  StatusSet set;
  for (const std::string& word : words) {
    Range range{};
    const std::size_t dash = word.find('-');
    if (word.size() == 3 && word.ends_with("xx")) {
      range.first = parse_status(word.substr(0, 1) + "00");
      range.last = range.first + 99;
    } else if (dash != std::string::npos) {
      range = {parse_status(word.substr(0, dash)), parse_status(word.substr(dash + 1))};
    } else {
      range.first = range.last = parse_status(word);
    }
    if (range.first == 0 || range.last < range.first) {
      return fail("expected statuses from 200 to 599 such as 204, \"2xx\" or \"200-299\", got " +
                  (word.find_first_not_of("0123456789-") == word.npos ? word : "\"" + word + "\""));
    }
    set.ranges_.push_back(range);
    if (!set.text_.empty()) set.text_ += set.ranges_.size() == words.size() ? " or " : ", ";
    set.text_ += word;
  }
  if (words.empty()) {
    set.ranges_.push_back({200, 299});
    set.text_ = "2xx";
  }
  return set;
}

bool StatusSet::contains(int status) const {
  return std::ranges::any_of(ranges_, [status](const Range& range) {
    return status >= range.first && status <= range.last;
  });
}

Result<Regex> compile_regex(const std::string& pattern) {
  // Configurations are loaded on more than one thread; nothing but who shares what depends on it.
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  static std::map<std::string, std::weak_ptr<const re2::RE2>> held;
  static std::size_t swept_at = kFewRegexes;
  if (const auto found = held.find(pattern); found != held.end()) {
    if (Regex regex = found->second.lock()) return regex;
  }
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(kRegexMemory);
  Regex regex = std::make_shared<const re2::RE2>(pattern, options);
  if (!regex->ok()) return fail("expected a regular expression of RE2: " + regex->error());
  if (held.size() >= swept_at) {
    std::erase_if(held, [](const auto& entry) { return entry.second.expired(); });
    swept_at = std::max(kFewRegexes, 2 * held.size());
  }
  held[pattern] = regex;
  return regex;
}

Outcome Expectation::evaluate(int status, std::string_view answer, bool whole) const {
  std::string missed;
  if (!body.empty() && answer.find(body) == std::string_view::npos) {
    missed = "contain " + excerpt(body, kExcerpt);
  } else if (regex && !re2::RE2::PartialMatch({answer.data(), answer.size()}, *regex)) {
    missed = "match " + excerpt(pattern, kExcerpt);
  }
  if (missed.empty()) return {true, "status " + std::to_string(status)};
  const std::string subject =
      whole ? "the body does not "
            : "the first " + std::to_string(body_limit) + " bytes of the body do not ";
  return {false,
          subject + missed +
              (answer.empty() ? ": it is empty" : ", it begins " + excerpt(answer, kExcerpt))};
}

std::string unexpected(int status, const StatusSet& expected) {
  return "status " + std::to_string(status) + ", expected " + expected.to_string();
}

}  // namespace vipherd::probe::http
