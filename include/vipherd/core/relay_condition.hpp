// Whether this node's relay works, and why not: made of what came of beginning and of telling the
// kernel. Pure; the agent tells it, and shows what it says.
#pragma once

#include <optional>
#include <string>

#include "vipherd/base/duration.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/model/states.hpp"

namespace vipherd::core {

class RelayCondition {
 public:
  struct Shown {
    model::RelayState state{};
    TimePoint since{};
    std::string reason;
    friend bool operator==(const Shown&, const Shown&) = default;
  };

  /// `in_force`: an earlier beginning, which works on.
  void begun(const Result<void>& result, bool in_force);
  /// An interface may go while it is looked at: only a failure that comes twice is one.
  void attached(const Result<void>& result);
  void vips_set(const Result<void>& result) { vips_ = result; }
  void rings_set(const Result<void>& result) { rings_ = result; }

  bool has_begun() const { return begun_.has_value(); }
  bool vips_failed() const { return !vips_; }

  /// To be called after these: what is new, to be told.
  std::optional<Shown> settle(TimePoint now);
  /// As settled last; nothing: it was not yet.
  const std::optional<Shown>& shown() const { return shown_; }

 private:
  Result<void> begun_{};
  Result<void> attached_{};
  Result<void> vips_{};
  Result<void> rings_{};
  bool attach_failed_before_ = false;
  std::optional<Shown> shown_{};
};

}  // namespace vipherd::core
