#include <algorithm>

#include "vipherd/base/printable.hpp"
#include "vipherd/doctor/report.hpp"

namespace vipherd::doctor {
namespace {

std::string heading(const Finding& finding) {
  const bool unknown = finding.certainty == Certainty::cannot_tell;
  std::string text = unknown                                       ? "CANNOT TELL"
                     : finding.rule->severity == Severity::problem ? "PROBLEM"
                                                                   : "NOTICE";
  text += "  " + std::string(finding.rule->id);
  if (finding.certainty == Certainty::likely) text += " (likely)";
  return text;
}

std::string line_of(std::string_view label, std::string_view value) {
  return "  " + std::string(label) + "  " + printable(value) + "\n";
}

std::string described(const Finding& finding) {
  std::string text = heading(finding) + "\n";
  const bool unknown = finding.certainty == Certainty::cannot_tell;
  text += line_of(unknown ? "why " : "seen", finding.seen);
  text += line_of(unknown ? "what" : "why ", finding.rule->why);
  text += line_of("cure", finding.rule->cure);
  for (const auto& [key, value] : finding.sysctls) {
    std::string setting = key;
    text += line_of("    ", setting.append(" = ").append(value));
  }
  for (const std::string& command : finding.commands) text += line_of("    ", command);
  return text;
}

std::string number(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace

std::string render_text(const Report& report) {
  std::string text = printable(report.host) + ", a " + std::string(to_string(report.role)) + ": " +
                     number(report.problems(), "problem") + ", " +
                     number(report.notices(), "notice");
  if (report.unknown() > 0) text += ", and " + std::to_string(report.unknown()) + " not known";
  text += "\n";
  // What an operator has to act upon comes first.
  const auto rank = [](const Finding& finding) {
    if (finding.certainty == Certainty::cannot_tell) return 1;
    return finding.rule->severity == Severity::problem ? 0 : 2;
  };
  std::vector<const Finding*> ordered;
  for (const Finding& finding : report.findings) ordered.push_back(&finding);
  std::ranges::stable_sort(ordered, {}, [&](const Finding* one) { return rank(*one); });
  for (const Finding* finding : ordered) text += "\n" + described(*finding);
  return text;
}

}  // namespace vipherd::doctor
