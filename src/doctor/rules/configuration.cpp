// vipherd's own configuration.
#include <array>

#include "doctor/rules/findings.hpp"

namespace vipherd::doctor {
namespace {

constexpr Rule kInvalid{"configuration-invalid", Severity::problem, Roles::node,
                        "An agent does not start with it, and one that runs stays with what it "
                        "read before. What depends on "
                        "VIPs and checks was not looked at.",
                        "vipherd check-config lists all of it."};

constexpr std::array kConfigurationRules{&kInvalid};

}  // namespace

const Topic kConfigurationTopic{"Configuration", kConfigurationRules};

void look_at_configuration(const Facts& facts, Findings& found) {
  if (facts.config_errors.empty()) return;
  std::string seen = facts.config_errors.front();
  if (facts.config_errors.size() > 1) {
    seen += " (and " + std::to_string(facts.config_errors.size() - 1) + " more)";
  }
  found.add(kInvalid, std::move(seen));
}

}  // namespace vipherd::doctor
