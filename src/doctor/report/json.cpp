#include <nlohmann/json.hpp>

#include "vipherd/doctor/report.hpp"

namespace vipherd::doctor {

std::string render_json(const Report& report) {
  using OrderedJson = nlohmann::ordered_json;
  OrderedJson findings = OrderedJson::array();
  for (const Finding& finding : report.findings) {
    OrderedJson sysctls = OrderedJson::object();
    for (const auto& [key, value] : finding.sysctls) sysctls[key] = value;
    findings.push_back({{"id", finding.rule->id},
                        {"severity", to_string(finding.rule->severity)},
                        {"certainty", to_string(finding.certainty)},
                        {"seen", finding.seen},
                        {"why", finding.rule->why},
                        {"cure", finding.rule->cure},
                        {"sysctls", sysctls},
                        {"commands", finding.commands}});
  }
  const OrderedJson document{{"host", report.host},           {"role", to_string(report.role)},
                             {"problems", report.problems()}, {"notices", report.notices()},
                             {"unknown", report.unknown()},   {"findings", findings}};
  // Names of interfaces and files may be no UTF-8.
  return document.dump(1, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

}  // namespace vipherd::doctor
