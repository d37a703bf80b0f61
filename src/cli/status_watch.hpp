// What `vipherd status --watch` shows: the last status that was read and, while none can be read,
// since when. Pure; the caller asks and waits.
#pragma once

#include <optional>
#include <string>

#include "cli/page.hpp"
#include "vipherd/base/duration.hpp"

namespace vipherd::cli {

class StatusWatch {
 public:
  /// No line of its own is longer than `width`.
  explicit StatusWatch(std::size_t width) : width_(width) {}

  Page on_status(Page status, TimePoint now);
  /// Why there is none, as a sentence.
  Page on_failure(const std::string& why, TimePoint now);

 private:
  std::size_t width_;
  Page last_;
  TimePoint read_at_{};
  std::optional<TimePoint> lost_at_;
};

}  // namespace vipherd::cli
