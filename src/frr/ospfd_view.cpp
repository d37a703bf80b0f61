#include <algorithm>
#include <optional>

#include "frr/daemon_view.hpp"
#include "frr/missing_route.hpp"
#include "frr/ospf_reach.hpp"
#include "vipherd/wire/vty_config.hpp"
#include "vipherd/wire/vty_ospf.hpp"

namespace vipherd::frr {
namespace {

using wire::vty::AreaKind;
using wire::vty::HostLsa;
using wire::vty::OspfNeighbour;

class OspfdView final : public DaemonView {
 public:
  OspfdView(const model::FrrConfig& config, const std::string& vrf) : config_(config), vrf_(vrf) {
    plan_questions();
  }

  std::string_view daemon() const override { return "ospfd"; }
  std::span<const std::string> common_questions() const override { return questions_; }
  Result<void> read_common(std::size_t question, std::string_view answer) override {
    if (question == 0) {
      running_.reset();
      area_lsas_.clear();
      const auto taken = take(wire::vty::parse_ospf_neighbours(answer), around_.neighbours);
      plan_questions();
      return taken;
    }
    if (question == 1) {
      return take(wire::vty::parse_ospf_border_routers(answer), around_.reachable);
    }
    wire::vty::OspfLsas lsas;
    const auto taken = take(wire::vty::parse_ospf_lsas(answer), lsas);
    if (!taken) return taken.error();
    area_lsas_.insert(area_lsas_.end(), lsas.hosts.begin(), lsas.hosts.end());
    std::sort(area_lsas_.begin(), area_lsas_.end());
    return {};
  }
  std::string question(const IpAddress& vip) const override {
    return wire::vty::show_ospf(wire::vty::ospf_external(vip), vrf_);
  }

  std::string follow_up(const IpAddress& vip, std::string_view answer) const override {
    const auto lsas = lsas_of(vip, answer);
    if (running_ || !lsas || is_originated(lsas->hosts, lsas->router_id) || is_stub_only(around_)) {
      return {};
    }
    return std::string(wire::vty::kShowConfig);
  }
  void read_follow_up(const IpAddress&, std::string_view, std::string_view answer) override {
    running_ = answer;
  }

  Result<model::Reach> read(const IpAddress& vip, std::string_view answer) const override {
    const auto lsas = lsas_of(vip, answer);
    if (!lsas) return fail("ospfd: " + lsas.error().what);
    return judge_ospf(daemon(), lsas->hosts, lsas->router_id, around_,
                      [&] { return why_missing("ospfd", running_, vip, config_, vrf_); });
  }

 private:
  template <class T>
  static Result<void> take(Result<T> read, T& into) {
    if (!read) return fail("ospfd: " + read.error().what);
    into = std::move(*read);
    return {};
  }

  /// Depends on the areas that the first of them tells.
  void plan_questions() {
    std::vector<std::string_view> what{wire::vty::kOspfNeighbours, wire::vty::kOspfBorderRouters};
    // Of addresses there may be stub networks, too.
    if (config_.announcer != model::Announcer::zapi) what.push_back(wire::vty::kOspfRouterLsas);
    const bool nssa = std::ranges::any_of(
        around_.neighbours, [](const OspfNeighbour& one) { return one.kind == AreaKind::nssa; });
    if (nssa) what.push_back(wire::vty::kOspfNssaLsas);
    questions_.clear();
    for (const std::string_view words : what) {
      questions_.push_back(wire::vty::show_ospf(words, vrf_));
    }
  }

  /// All for the VIP.
  Result<wire::vty::OspfLsas> lsas_of(const IpAddress& vip, std::string_view answer) const {
    auto lsas = wire::vty::parse_ospf_lsas(answer);
    if (!lsas) return lsas;
    std::erase_if(lsas->hosts, [&](const HostLsa& lsa) { return lsa.host != vip; });
    const auto more = lsas_for(area_lsas_, vip);
    lsas->hosts.insert(lsas->hosts.end(), more.begin(), more.end());
    return lsas;
  }

  const model::FrrConfig config_;
  const std::string vrf_;
  std::vector<std::string> questions_;
  OspfSurroundings around_;
  std::vector<HostLsa> area_lsas_;      ///< of area scope, and type 7; sorted
  std::optional<std::string> running_;  ///< as a follow-up told
};

}  // namespace

std::unique_ptr<DaemonView> make_ospfd_view(const model::FrrConfig& config,
                                            const std::string& vrf) {
  return std::make_unique<OspfdView>(config, vrf);
}

}  // namespace vipherd::frr
