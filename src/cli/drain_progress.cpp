#include "cli/drain_progress.hpp"

#include <cstdint>
#include <map>
#include <set>

#include "vipherd/base/join.hpp"

namespace vipherd::cli {
namespace {

std::vector<const model::VipStatus*> select(const model::Status& status,
                                            const std::vector<std::string>& vips) {
  const std::set<std::string, std::less<>> wanted(vips.begin(), vips.end());
  std::vector<const model::VipStatus*> selected;
  for (const model::VipStatus& vip : status.vips) {
    if (wanted.contains(vip.vip)) selected.push_back(&vip);
  }
  return selected;
}

std::string counted(const std::map<std::string, std::size_t>& counts) {
  if (counts.empty()) return "no VIPs";
  return join(counts, ", ",
              [](const auto& one) { return std::to_string(one.second) + " " + one.first; });
}

std::string plural(std::uint64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

Progress drain_progress(const model::Status& status, const std::vector<std::string>& vips) {
  Progress progress{true, ""};
  std::map<std::string, std::size_t> steps;
  std::uint64_t connections = 0;
  for (const model::VipStatus* vip : select(status, vips)) {
    const std::string step(vip->drain ? to_string(vip->drain->step.state)
                                      : to_string(vip->announced.state));
    ++steps[step];
    progress.done =
        progress.done && vip->drain && vip->drain->step.state == model::DrainStep::drained;
    if (vip->drain) connections += vip->drain->connections.value_or(0);
  }
  progress.text = counted(steps);
  if (connections > 0) progress.text += "; " + plural(connections, "connection") + " left";
  return progress;
}

Progress withdraw_progress(const model::Status& status, const std::vector<std::string>& vips) {
  Progress progress{true, ""};
  std::map<std::string, std::size_t> states;
  for (const model::VipStatus* vip : select(status, vips)) {
    ++states[std::string(to_string(vip->announced.state))];
    progress.done = progress.done && vip->announced.state == model::RouteStep::withdrawn;
  }
  progress.text = counted(states);
  return progress;
}

Progress return_progress(const model::Status& status, const std::vector<std::string>& vips) {
  Progress progress{true, ""};
  std::map<std::string, std::size_t> states;
  for (const model::VipStatus* vip : select(status, vips)) {
    const std::string state = vip->drain ? "still drained (" + vip->drain->step.reason + ")"
                                         : std::string(to_string(vip->announced.state));
    ++states[state];
    const bool arrived =
        vip->drain || !vip->wanted || vip->announced.state == model::RouteStep::announced;
    progress.done = progress.done && arrived;
  }
  progress.text = counted(states);
  return progress;
}

}  // namespace vipherd::cli
