#include "agent/health_answers.hpp"

#include <utility>
#include <vector>

#include "agent/command_answers.hpp"
#include "vipherd/wire/json/status.hpp"

namespace vipherd::agent {

HealthAnswers::HealthAnswers(const model::Status& status) {
  model::HealthReport report = model::report_health(status);
  const auto answer_of = [&](const model::ServiceScope& scope, model::Health health) {
    std::string body = wire::encode_health(status.node, scope, health);
    return Answer{std::move(body), std::move(health)};
  };
  node_ = answer_of(model::scope::Node{}, std::move(report.node));
  for (auto& [service, health] : report.services) {
    services_.emplace(service, answer_of(model::scope::Service{service}, std::move(health)));
  }
}

api::Response HealthAnswers::give(const Answer& answer, const model::Strictness& strictness) {
  const bool failure = model::is_failure(answer.health, strictness);
  return {failure ? 503U : 200U, "application/json", answer.body};
}

api::Response HealthAnswers::answer(const model::ServiceScope& scope,
                                    const model::Strictness& strictness) const {
  const auto* service = std::get_if<model::scope::Service>(&scope);
  if (service == nullptr) return give(node_, strictness);
  const auto found = services_.find(service->name);
  if (found != services_.end()) return give(found->second, strictness);
  std::vector<std::string> names;
  for (const auto& [name, answer] : services_) names.push_back(name);
  return no_such_service(service->name, names);
}

}  // namespace vipherd::agent
