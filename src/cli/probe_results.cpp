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

Row row_of(const ProbeResult& result) {
  if (result.check.empty()) return {result.service, "-", "-", "no check runs"};
  const std::string name =
      result.service + "/" + result.check + (result.advisory ? " (advisory)" : "");
  if (!result.last) return {name, "-", "-", "no result yet"};
  std::string why = result.last->reason;
  if (!result.last->warning.empty()) why += "; WARNING: " + result.last->warning;
  return {name, result.last->pass ? "pass" : "FAIL", format_duration(result.last->latency), why};
}

}  // namespace

ProbeResults probe_results(const model::Status& status, std::span<const std::string> services,
                           WallTime since) {
  ProbeResults found;
  for (const model::ServiceStatus& service : status.services) {
    if (std::ranges::find(services, service.name) == services.end()) continue;
    if (service.checks.empty()) found.results.push_back({service.name, "", false, {}});
    for (const model::CheckStatus& check : service.checks) {
      const bool answered = is_new(check, since);
      found.complete = found.complete && answered;
      found.passed = found.passed && answered && check.last->pass;
      found.results.push_back(
          {service.name, check.name, check.advisory, answered ? check.last : std::nullopt});
    }
  }
  return found;
}

std::string render(const ProbeResults& results) {
  std::vector<Row> rows{{"CHECK", "RESULT", "IN", "WHY"}};
  for (const ProbeResult& result : results.results) rows.push_back(row_of(result));
  return align(rows);
}

}  // namespace vipherd::cli
