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
using wire::vty::LsaScope;
using wire::vty::Ospf6Area;
using wire::vty::OspfNeighbour;
using wire::vty::TopologyLsa;

class Ospf6dView final : public DaemonParser {
 public:
  Ospf6dView(const model::FrrConfig& config, const std::string& vrf) : config_(config), vrf_(vrf) {
    plan_questions();
  }

  std::string_view daemon() const override { return "ospf6d"; }
  std::span<const std::string> common_questions() const override { return questions_; }
  Result<void> read_common(std::size_t question, std::string_view answer) override {
    switch (asked_[question]) {
      case Asked::process:
        return read_process(answer);
      case Asked::neighbours:
        return read_neighbours(answer);
      case Asked::border_routers:
        return take(wire::vty::parse_ospf6_border_routers(answer), around_.reachable);
      case Asked::externals:
        lsas_.clear();
        return add_lsas(answer, LsaScope::as);
      case Asked::prefixes:
        return add_lsas(answer, LsaScope::area);
      case Asked::nssa:
        return add_lsas(answer, LsaScope::nssa);
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
  std::string question(const IpAddress&) const override { return {}; }

  std::string follow_up(const IpAddress& vip, std::string_view) const override {
    if (running_ || is_originated(lsas_for(lsas_, vip), process_.router_id) ||
        is_stub_only(around_)) {
      return {};
    }
    return std::string(wire::vty::kShowConfig);
  }
  void read_follow_up(const IpAddress&, std::string_view, std::string_view answer) override {
    running_ = answer;
  }

  Result<model::Reach> read(const IpAddress& vip, std::string_view) const override {
    auto reach = evaluate_ospf(daemon(), lsas_for(lsas_, vip), process_.router_id, around_,
                               [&] { return why_missing("ospf6d", running_, vip, config_, vrf_); });
    reach.router_id = {process_.router_id, watch_.shared()};
    return reach;
  }

 private:
  enum class Asked : std::uint8_t {
    process,
    neighbours,
    border_routers,
    externals,
    prefixes,
    nssa,
    own_links,  ///< its own router LSAs
    links       ///< those of its neighbours
  };

  template <class T>
  static Result<void> take(Result<T> read, T& into) {
    if (!read) return fail("ospf6d: " + read.error().what);
    into = std::move(*read);
    return {};
  }

  Result<void> read_process(std::string_view answer) {
    running_.reset();
    process_ = {};
    own_links_.clear();
    links_.clear();
    links_known_ = true;
    if (answer.find_first_not_of(" \r\n") == std::string_view::npos) {
      return fail("ospf6d runs without `router ospf6`");
    }
    auto taken = take(wire::vty::parse_ospf6_process(answer), process_);
    plan_questions();
    return taken;
  }

  /// The area of an adjacency is that of its interface.
  Result<void> read_neighbours(std::string_view answer) {
    auto taken = take(wire::vty::parse_ospf6_neighbours(answer), around_.neighbours);
    for (OspfNeighbour& neighbour : around_.neighbours) {
      const auto area = std::ranges::find_if(process_.areas, [&](const Ospf6Area& candidate) {
        return candidate.interfaces.contains(neighbour.interface);
      });
      if (area == process_.areas.end()) continue;
      neighbour.area = area->id;
      neighbour.kind = area->kind;
    }
    plan_questions();
    return taken;
  }

  /// Nothing else depends on these: where they are not understood only the router id is not judged.
  void read_links(std::string_view answer, std::vector<TopologyLsa>& into) {
    const auto lsas = wire::vty::parse_ospf6_topology(answer);
    links_known_ = links_known_ && lsas;
    if (lsas) into.insert(into.end(), lsas->begin(), lsas->end());
  }

  void watch_router_id() {
    if (!links_known_) return watch_.forget();
    watch_.take(process_.router_id,
                {.neighbours = around_.neighbours, .own = own_links_, .others = links_});
  }

  Result<void> add_lsas(std::string_view answer, LsaScope scope) {
    const auto lsas = wire::vty::parse_ospf6_lsas(answer, scope);
    if (!lsas) return fail("ospf6d: " + lsas.error().what);
    lsas_.insert(lsas_.end(), lsas->begin(), lsas->end());
    std::sort(lsas_.begin(), lsas_.end());
    return {};
  }

  /// Depends on the areas and the neighbours that the first two of them tell.
  void plan_questions() {
    asked_.clear();
    questions_.clear();
    const auto add = [this](Asked asked, std::string_view words) {
      asked_.push_back(asked);
      questions_.push_back(wire::vty::show_ospf6(words, vrf_));
    };
    add(Asked::process, wire::vty::kOspf6Process);
    add(Asked::neighbours, wire::vty::kOspf6Neighbours);
    add(Asked::border_routers, wire::vty::kOspf6BorderRouters);
    add(Asked::externals, wire::vty::kOspf6Externals);
    // Of addresses there may be intra-area prefixes, too.
    if (config_.traits().attaches_by_address) {
      add(Asked::prefixes, wire::vty::kOspf6IntraPrefixes);
    }
    const bool nssa = std::ranges::any_of(
        process_.areas, [](const Ospf6Area& area) { return area.kind == AreaKind::nssa; });
    if (nssa) add(Asked::nssa, wire::vty::kOspf6NssaLsas);
    std::set<std::string> routers;
    for (const OspfNeighbour& neighbour : around_.neighbours) {
      if (neighbour.full() && routers.size() < kMostNeighbours) routers.insert(neighbour.router_id);
    }
    for (const std::string& router : routers) {
      add(Asked::links, wire::vty::ospf6_router_lsas(router));
    }
    add(Asked::own_links, wire::vty::kOspf6OwnRouterLsas);
  }

  static constexpr std::size_t kMostNeighbours = 8;

  const model::FrrConfig config_;
  const std::string vrf_;
  std::vector<Asked> asked_;
  std::vector<std::string> questions_;  ///< the same, as the daemon understands them
  wire::vty::Ospf6Process process_;
  OspfSurroundings around_;
  std::vector<HostLsa> lsas_;           ///< sorted
  std::optional<std::string> running_;  ///< as a follow-up told
  std::vector<TopologyLsa> own_links_;
  std::vector<TopologyLsa> links_;
  bool links_known_ = true;
  RouterIdWatch watch_;
};

}  // namespace

std::unique_ptr<DaemonParser> make_ospf6d_parser(const model::FrrConfig& config,
                                                 const std::string& vrf) {
  return std::make_unique<Ospf6dView>(config, vrf);
}

}  // namespace vipherd::frr
