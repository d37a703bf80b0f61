#include "core/check_vips.hpp"

#include <algorithm>
#include <utility>

#include "core/surroundings.hpp"

namespace vipherd::core {

using namespace model;

std::optional<MissingVip> find_missing_vip(const State& state, const CheckConfig& check) {
  const std::string* refusal = nullptr;
  bool all_refused = true;
  for (const IpAddress& address : check.needed_vips) {
    if (const std::string* why = refusal_of(state, address)) {
      refusal = why;
      continue;
    }
    all_refused = false;
    const auto vip = state.vips.find(address);
    if (vip != state.vips.end() && vip->second.is_local()) continue;
    const std::string& cause = vip == state.vips.end() ? "" : vip->second.attachment.cause.reason;
    return MissingVip{"VIP " + address.to_string() + ", which it connects to, is not on this node" +
                      (cause.empty() ? "" : ": " + cause)};
  }
  if (refusal == nullptr || !all_refused) return std::nullopt;
  return MissingVip{*refusal, /*refused=*/true};
}

std::shared_ptr<const CheckConfig> without_refused_vips(
    const State& state, const std::shared_ptr<const CheckConfig>& check) {
  const auto is_refused = [&](const IpAddress& vip) { return refusal_of(state, vip) != nullptr; };
  if (check->vip_targets.empty() || std::ranges::none_of(check->needed_vips, is_refused))
    return check;
  auto rest = std::make_shared<CheckConfig>(*check);
  rest->vip_targets.clear();
  rest->needed_vips.clear();
  for (std::size_t index = 0; index < check->vip_targets.size(); ++index) {
    if (is_refused(check->needed_vips[index])) continue;
    rest->vip_targets.push_back(check->vip_targets[index]);
    rest->needed_vips.push_back(check->needed_vips[index]);
  }
  return rest;
}

}  // namespace vipherd::core
