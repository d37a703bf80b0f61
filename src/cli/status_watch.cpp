#include "cli/status_watch.hpp"

#include "vipherd/base/printable.hpp"

namespace vipherd::cli {
namespace {

std::string whole_seconds(Duration duration) {
  return format_duration(std::chrono::floor<std::chrono::seconds>(duration));
}

}  // namespace

Page StatusWatch::on_status(Page status, TimePoint now) {
  last_ = std::move(status);
  read_at_ = now;
  lost_at_.reset();
  return last_;
}

Page StatusWatch::on_failure(const std::string& why, TimePoint now) {
  if (!lost_at_) lost_at_ = now;
  const std::string headline = "NO AGENT ANSWERS for " + whole_seconds(now - *lost_at_) + ": ";
  Page page{{paragraph(headline + printable(why), width_, 0), Colour::red}};
  if (last_.empty()) return page;
  page.push_back({"\nthis is from " + whole_seconds(now - read_at_) + " ago:\n\n"});
  append(page, last_);
  return page;
}

}  // namespace vipherd::cli
