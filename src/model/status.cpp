#include "vipherd/model/status.hpp"

#include <map>

namespace vipherd::model {

Health judge(const Status& status) {
  Health health;
  std::map<std::string, bool, std::less<>> enabled;
  for (const ServiceStatus& service : status.services) {
    enabled[service.name] = service.enabled;
    if (!service.enabled || service.verdict.state == "up") continue;
    health.problems.push_back("service " + service.name + " is " + service.verdict.state + ": " +
                              service.verdict.why);
  }
  for (const VipStatus& vip : status.vips) {
    const auto service = enabled.find(vip.service);
    if (service == enabled.end() || !service->second) continue;
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
