#include "vipherd/model/status.hpp"

#include <set>

namespace vipherd::model {

Health judge(const Status& status) {
  Health health;
  std::set<std::string, std::less<>> up;
  for (const ServiceStatus& service : status.services) {
    if (!service.enabled) continue;
    if (service.verdict.state == "up") {
      up.insert(service.name);
      continue;
    }
    health.problems.push_back("service " + service.name + " is " + service.verdict.state + ": " +
                              service.verdict.why);
  }
  for (const VipStatus& vip : status.vips) {
    // Of a service that is down there is nothing more to say.
    if (!up.contains(vip.service)) continue;
    if (vip.drain) {
      health.problems.push_back("VIP " + vip.vip + " is drained: " + vip.drain->step.why);
      continue;
    }
    if (vip.reach_alarm && vip.reach.state == "unreached") {
      health.problems.push_back("VIP " + vip.vip + " reaches no neighbour: " + vip.reach.why);
      continue;
    }
    if (vip.announced.state == "announced") continue;
    health.problems.push_back("VIP " + vip.vip + " is " + vip.announced.state + ": " +
                              vip.announced.why);
  }
  if (status.agent.state != "running") {
    health.problems.push_back("agent is " + status.agent.state + ": " + status.agent.why);
  }
  health.healthy = health.problems.empty();
  return health;
}

}  // namespace vipherd::model
