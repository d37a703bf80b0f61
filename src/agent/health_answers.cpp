#include "agent/health_answers.hpp"

#include <utility>
#include <vector>

#include "agent/requests.hpp"
#include "vipherd/wire/status_json.hpp"

namespace vipherd::agent {

HealthAnswers::HealthAnswers(const model::Status& status) {
  model::HealthReport report = model::report_health(status);
  const auto add = [&](const std::string& service, model::Health health) {
    std::string body = wire::encode_health(status.node, service, health);
    answers_.emplace(service, Answer{std::move(body), std::move(health)});
  };
  add("", std::move(report.node));
  for (auto& [service, health] : report.services) add(service, std::move(health));
}

api::Response HealthAnswers::answer(const std::string& service,
                                    const model::Strictness& strictness) const {
  const auto found = answers_.find(service);
  if (found != answers_.end()) {
    const bool failure = model::is_failure(found->second.health, strictness);
    return {failure ? 503U : 200U, "application/json", found->second.body};
  }
  std::vector<std::string> names;
  for (const auto& [name, answer] : answers_) {
    if (!name.empty()) names.push_back(name);
  }
  return no_such_service(service, names);
}

}  // namespace vipherd::agent
