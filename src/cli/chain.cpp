#include "cli/chain.hpp"

#include <algorithm>
#include <string_view>

#include "cli/text.hpp"
#include "vipherd/base/join.hpp"

namespace vipherd::cli {
namespace {

using namespace model;

template <class T, class Member>
const T* find(const std::vector<T>& all, const std::string& name, Member member) {
  const auto found = std::ranges::find(all, name, member);
  return found == all.end() ? nullptr : &*found;
}

using ConditionInWords = Condition<std::string>;

template <class State>
ConditionInWords in_words(const Condition<State>& fact) {
  return {std::string(to_string(fact.state)), fact.since, fact.reason};
}

LinkState holds_if(bool holds) { return holds ? LinkState::holds : LinkState::broken; }

void add_checks(Chain& chain, const ServiceStatus& service) {
  for (const CheckStatus& check : service.checks) {
    // An advisory check breaks nothing; neither does one that `needs` can do without.
    const bool matters = !check.advisory && service.health.state != ServiceHealth::up;
    ConditionInWords fact = in_words(check.health);
    if (check.advisory) fact.state += " (advisory)";
    const LinkState state = check.health.state == CheckHealth::up ? LinkState::holds
                            : matters                             ? LinkState::broken
                                                                  : LinkState::waits;
    chain.links.push_back({"check " + service.name + "/" + check.name, state, std::move(fact)});
  }
}

void add_service(Chain& chain, const ServiceStatus& service, const VipStatus& vip) {
  add_checks(chain, service);
  const bool wanted = service.health.state == ServiceHealth::up || vip.held;
  chain.links.push_back({"service " + service.name, holds_if(wanted), in_words(service.health)});
  if (vip.held) {
    chain.links.push_back({"policy", LinkState::holds, {"held", {}, vip.announced.reason}});
  }
}

void add_drain_link(Chain& chain, const VipStatus& vip) {
  if (!vip.drain) return;
  ConditionInWords fact = in_words(vip.drain->step);
  if (vip.drain->connections) {
    fact.reason += "; connections left: " + std::to_string(*vip.drain->connections);
  }
  chain.links.push_back({"drain", LinkState::broken, std::move(fact)});
}

Link link_of(const ReachStatus& daemon) {
  const Reach* reach = daemon.value();
  if (reach == nullptr) {
    return {
        daemon.source(), LinkState::unknown, {"unknown", {}, daemon.why_unknown()}, daemon.at()};
  }
  const bool advertised = reach->problem.empty();
  ConditionInWords fact;
  fact.state = advertised ? "advertised" : "not advertised";
  fact.reason = advertised ? "to " + join(reach->neighbours) : reach->problem;
  if (reach->others) {
    fact.reason += "; announced by " + std::to_string(*reach->others) + " other node" +
                   (*reach->others == 1 ? "" : "s");
  }
  return {daemon.source(), holds_if(advertised), std::move(fact), daemon.at()};
}

void add_daemons(Chain& chain, const VipStatus& vip) {
  for (const ReachStatus& daemon : vip.daemons) {
    chain.links.push_back(link_of(daemon));
  }
  if (vip.daemons.empty()) {
    chain.links.push_back({"neighbours", LinkState::waits, {"not asked yet", {}, ""}});
  }
}

bool is_ipv6(std::string_view address) { return address.find(':') != std::string_view::npos; }

/// Siblings of the VIP's family are the ones that count. It breaks nothing: the VIP is advertised
/// without it as well.
void add_relay(Chain& chain, const Status& status, bool local) {
  if (!status.relay) return;
  const RelayStatus& relay = *status.relay;
  const bool works = relay.state.state == RelayState::working;
  ConditionInWords fact = in_words(relay.state);
  if (works && local) {
    std::size_t all = 0;
    std::size_t alive = 0;
    for (const SiblingStatus& sibling : relay.siblings) {
      if (is_ipv6(sibling.address) != is_ipv6(chain.vip)) continue;
      ++all;
      alive += sibling.state.state == SiblingState::alive ? 1 : 0;
    }
    fact.reason = std::to_string(alive) + " of " + std::to_string(all) +
                  " siblings alive: what they have of its connections is passed on to them";
  }
  chain.links.push_back({"relay", works ? LinkState::holds : LinkState::waits, std::move(fact)});
}

/// What comes after a broken link hangs on it.
void settle(Chain& chain) {
  bool broken = false;
  bool unknown = false;
  for (Link& link : chain.links) {
    if (broken && link.state != LinkState::holds) link.state = LinkState::waits;
    broken = broken || link.state == LinkState::broken;
    unknown = unknown || link.state == LinkState::unknown;
  }
  chain.whole = !broken && !unknown && !chain.links.empty();
}

std::string mark_of(LinkState state) {
  switch (state) {
    case LinkState::holds:
      return "ok";
    case LinkState::broken:
      return "BROKEN";
    case LinkState::unknown:
      return "?";
    case LinkState::waits:
      return "-";
  }
  return "";
}

}  // namespace

std::string conclusion_of(const Chain& chain) {
  const auto broken = std::ranges::find(chain.links, LinkState::broken, &Link::state);
  if (broken != chain.links.end()) return "stops at " + printable(broken->name);
  const auto unknown = std::ranges::find(chain.links, LinkState::unknown, &Link::state);
  if (unknown != chain.links.end()) return "not known at " + printable(unknown->name);
  return "path complete";
}

Chain chain_of(const Status& status, const std::string& address) {
  Chain chain;
  chain.vip = address;
  const VipStatus* vip = find(status.vips, address, &VipStatus::vip);
  const ServiceStatus* service =
      vip == nullptr ? nullptr : find(status.services, vip->service, &ServiceStatus::name);
  if (service == nullptr) {
    chain.links.push_back(
        {"configuration", LinkState::broken, {"missing", {}, "it is a VIP of no service"}});
    settle(chain);
    return chain;
  }
  chain.links.push_back({"configuration",
                         LinkState::holds,
                         {"configured", status.config.since, "a VIP of service " + service->name}});
  add_service(chain, *service, *vip);
  add_drain_link(chain, *vip);
  const bool local =
      vip->attached.state == AttachStep::attached || vip->attached.state == AttachStep::foreign;
  chain.links.push_back({"local on this node", holds_if(local), in_words(vip->attached)});
  chain.links.push_back(
      {"FRR", holds_if(status.zebra.state == ZebraConnection::connected), in_words(status.zebra)});
  chain.links.push_back({"route in zebra", holds_if(vip->announced.state == RouteStep::announced),
                         in_words(vip->announced)});
  add_daemons(chain, *vip);
  add_relay(chain, status, local);
  settle(chain);
  return chain;
}

std::string render(const Chain& chain, const Status& status) {
  std::vector<Row> rows{{"", "LINK", "STATE", "FOR", "SEEN", "WHY"}};
  for (const Link& link : chain.links) {
    const std::string seen = link.seen == WallTime{} ? "-" : age(link.seen, status.now) + " ago";
    rows.push_back({mark_of(link.state), printable(link.name), printable(link.fact.state),
                    age(link.fact.since, status.now), seen, printable(link.fact.reason)});
  }
  return chain.vip + " on " + printable(status.node) + ": " + conclusion_of(chain) + "\n" +
         align(rows);
}

}  // namespace vipherd::cli
