// What an answer must be to pass: its status and its body; and the sentence for one that does not.
// Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "probe/kind.hpp"
#include "vipherd/base/result.hpp"

namespace re2 {
class RE2;
}

namespace vipherd::probe::http {

/// A set of statuses.
class StatusSet {
 public:
  /// Of "200", "2xx" and "200-299"; none at all stand for "2xx".
  static Result<StatusSet> parse(const std::vector<std::string>& words);
  bool contains(int status) const;
  /// "2xx", "200, 204 or 300-399"
  const std::string& to_string() const { return text_; }

 private:
  struct Range {
    int first;
    int last;
  };
  std::vector<Range> ranges_;
  std::string text_;
};

/// Regular expressions of RE2, whose time is linear in the text and whose memory is bounded.
using Regex = std::shared_ptr<const re2::RE2>;
/// The same for the same pattern, as long as a check holds it: thousands of checks may share one.
Result<Regex> compile_regex(const std::string& pattern);

struct Expectation {
  std::string body;  ///< occurs in the body; empty: anything does
  std::string pattern;
  Regex regex;  ///< the pattern's; matches somewhere in the body
  std::size_t body_limit = std::size_t{64} << 10;

  /// How much of the body must be kept to evaluate it.
  std::size_t kept() const { return body.empty() && !regex ? 0 : body_limit; }
  /// Of an answer whose status is an expected one. `whole` is false if there was more of it.
  Outcome evaluate(int status, std::string_view answer, bool whole) const;
};

/// "status 500, expected 2xx"
std::string unexpected(int status, const StatusSet& expected);

}  // namespace vipherd::probe::http
