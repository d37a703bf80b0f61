// The answers of /health and /health/SERVICE at one moment, written out once and given as often as
// they are asked for.
#pragma once

#include <map>
#include <string>

#include "vipherd/api/request.hpp"
#include "vipherd/model/health.hpp"
#include "vipherd/model/scope.hpp"
#include "vipherd/model/status.hpp"

namespace vipherd::agent {

class HealthAnswers {
 public:
  HealthAnswers() = default;
  explicit HealthAnswers(const model::Status& status);

  /// 200 or 503; 404 if there is no such service.
  api::Response answer(const model::ServiceScope& scope, const model::Strictness& strictness) const;

 private:
  struct Answer {
    std::string body;
    model::Health health;
  };
  static api::Response give(const Answer& answer, const model::Strictness& strictness);
  Answer node_;
  std::map<std::string, Answer, std::less<>> services_;
};

}  // namespace vipherd::agent
