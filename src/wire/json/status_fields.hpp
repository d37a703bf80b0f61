// The fields of a status in the order of its JSON: one list for the writer and the reader. Each
// calls `visit(key, member)` for every field.
#pragma once

#include <concepts>
#include <type_traits>

#include "vipherd/model/status.hpp"

namespace vipherd::wire {

/// A T for the reader, a const T for the writer.
template <class Given, class T>
concept Maybe = std::same_as<std::remove_const_t<Given>, T>;

template <class T>
inline constexpr bool kIsCondition = false;
template <class State>
inline constexpr bool kIsCondition<model::Condition<State>> = true;
template <class Given>
concept MaybeCondition = kIsCondition<std::remove_const_t<Given>>;

void fields(auto& visit, MaybeCondition auto& condition) {
  visit("state", condition.state);
  visit("since", condition.since);
  visit("why", condition.reason);
}

void fields(auto& visit, Maybe<model::CheckStatus::Last> auto& last) {
  visit("pass", last.pass);
  visit("reason", last.reason);
  visit("latency_ms", last.latency);
  visit("at", last.at);
  visit("warning", last.warning);
}

void fields(auto& visit, Maybe<model::CheckStatus::Recent> auto& recent) {
  visit("pass", recent.pass);
  visit("latency_ms", recent.latency);
}

void fields(auto& visit, Maybe<model::CheckStatus> auto& check) {
  visit("name", check.name);
  visit("type", check.type);
  visit("advisory", check.advisory);
  visit("weight", check.weight);
  visit("verdict", check.health);
  visit("passes", check.passes);
  visit("fails", check.fails);
  visit("last", check.last);
  visit.unless_empty("recent", check.recent);
}

void fields(auto& visit, Maybe<model::WatchStatus> auto& watch) {
  visit("kind", watch.kind);
  visit("check", watch.check);
  visit("target", watch.target);
  visit("state", watch.state);
}

void fields(auto& visit, Maybe<model::DampingStatus> auto& damping) {
  visit("penalty", damping.penalty);
  visit("held", damping.held);
  visit("hold_left_ms", damping.hold_left);
}

void fields(auto& visit, Maybe<model::ServiceStatus> auto& service) {
  visit("name", service.name);
  visit("enabled", service.enabled);
  visit("disabled_by", service.disabled_by);
  visit("verdict", service.health);
  visit("weight", service.weight);
  visit("operator_weight", service.operator_weight);
  visit("health", service.health_percent);
  visit("damping", service.damping);
  visit("watches", service.watches);
  visit("vips", service.vips);
  visit("checks", service.checks);
}

/// What a daemon says of a VIP: null where it is not known, and then `problem` says why.
struct DaemonFields {
  std::string daemon{};
  WallTime seen_at{};
  std::optional<bool> originated{};
  std::optional<std::vector<std::string>> neighbours{};
  std::optional<std::uint32_t> others{};
  std::string problem{};
};

inline DaemonFields fields_of(const model::ReachStatus& seen) {
  const model::Reach* reach = seen.value();
  if (reach == nullptr) return {seen.source(), seen.at(), {}, {}, {}, seen.why_unknown()};
  return {seen.source(),     seen.at(),     reach->originated,
          reach->neighbours, reach->others, reach->problem};
}

inline model::ReachStatus reach_of(DaemonFields from) {
  if (!from.originated) return {from.daemon, from.seen_at, fail(from.problem)};
  return {from.daemon, from.seen_at,
          model::Reach{*from.originated, from.neighbours.value_or(std::vector<std::string>{}),
                       from.others, from.problem}};
}

void fields(auto& visit, Maybe<DaemonFields> auto& daemon) {
  visit("daemon", daemon.daemon);
  visit("seen_at", daemon.seen_at);
  visit("originated", daemon.originated);
  visit("neighbours", daemon.neighbours);
  visit("others", daemon.others);
  visit("problem", daemon.problem);
}

void fields(auto& visit, Maybe<model::DrainStatus> auto& drain) {
  visit("step", drain.step);
  visit("connections", drain.connections);
}

void fields(auto& visit, Maybe<model::VipStatus> auto& vip) {
  visit("vip", vip.vip);
  visit("service", vip.service);
  visit("wanted", vip.wanted);
  visit("attached", vip.attached);
  visit("announced", vip.announced);
  visit("tag", vip.tag);
  visit("metric", vip.metric);
  visit("held", vip.held);
  visit("drain", vip.drain);
  visit("reach", vip.reach);
  visit("reach_alarm", vip.reach_alarm);
  visit("daemons", vip.daemons);
}

void fields(auto& visit, Maybe<model::Problem> auto& problem) {
  visit("severity", problem.severity);
  visit("text", problem.text);
  visit("service", problem.service);
}

void fields(auto& visit, Maybe<model::SiblingStatus> auto& sibling) {
  visit("address", sibling.address);
  visit("state", sibling.state);
  visit("round_trip_ms", sibling.round_trip);
  visit("passed_on", sibling.passed_on);
  visit("forwarded", sibling.forwarded);
  visit("accepted", sibling.accepted);
  visit("unowned", sibling.unowned);
  visit("dropped", sibling.dropped);
  visit("connections_passed_on", sibling.connections_passed_on);
  visit("connections_accepted", sibling.connections_accepted);
  visit("connections_unowned", sibling.connections_unowned);
}

void fields(auto& visit, Maybe<model::RelayStatus> auto& relay) {
  visit("state", relay.state);
  visit("own", relay.own);
  visit("interfaces", relay.interfaces);
  visit("vips", relay.vips);
  visit("too_big", relay.too_big);
  visit("rate_limited", relay.rate_limited);
  visit("untouched", relay.untouched);
  visit("strangers", relay.strangers);
  visit("rejected_heartbeats", relay.rejected_heartbeats);
  visit("siblings", relay.siblings);
}

void fields(auto& visit, Maybe<model::Status> auto& status) {
  visit("node", status.node);
  visit("version", status.version);
  visit("now", status.now);
  visit("agent", status.agent);
  visit("zebra", status.zebra);
  visit("config", status.config);
  visit("announcer", status.announcer);
  visit("drained", status.drained);
  visit("operator_weight", status.operator_weight);
  visit("instructions", status.instructions);
  visit("last_reaction_ms", status.last_reaction);
  visit("services", status.services);
  visit("vips", status.vips);
  visit("relay", status.relay);
  visit("problems", status.problems);
}

}  // namespace vipherd::wire
