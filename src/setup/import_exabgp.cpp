// ExaBGP's healthcheck: src/exabgp/application/healthcheck.py of ExaBGP 4 and 5.
#include <algorithm>
#include <map>
#include <sstream>

#include "config/toml_text.hpp"
#include "setup/import_words.hpp"
#include "vipherd/setup/import.hpp"

namespace vipherd::setup {
namespace {

struct Option {
  std::string name;
  std::string value;
};

const std::map<std::string, std::string>& short_options() {
  static const std::map<std::string, std::string> kLong{
      {"-n", "name"},          {"-F", "config"},  {"-p", "pid"},     {"-i", "interval"},
      {"-f", "fast-interval"}, {"-t", "timeout"}, {"-c", "command"}, {"-N", "next-hop"},
      {"-d", "debug"},         {"-s", "silent"}};
  return kLong;
}

/// Those after which no value stands.
bool is_flag(const std::string& name) {
  for (const auto flag :
       {"silent", "no-syslog", "debug", "no-ack", "sudo", "deaggregate-networks", "no-ip-setup",
        "dynamic-ip-setup", "label-exact-match", "withdraw-on-down", "debounce"}) {
    if (name == flag) return true;
  }
  return false;
}

/// Of a command line, behind the word "healthcheck".
std::vector<Option> options_of_command(const Texts& words) {
  std::vector<Option> options;
  for (std::size_t at = 0; at < words.size(); ++at) {
    const auto known = short_options().find(words[at]);
    std::string name = known != short_options().end() ? known->second : words[at];
    if (name.starts_with("--")) name = name.substr(2);
    const auto equals = name.find('=');
    if (equals != name.npos) {
      options.push_back({name.substr(0, equals), name.substr(equals + 1)});
    } else if (!is_flag(name) && at + 1 < words.size()) {
      options.push_back({name, words[++at]});
    } else {
      options.push_back({name, ""});
    }
  }
  return options;
}

/// Of a file for --config: "name = value" a line.
std::vector<Option> options_of_file(const std::string& text) {
  std::vector<Option> options;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::string content = trimmed(line);
    if (content.empty() || content.starts_with("#")) continue;
    const auto equals = content.find('=');
    options.push_back({trimmed(content.substr(0, equals)),
                       equals == content.npos ? "" : trimmed(content.substr(equals + 1))});
  }
  return options;
}

void add_vip(DraftService& service, const std::string& value) {
  if (const auto vip = host_of(value)) {
    service.vips.push_back(*vip);
  } else {
    service.remarks.push_back("no equivalent: --ip " + value +
                              ": only single addresses are announced");
  }
}

DraftCheck disable_check(const std::string& path) {
  return {.name = "disabled",
          .keys = {{"type", "\"file\""},
                   {"path", config::toml_value(std::string_view(path))},
                   {"state", "\"absent\""}},
          .remarks = {"--disable"}};
}

/// Options about the check; false if it is none of them.
bool take_check_option(const Option& option, DraftCheck& check) {
  if (option.name == "interval" || option.name == "timeout") {
    add_seconds(check, option.name, option.value);
  } else if (option.name == "fast-interval") {
    add_seconds(check, "fast_interval", option.value);
  } else if (option.name == "rise" || option.name == "fall") {
    add_number(check, option.name, option.value);
  } else {
    return false;
  }
  return true;
}

/// ExaBGP's own, which are not vipherd's.
std::vector<Option> with_defaults(std::vector<Option> options) {
  for (const Option& usual : {Option{"interval", "5"}, Option{"fast-interval", "1"},
                              Option{"timeout", "5"}, Option{"rise", "3"}, Option{"fall", "3"}}) {
    const auto given = [&](const Option& each) { return each.name == usual.name; };
    if (std::ranges::none_of(options, given)) options.push_back(usual);
  }
  return options;
}

/// What vipherd does anyway, or what is only about ExaBGP's own process.
bool is_without_meaning(const std::string& name) {
  for (const auto known :
       {"silent", "no-syslog", "syslog-facility", "debug", "no-ack", "sudo", "pid", "debounce",
        "withdraw-on-down", "dynamic-ip-setup", "label", "label-exact-match", "neighbor",
        "next-hop", "path-id", "name", "command", "cmd"}) {
    if (name == known) return true;
  }
  return false;
}

std::string what_instead(const std::string& name) {
  if (name.ends_with("execute")) return "a program is told by vipherd-notify@.service";
  if (name.ends_with("community") || name.ends_with("as-path") || name == "local-preference") {
    return "FRR's route-map VIPHERD sets it, or `announce` with frr.announcer = \"vty\"";
  }
  if (name.ends_with("metric") || name == "increase") {
    return "`metric` of the service or of a VIP becomes the MED";
  }
  if (name == "user" || name == "group") return "`user` of the check";
  if (name == "no-ip-setup")
    return "vipherd makes VIPs local itself; attach = \"always\" leaves them there";
  if (name == "config") return "import that file, too";
  return "see docs/configuration.md";
}

void take_over(const std::vector<Option>& options, const std::string& name, Draft& draft) {
  std::string command;
  std::string wanted = name;
  for (const Option& option : options) {
    if (option.name == "command" || option.name == "cmd") command = option.value;
    if (option.name == "name") wanted = option.value;
  }
  DraftService service{.name = free_name(draft.services, wanted)};
  DraftCheck check = command_check(command);
  std::vector<DraftCheck> more;
  for (const Option& option : with_defaults(options)) {
    if (option.name == "ip") {
      add_vip(service, option.value);
    } else if (option.name == "disable") {
      more.push_back(disable_check(option.value));
    } else if (!take_check_option(option, check) && !is_without_meaning(option.name)) {
      const std::string value = option.value.empty() ? "" : " " + option.value;
      service.remarks.push_back("no equivalent: --" + option.name + value + ": " +
                                what_instead(option.name));
    }
  }
  if (service.vips.empty()) {
    service.remarks.push_back(
        "Without --ip these were the addresses on lo (those of --label): write them here.");
  }
  service.checks.push_back(std::move(check));
  for (DraftCheck& each : more) service.checks.push_back(std::move(each));
  draft.services.push_back(std::move(service));
}

/// The file's name without folder and ending.
std::string stem(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return name.substr(0, name.find('.'));
}

}  // namespace

void import_exabgp(const ImportSource& source, Draft& draft) {
  bool found = false;
  std::string process;
  std::istringstream lines(source.text);
  for (std::string line; std::getline(lines, line);) {
    Texts words = words_of(line);
    if (words.empty() || words[0].starts_with("#")) continue;
    if (words[0] == "process" && words.size() > 1) process = words[1];
    if (words[0] != "run") continue;
    std::size_t begin = 1;
    while (begin < words.size() && words[begin].find("healthcheck") == words[begin].npos) ++begin;
    if (begin >= words.size()) continue;
    if (words.back().ends_with(";")) words.back().pop_back();
    if (words.back().empty()) words.pop_back();
    take_over(
        options_of_command({words.begin() + static_cast<std::ptrdiff_t>(begin) + 1, words.end()}),
        process, draft);
    found = true;
  }
  if (!found) take_over(options_of_file(source.text), stem(source.path), draft);
}

}  // namespace vipherd::setup
