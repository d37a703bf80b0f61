// ospfd and ospf6d, which hold the same things and are asked for them in different words.
#include <algorithm>

#include "frr/daemon_view.hpp"
#include "vipherd/wire/vty_ospf.hpp"

namespace vipherd::frr {
namespace {

using wire::vty::HostLsa;
using wire::vty::OspfNeighbour;

/// Of LSAs in order.
std::span<const HostLsa> those_for(const std::vector<HostLsa>& sorted, const IpAddress& vip) {
  const auto first =
      std::lower_bound(sorted.begin(), sorted.end(), vip,
                       [](const HostLsa& lsa, const IpAddress& host) { return lsa.host < host; });
  const auto last =
      std::find_if(first, sorted.end(), [&](const HostLsa& lsa) { return lsa.host != vip; });
  return {first, last};
}

/// What decides, gathered from whichever daemon.
struct Adjacencies {
  std::vector<OspfNeighbour> neighbours;
  std::set<IpAddress> reachable;  ///< those that inject external routes, or border an area
};

/// Whether what the router announces is true still, for all that is known here.
bool is_alive(const IpAddress& router, const Adjacencies& adjacencies) {
  if (adjacencies.reachable.contains(router)) return true;
  const std::string id = router.to_string();
  return std::ranges::any_of(adjacencies.neighbours, [&](const OspfNeighbour& neighbour) {
    return neighbour.router_id == id &&
           (neighbour.full() || neighbour.state == "2-Way" || neighbour.state == "Twoway");
  });
}

std::vector<std::string> full_ones(const Adjacencies& adjacencies) {
  std::set<std::string> ids;  // two links to the same router are one neighbour
  for (const OspfNeighbour& neighbour : adjacencies.neighbours) {
    if (neighbour.full()) ids.insert(neighbour.router_id);
  }
  return {ids.begin(), ids.end()};
}

std::string why_alone(const Adjacencies& adjacencies) {
  std::vector<std::string> states;
  for (const OspfNeighbour& neighbour : adjacencies.neighbours) {
    states.push_back(neighbour.interface + ": " + neighbour.router_id + " " + neighbour.state);
  }
  return "no OSPF adjacency is full (" +
         (states.empty() ? std::string("no neighbour is heard") : list_some(states)) + ")";
}

/// `lsas`: all for this VIP, in order or not.
model::Reach judge(std::string_view daemon, std::span<const HostLsa> lsas,
                          const IpAddress& own_id, const Adjacencies& adjacencies,
                          const std::string& missing) {
  model::Reach reach;
  std::set<IpAddress> others;
  for (const HostLsa& lsa : lsas) {
    if (lsa.router == own_id) {
      reach.originated = true;
    } else if (!lsa.least_preferred && is_alive(lsa.router, adjacencies)) {
      others.insert(lsa.router);
    }
  }
  reach.others = static_cast<std::uint32_t>(others.size());
  if (reach.originated) reach.neighbours = full_ones(adjacencies);
  if (!reach.originated) {
    reach.problem = std::string(daemon) + " has no LSA of its own for it: " + missing;
  } else if (reach.neighbours.empty()) {
    reach.problem = why_alone(adjacencies);
  }
  return reach;
}

class OspfdView final : public DaemonView {
 public:
  OspfdView(const model::FrrConfig& config, const std::string& vrf)
      : vrf_(vrf), missing_(missing_route_cause(config, vrf)) {
    for (const auto what : {wire::vty::kOspfNeighbours, wire::vty::kOspfBorderRouters}) {
      questions_.push_back(wire::vty::show_ospf(what, vrf));
    }
    // Of addresses there may be stub networks, too.
    if (config.announcer == model::Announcer::zapi) return;
    questions_.push_back(wire::vty::show_ospf(wire::vty::kOspfRouterLsas, vrf));
  }

