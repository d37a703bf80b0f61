#include <algorithm>
#include <optional>
#include <set>

#include "frr/observer/daemon_parser.hpp"
#include "frr/observer/missing_route.hpp"
#include "frr/observer/ospf_reach.hpp"
#include "frr/observer/router_id_watch.hpp"
#include "vipherd/wire/vty/config.hpp"
#include "vipherd/wire/vty/ospf.hpp"

namespace vipherd::frr {
namespace {

using wire::vty::AreaKind;
using wire::vty::HostLsa;
using wire::vty::OspfNeighbour;
using wire::vty::TopologyLsa;

class OspfdView final : public DaemonParser {
 public:
  OspfdView(const model::FrrConfig& config, const std::string& vrf) : config_(config), vrf_(vrf) {
    plan_questions();
  }

  std::string_view daemon() const override { return "ospfd"; }
  std::span<const std::string> common_questions() const override { return questions_; }
  Result<void> read_common(std::size_t question, std::string_view answer) override {
    switch (asked_[question]) {
      case Asked::neighbours:
        return read_neighbours(answer);
      case Asked::border_routers:
        return take(wire::vty::parse_ospf_border_routers(answer), around_.reachable);
      case Asked::lsas:
        return add_lsas(answer);
      case Asked::own_links:
        read_links(answer, own_links_);
        break;
      case Asked::links:
        read_links(answer, links_);
        break;
    }
    if (question + 1 == questions_.size()) watch_router_id();
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
    auto reach = evaluate_ospf(daemon(), lsas->hosts, lsas->router_id, around_,
                               [&] { return why_missing("ospfd", running_, vip, config_, vrf_); });
    reach.router_id = {lsas->router_id, router_id_ == lsas->router_id ? watch_.shared() : ""};
    return reach;
  }

 private:
  enum class Asked : std::uint8_t {
    neighbours,
    border_routers,
    lsas,
    own_links,  ///< its own router LSAs
    links       ///< those of its neighbours
  };

  template <class T>
  static Result<void> take(Result<T> read, T& into) {
    if (!read) return fail("ospfd: " + read.error().what);
    into = std::move(*read);
    return {};
  }

  Result<void> read_neighbours(std::string_view answer) {
    running_.reset();
    area_lsas_.clear();
    router_id_.reset();
    own_links_.clear();
    links_.clear();
    auto taken = take(wire::vty::parse_ospf_neighbours(answer), around_.neighbours);
    plan_questions();
    return taken;
  }

  Result<void> add_lsas(std::string_view answer) {
    wire::vty::OspfLsas lsas;
    auto taken = take(wire::vty::parse_ospf_lsas(answer), lsas);
    if (!taken) return taken.error();
    area_lsas_.insert(area_lsas_.end(), lsas.hosts.begin(), lsas.hosts.end());
    std::sort(area_lsas_.begin(), area_lsas_.end());
    return {};
  }

  /// Nothing else depends on these: where they are not understood only the router id is not judged.
  void read_links(std::string_view answer, std::vector<TopologyLsa>& into) {
    auto topology = wire::vty::parse_ospf_topology(answer);
    if (!topology) return;
    router_id_ = topology->router_id;
    into.insert(into.end(), topology->lsas.begin(), topology->lsas.end());
  }

  void watch_router_id() {
    if (!router_id_) return watch_.forget();
    watch_.take(*router_id_,
                {.neighbours = around_.neighbours, .own = own_links_, .others = links_});
  }

  /// Depends on the areas and neighbours that the first of them tells.
  void plan_questions() {
    asked_.clear();
    questions_.clear();
    const auto add = [this](Asked asked, std::string_view words) {
      asked_.push_back(asked);
      questions_.push_back(wire::vty::show_ospf(words, vrf_));
    };
    add(Asked::neighbours, wire::vty::kOspfNeighbours);
    add(Asked::border_routers, wire::vty::kOspfBorderRouters);
    // Of addresses there may be stub networks, too.
    if (config_.traits().attaches_by_address) {
      add(Asked::lsas, wire::vty::kOspfRouterLsas);
    }
    const bool nssa = std::ranges::any_of(
        around_.neighbours, [](const OspfNeighbour& one) { return one.kind == AreaKind::nssa; });
    if (nssa) add(Asked::lsas, wire::vty::kOspfNssaLsas);
    for (const std::string& words : ways_to(around_.neighbours)) add(Asked::links, words);
    add(Asked::own_links, wire::vty::kOspfOwnRouterLsas);
  }

  /// Where to see whom the nearest routers take for this one.
  static std::set<std::string> ways_to(const std::vector<OspfNeighbour>& neighbours) {
    std::set<std::string> words;
    for (const OspfNeighbour& neighbour : neighbours) {
      if (!neighbour.full() || words.size() >= kMostNeighbours) continue;
      words.insert(neighbour.designated == IpAddress{}
                       ? wire::vty::ospf_router_lsas(neighbour.router_id)
                       : wire::vty::ospf_network_lsa(neighbour.designated));
    }
    return words;
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
  static constexpr std::size_t kMostNeighbours = 8;

  std::vector<Asked> asked_;
  std::vector<std::string> questions_;  ///< the same, as the daemon understands them
  OspfSurroundings around_;
  std::vector<HostLsa> area_lsas_;      ///< of area scope, and type 7; sorted
  std::optional<std::string> running_;  ///< as a follow-up told
  std::optional<IpAddress> router_id_;
  std::vector<TopologyLsa> own_links_;
  std::vector<TopologyLsa> links_;
  RouterIdWatch watch_;
};

}  // namespace

std::unique_ptr<DaemonParser> make_ospfd_parser(const model::FrrConfig& config,
                                                const std::string& vrf) {
  return std::make_unique<OspfdView>(config, vrf);
}

}  // namespace vipherd::frr
