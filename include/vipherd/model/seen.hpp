// What others hold is read, never remembered. A statement about others (a daemon, the kernel) is a
// Seen<T>: the answer, or why there is none, and with either whom was asked and when. It cannot be
// made without them, so whatever shows it can say how old it is. Unknown is a value of its own:
// never false, never 0, never an empty list.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "vipherd/base/duration.hpp"
#include "vipherd/base/result.hpp"

namespace vipherd::model {

/// `Time` is that of the monotonic clock inside the agent, wall time for its clients.
template <class T, class Time = TimePoint>
class Seen {
 public:
  /// `source` was asked ("bgpd"). `at`: when the oldest part of its answer was read; of an answer
  /// that did not come, when that was clear. The error is the reason, a sentence.
  Seen(std::string source, Time at, Result<T> answer)
      : source_(std::move(source)), at_(at), answer_(Unknown{}) {
    if (answer) {
      answer_ = std::move(*answer);
    } else {
      answer_ = Unknown{answer.error().what};
    }
  }

  const std::string& source() const { return source_; }
  Time at() const { return at_; }
  /// nullptr: unknown.
  const T* value() const { return std::get_if<T>(&answer_); }
  /// Why it is unknown; empty if it is known.
  const std::string& why_unknown() const {
    static const std::string kKnown;
    const auto* unknown = std::get_if<Unknown>(&answer_);
    return unknown == nullptr ? kKnown : unknown->reason;
  }
  /// The same, said on another clock.
  template <class Other>
  Seen<T, Other> on_clock_at(Other at) const {
    if (const T* known = value()) return {source_, at, *known};
    return {source_, at, fail(why_unknown())};
  }

  friend bool operator==(const Seen&, const Seen&) = default;

 private:
  struct Unknown {
    std::string reason;
    friend bool operator==(const Unknown&, const Unknown&) = default;
  };
  std::string source_;
  Time at_{};
  std::variant<Unknown, T> answer_;
};

}  // namespace vipherd::model