  std::string_view daemon() const override { return "ospfd"; }
  std::span<const std::string> common_questions() const override { return questions_; }
  Result<void> read_common(std::size_t question, std::string_view answer) override {
    if (question == 0) return take(wire::vty::parse_ospf_neighbours(answer), around_.neighbours);
    if (question == 1) {
      return take(wire::vty::parse_ospf_border_routers(answer), around_.reachable);
    }
    wire::vty::OspfLsas lsas;
    const auto taken = take(wire::vty::parse_ospf_lsas(answer), lsas);
    if (!taken) return taken.error();
    stubs_ = std::move(lsas.hosts);
    std::sort(stubs_.begin(), stubs_.end());
    return {};
  }
  std::string question(const IpAddress& vip) const override {
    return wire::vty::show_ospf(wire::vty::ospf_external(vip), vrf_);
  }
  Result<model::Reach> read(const IpAddress& vip, std::string_view answer) const override {
    auto lsas = wire::vty::parse_ospf_lsas(answer);
    if (!lsas) return fail("ospfd: " + lsas.error().what);
    std::erase_if(lsas->hosts, [&](const HostLsa& lsa) { return lsa.host != vip; });
    const auto stubs = those_for(stubs_, vip);
    lsas->hosts.insert(lsas->hosts.end(), stubs.begin(), stubs.end());
    return judge(daemon(), lsas->hosts, lsas->router_id, around_, missing_);
  }

 private:
  template <class T>
  static Result<void> take(Result<T> read, T& into) {
    if (!read) return fail("ospfd: " + read.error().what);
    into = std::move(*read);
    return {};
  }

  std::string vrf_;
  std::vector<std::string> questions_;
  std::string missing_;
  Adjacencies around_;
  std::vector<HostLsa> stubs_;  ///< sorted
};

class Ospf6dView final : public DaemonView {
 public:
  Ospf6dView(const model::FrrConfig& config, const std::string& vrf)
      : missing_(missing_route_cause(config, vrf)) {
    for (const auto what : {wire::vty::kOspf6Process, wire::vty::kOspf6Neighbours,
                            wire::vty::kOspf6BorderRouters, wire::vty::kOspf6Externals}) {
      questions_.push_back(wire::vty::show_ospf6(what, vrf));
    }
    if (config.announcer == model::Announcer::zapi) return;
    questions_.push_back(wire::vty::show_ospf6(wire::vty::kOspf6IntraPrefixes, vrf));
  }

  std::string_view daemon() const override { return "ospf6d"; }
  std::span<const std::string> common_questions() const override { return questions_; }
  Result<void> read_common(std::size_t question, std::string_view answer) override {
    switch (question) {
      case 0:
        if (answer.find_first_not_of(" \r\n") == std::string_view::npos) {
          return fail("ospf6d runs without `router ospf6`");
        }
        return take(wire::vty::parse_ospf6_router_id(answer), own_id_);
      case 1:
        return take(wire::vty::parse_ospf6_neighbours(answer), around_.neighbours);
      case 2:
        return take(wire::vty::parse_ospf6_border_routers(answer), around_.reachable);
      case 3:
        lsas_.clear();
        return add_lsas(answer);
      case 4:
        return add_lsas(answer);
    }
    __builtin_unreachable();
  }
  std::string question(const IpAddress&) const override { return {}; }
  Result<model::Reach> read(const IpAddress& vip, std::string_view) const override {
    return judge(daemon(), those_for(lsas_, vip), own_id_, around_, missing_);
  }

 private:
  template <class T>
  static Result<void> take(Result<T> read, T& into) {
    if (!read) return fail("ospf6d: " + read.error().what);
    into = std::move(*read);
    return {};
  }

  Result<void> add_lsas(std::string_view answer) {
    const auto lsas = wire::vty::parse_ospf6_lsas(answer);
    if (!lsas) return fail("ospf6d: " + lsas.error().what);
    lsas_.insert(lsas_.end(), lsas->begin(), lsas->end());
    std::sort(lsas_.begin(), lsas_.end());
    return {};
  }

  std::vector<std::string> questions_;
  std::string missing_;
  IpAddress own_id_;
  Adjacencies around_;
  std::vector<HostLsa> lsas_;  ///< sorted
};

}  // namespace

std::unique_ptr<DaemonView> make_ospfd_view(const model::FrrConfig& config,
                                            const std::string& vrf) {
  return std::make_unique<OspfdView>(config, vrf);
}

std::unique_ptr<DaemonView> make_ospf6d_view(const model::FrrConfig& config,
                                             const std::string& vrf) {
  return std::make_unique<Ospf6dView>(config, vrf);
}

}  // namespace vipherd::frr
