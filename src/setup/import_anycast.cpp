// anycast_healthchecker's conf.d: INI files, as its README describes them.
#include <map>
#include <sstream>

#include "config/toml_text.hpp"
#include "setup/import_words.hpp"
#include "vipherd/setup/import.hpp"

namespace vipherd::setup {
namespace {

using Section = std::map<std::string, std::string>;

/// Its own, where neither the section nor [DEFAULT] says otherwise.
const Section& built_in() {
  static const Section kDefaults{{"check_interval", "10"},
                                 {"check_timeout", "2"},
                                 {"check_rise", "2"},
                                 {"check_fail", "2"},
                                 {"check_disabled", "true"}};
  return kDefaults;
}

/// Sections in the order of the file.
std::vector<std::pair<std::string, Section>> sections_of(const std::string& text) {
  std::vector<std::pair<std::string, Section>> sections;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::string content = trimmed(line);
    if (content.empty() || content.starts_with("#") || content.starts_with(";")) continue;
    if (content.starts_with("[")) {
      sections.emplace_back(content.substr(1, content.find(']') - 1), Section{});
      continue;
    }
    const auto split = content.find_first_of("=:");
    if (sections.empty() || split == content.npos) continue;
    sections.back().second[trimmed(content.substr(0, split))] = trimmed(content.substr(split + 1));
  }
  return sections;
}

bool is_true(const std::string& value) {
  return value == "true" || value == "yes" || value == "on" || value == "1";
}

void take_key(const std::string& key, const std::string& value, DraftService& service,
              DraftCheck& check) {
  if (key == "check_interval") {
    add_seconds(check, "interval", value);
  } else if (key == "check_timeout") {
    add_seconds(check, "timeout", value);
  } else if (key == "check_rise") {
    add_number(check, "rise", value);
  } else if (key == "check_fail") {
    add_number(check, "fall", value);
  } else if (key == "check_disabled") {
    if (is_true(value)) service.keys.push_back({"enabled", "false", "check_disabled = " + value});
  } else if (key == "ip_prefix") {
    if (const auto vip = host_of(value)) {
      service.vips.push_back(*vip);
    } else {
      service.remarks.push_back("no equivalent: ip_prefix = " + value +
                                ": only single addresses are announced");
    }
  } else if (key == "on_disabled" || key == "on_disable") {
    if (value != "withdraw") {
      service.remarks.push_back(
          "no equivalent: " + key + " = " + value +
          ": what is disabled is withdrawn. on_all_down = \"hold\" keeps the last node");
    }
  } else if (key == "interface" && value != "lo") {
    service.remarks.push_back("no equivalent: interface = " + value +
                              ": a VIP is a local route, on no interface");
  } else if (key != "check_cmd" && key != "interface" && key != "ip_check_disabled") {
    service.remarks.push_back("no equivalent: " + key + " = " + value);
  }
}

}  // namespace

void import_anycast_healthchecker(const ImportSource& source, Draft& draft) {
  Section defaults = built_in();
  for (const auto& [name, section] : sections_of(source.text)) {
    if (name == "daemon") continue;
    if (name == "DEFAULT") {
      for (const auto& [key, value] : section) defaults[key] = value;
      continue;
    }
    Section whole = section;
    whole.insert(defaults.begin(), defaults.end());
    DraftService service{.name = free_name(draft.services, name)};
    DraftCheck check = command_check(whole["check_cmd"]);
    for (const auto& [key, value] : whole) take_key(key, value, service, check);
    service.checks.push_back(std::move(check));
    draft.services.push_back(std::move(service));
  }
}

}  // namespace vipherd::setup
