// The answers of /health and /health/SERVICE at one moment, written out once and given as often as
// they are asked for.
#pragma once

#include <map>
#include <string>

#include "vipherd/api/server.hpp"
#include "vipherd/model/health.hpp"
#include "vipherd/model/status.hpp"

namespace vipherd::agent {

class HealthAnswers {
 public:
  HealthAnswers() = default;
  explicit HealthAnswers(const model::Status& status);

  /// 200 or 503; 404 if there is no such service. An empty name is the node's.
  api::Response answer(const std::string& service, const model::Strictness& strictness) const;

 private:
  struct Answer {
    std::string body;
    model::Health health;
  };
  std::map<std::string, Answer, std::less<>> answers_;  ///< by service
};

}  // namespace vipherd::agent
