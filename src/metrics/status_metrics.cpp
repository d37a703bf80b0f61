#include "metrics/status_metrics.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "metrics/samples.hpp"
#include "vipherd/model/health.hpp"

namespace vipherd::metrics {
namespace {

using namespace model;
using Families = std::vector<prometheus::MetricFamily>;

constexpr double kPerCent = 100;

double seconds(WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

void add_node(const Status& status, const Health& health, Families& families) {
  families.push_back(Samples("vipherd_build_info", "Which version runs")
                         .add(1, {{"version", status.version}})
                         .take());
  families.push_back(
      Samples("vipherd_node_info", "What the node calls itself, and how it announces")
          .add(1, {{"node", status.node}, {"announcer", std::string(to_string(status.announcer))}})
          .take());
  families.push_back(
      Samples("vipherd_healthy", "What /health says: 1 unless it answers 503; drained is healthy")
          .add(health.state != HealthState::unhealthy)
          .take());
  families.push_back(
      Samples("vipherd_drained", "1 if something was drained or disabled by an operator")
          .add(health.state == HealthState::drained)
          .take());
  const auto count = [&](Severity severity) {
    return static_cast<double>(std::ranges::count(health.problems, severity, &Problem::severity));
  };
  families.push_back(Samples("vipherd_problems", "What status lists as problems, and as notices")
                         .add(count(Severity::problem), {{"severity", "problem"}})
                         .add(count(Severity::notice), {{"severity", "notice"}})
                         .take());
  families.push_back(Samples("vipherd_zebra_connected", "1 while FRR can be told what to announce")
                         .add(status.zebra.state == ZebraConnection::connected)
                         .take());
  families.push_back(Samples("vipherd_config_applied",
                             "0 if the last reload was rejected; what was there is in force")
                         .add(status.config.state == ConfigState::applied)
                         .take());
  families.push_back(Samples("vipherd_config_last_reload_timestamp_seconds",
                             "When the configuration was last applied or rejected")
                         .add(seconds(status.config.since))
                         .take());
}

void add_checks(const Status& status, Families& families) {
  Samples up("vipherd_check_up", "1 if the check is up, 0 if it is down or undecided");
  Samples decided("vipherd_check_decided", "0 until the first result of a check");
  Samples advisory("vipherd_check_advisory", "1 if the check is shown only, and decides nothing");
  for (const ServiceStatus& service : status.services) {
    for (const CheckStatus& check : service.checks) {
      const std::initializer_list<LabelPair> labels{
          {"service", service.name}, {"check", check.name}, {"type", check.type}};
      up.add(check.health.state == CheckHealth::up, labels);
      decided.add(check.health.state != CheckHealth::undecided, labels);
      advisory.add(check.advisory, labels);
    }
  }
  for (Samples* samples : {&up, &decided, &advisory}) families.push_back(samples->take());
}

void add_services(const Status& status, Families& families) {
  std::map<std::string_view, bool> all_drained;
  for (const VipStatus& vip : status.vips) {
    const bool drained = vip.drain.has_value();
    const auto [entry, first] = all_drained.try_emplace(vip.service, drained);
    if (!first) entry->second = entry->second && drained;
  }
  Samples up("vipherd_service_up", "1 if the service's checks say so, drained or not");
  Samples enabled("vipherd_service_enabled", "0 if it is disabled, on purpose");
  Samples drained("vipherd_service_drained", "1 if all of its VIPs are drained, on purpose");
  Samples held("vipherd_service_held_down", "1 while it is held down because it flapped");
  Samples health("vipherd_service_health_ratio", "How much of its checks' weight is up");
  Samples weight("vipherd_service_weight_ratio", "What routers are told of its weight");
  for (const ServiceStatus& service : status.services) {
    const std::initializer_list<LabelPair> labels{{"service", service.name}};
    up.add(service.health.state == ServiceHealth::up, labels);
    enabled.add(service.enabled, labels);
    drained.add(all_drained[service.name], labels);
    held.add(service.damping && service.damping->held, labels);
    if (service.health_percent) health.add(*service.health_percent / kPerCent, labels);
    weight.add(service.weight / kPerCent, labels);
  }
  for (Samples* samples : {&up, &enabled, &drained, &held, &health, &weight}) {
    families.push_back(samples->take());
  }
}

void add_vips(const Status& status, Families& families) {
  Samples wanted("vipherd_vip_wanted", "1 if the VIP is to be announced now");
  Samples attached("vipherd_vip_attached", "1 if the kernel takes packets to the VIP");
  Samples announced("vipherd_vip_announced", "1 if FRR has selected the VIP's route");
  Samples drained("vipherd_vip_drained", "1 if it is drained, on purpose");
  Samples held("vipherd_vip_held",
               "1 if it is announced although its service is down (on_all_down)");
  Samples alarm(
      "vipherd_vip_reach_alarm",
      "1 if it is announced and not advertised to all, or withdrawn and still advertised");
  Samples neighbours("vipherd_vip_neighbors",
                     "How many neighbors the daemon advertises the VIP to");
  for (const VipStatus& vip : status.vips) {
    const std::initializer_list<LabelPair> labels{{"service", vip.service}, {"vip", vip.vip}};
    wanted.add(vip.wanted, labels);
    attached.add(
        vip.attached.state == AttachStep::attached || vip.attached.state == AttachStep::foreign,
        labels);
    announced.add(vip.announced.state == RouteStep::announced, labels);
    drained.add(vip.drain.has_value(), labels);
    held.add(vip.held, labels);
    alarm.add(vip.reach_alarm, labels);
    for (const ReachStatus& seen : vip.daemons) {
      if (seen.value() == nullptr) continue;  // unknown is not 0
      neighbours.add(static_cast<double>(seen.value()->neighbours.size()),
                     {{"service", vip.service}, {"vip", vip.vip}, {"daemon", seen.source()}});
    }
  }
  for (Samples* samples : {&wanted, &attached, &announced, &drained, &held, &alarm, &neighbours}) {
    families.push_back(samples->take());
  }
}

void add_siblings(const RelayStatus& relay, Families& families) {
  Samples up("vipherd_relay_sibling_up", "1 if the sibling and this node hear each other");
  Samples round_trip("vipherd_relay_sibling_round_trip_seconds", "Of the newest heartbeat");
  Samples packets =
      Samples::of_counts("vipherd_relay_sibling_packets_total",
                         "Packets to the sibling (passed_on, forwarded) and from it (the others)");
  Samples connections = Samples::of_counts("vipherd_relay_sibling_connections_total",
                                           "Connections of which these packets are, each once");
  for (const SiblingStatus& sibling : relay.siblings) {
    up.add(sibling.state.state == SiblingState::alive, {{"sibling", sibling.address}});
    if (sibling.round_trip) {
      round_trip.add(std::chrono::duration<double>(*sibling.round_trip).count(),
                     {{"sibling", sibling.address}});
    }
    const auto count = [&](Samples& counted, std::string_view what, std::uint64_t number) {
      counted.add(static_cast<double>(number), {{"sibling", sibling.address}, {"what", what}});
    };
    count(packets, "passed_on", sibling.passed_on);
    count(packets, "forwarded", sibling.forwarded);
    count(packets, "accepted", sibling.accepted);
    count(packets, "unowned", sibling.unowned);
    count(packets, "dropped", sibling.dropped);
    count(connections, "passed_on", sibling.connections_passed_on);
    count(connections, "accepted", sibling.connections_accepted);
    count(connections, "unowned", sibling.connections_unowned);
  }
  for (Samples* samples : {&up, &round_trip, &packets, &connections})
    families.push_back(samples->take());
}

/// Nothing where no relay is configured.
void add_relay(const Status& status, Families& families) {
  if (!status.relay) return;
  families.push_back(
      Samples("vipherd_relay_working", "1 while packets of other nodes' connections are passed on")
          .add(status.relay->state.state == RelayState::working)
          .take());
  Samples packets = Samples::of_counts("vipherd_relay_packets_total",
                                       "Packets that could not be passed on, or were dropped");
  const auto count = [&](std::string_view what, std::uint64_t number) {
    packets.add(static_cast<double>(number), {{"what", what}});
  };
  count("too_big", status.relay->too_big);
  count("rate_limited", status.relay->rate_limited);
  count("untouched", status.relay->untouched);
  count("strangers", status.relay->strangers);
  families.push_back(packets.take());
  families.push_back(Samples::of_counts("vipherd_relay_rejected_heartbeats_total",
                                        "Heartbeats that were malformed, old or not authentic")
                         .add(static_cast<double>(status.relay->rejected_heartbeats))
                         .take());
  add_siblings(*status.relay, families);
}

}  // namespace

std::vector<prometheus::MetricFamily> status_metrics(const Status& status) {
  Families families;
  add_node(status, evaluate(status), families);
  add_services(status, families);
  add_checks(status, families);
  add_vips(status, families);
  add_relay(status, families);
  return families;
}

}  // namespace vipherd::metrics
