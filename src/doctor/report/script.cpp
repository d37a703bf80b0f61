#include <map>

#include "vipherd/base/printable.hpp"
#include "vipherd/doctor/report.hpp"

namespace vipherd::doctor {
namespace {

constexpr const char* kSettingsFile = "/etc/sysctl.d/61-vipherd-doctor.conf";

/// What others wrote stays within the comment.
std::string comment(const std::string& text) { return "# " + printable(text) + "\n"; }

std::string assignment(const std::string& key, const std::string& value) {
  return key + " = " + value;
}

bool is_fixable(const Finding& finding) {
  return finding.certainty != Certainty::cannot_tell &&
         !(finding.commands.empty() && finding.sysctls.empty());
}

}  // namespace

std::string render_script(const Report& report) {
  std::string text = "#!/bin/sh\n";
  text += comment("What `vipherd doctor` would do on " + report.host + ", a " +
                  std::string(to_string(report.role)) + ". Read it before you run it as root.");
  std::map<std::string, std::string> settings;
  for (const Finding& finding : report.findings) {
    text += "\n" + comment(std::string(finding.rule->id) + " (" +
                           std::string(to_string(finding.certainty)) + "): " + finding.seen);
    if (!is_fixable(finding)) {
      text += comment("by hand: " + std::string(finding.rule->cure));
      continue;
    }
    for (const auto& [key, value] : finding.sysctls) {
      text += "# " + assignment(key, value) + ", with the settings at the end\n";
      settings[key] = value;
    }
    for (const std::string& command : finding.commands) text += command + "\n";
  }
  if (settings.empty()) return text;
  text += "\n# Kernel settings: now, and at each boot.\n";
  text += "cat >>" + std::string(kSettingsFile) + " <<'END'\n";
  for (const auto& [key, value] : settings) text += assignment(key, value) + "\n";
  text += "END\nsysctl -p " + std::string(kSettingsFile) + "\n";
  return text;
}

}  // namespace vipherd::doctor
