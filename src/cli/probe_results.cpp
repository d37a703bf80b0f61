#include "cli/probe_results.hpp"

#include <algorithm>
#include <chrono>

#include "cli/text.hpp"

namespace vipherd::cli {
namespace {

/// Times in JSON are cut off to milliseconds.
constexpr auto kRounding = std::chrono::milliseconds(1);

bool is_new(const model::CheckStatus& check, WallTime since) {
  return check.last && check.last->at - check.last->latency + kRounding >= since;
}

Row row_of(const std::string& service, const model::CheckStatus& check, bool answered) {
  const std::string name = service + "/" + check.name + (check.advisory ? " (advisory)" : "");
  if (!answered) return {name, "-", "-", "no result yet"};
  std::string why = check.last->reason;
  if (!check.last->warning.empty()) why += "; WARNING: " + check.last->warning;
  return {name, check.last->pass ? "pass" : "FAIL", format_duration(check.last->latency), why};
}

}  // namespace

ProbeResults probe_results(const model::Status& status, std::span<const std::string> services,
                           WallTime since) {
  ProbeResults results;
  std::vector<Row> rows{{"CHECK", "RESULT", "IN", "WHY"}};
  for (const model::ServiceStatus& service : status.services) {
    if (std::ranges::find(services, service.name) == services.end()) continue;
    if (service.checks.empty()) rows.push_back({service.name, "-", "-", "no check runs"});
    for (const model::CheckStatus& check : service.checks) {
      const bool answered = is_new(check, since);
      results.complete = results.complete && answered;
      results.passed = results.passed && answered && check.last->pass;
      rows.push_back(row_of(service.name, check, answered));
    }
  }
  results.table = align(rows);
  return results;
}

}  // namespace vipherd::cli
