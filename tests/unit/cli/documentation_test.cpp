// docs/configuration.md says what the code does: every key is there, and no other one; its
// examples are sound; what the example file comments out as defaults are the defaults.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include "config/keys.hpp"
#include "vipherd/config/load.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd {
namespace {

std::string read(const std::string& name) {
  const char* source = std::getenv("VIPHERD_SOURCE");
  std::ifstream file(std::string(source ? source : ".") + "/" + name);
  EXPECT_TRUE(file.is_open()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The keys in the tables under each heading.
std::map<std::string, std::set<std::string>> documented_keys() {
  static const std::regex kRow("\\| `([a-z_]+)` \\|.*");
  static const std::regex kHeading("##+ `(.*)`");
  std::map<std::string, std::set<std::string>> keys;
  std::istringstream text(read("docs/configuration.md"));
  std::string heading;
  for (std::string line; std::getline(text, line);) {
    std::smatch match;
    if (line.starts_with("#"))
      heading = std::regex_match(line, match, kHeading) ? match[1].str() : "";
    if (!heading.empty() && std::regex_match(line, match, kRow)) keys[heading].insert(match[1]);
  }
  return keys;
}

std::map<std::string, std::set<std::string>> known_keys() {
  std::map<std::string, std::set<std::string>> keys;
  for (const config::keys::Section& section : config::keys::kSections) {
    auto& names = keys[std::string(section.title)];
    for (const std::string_view key : section.keys) names.emplace(key);
  }
  for (const model::CheckSchema& schema : probe::check_schemas()) {
    auto& names = keys["type = \"" + std::string(schema.type) + "\""];
    for (const model::SettingSpec& spec : schema.settings) names.emplace(spec.name);
  }
  return keys;
}

TEST(Documentation, HasEveryKeyAndNoOther) { EXPECT_EQ(documented_keys(), known_keys()); }

config::Loaded parse(const std::string& text) {
  const std::vector<config::Source> sources{{"text", text}};
  config::Loaded loaded = config::parse(sources, probe::check_schemas(), "lb1");
  for (const config::Fault& fault : loaded.faults) ADD_FAILURE() << config::to_string(fault);
  return loaded;
}

TEST(Documentation, HasSoundExamples) {
  const std::string text = read("docs/configuration.md");
  int examples = 0;
  const std::string fence = "```toml\n";
  for (auto at = text.find(fence); at != text.npos; at = text.find(fence, at)) {
    at += fence.size();
    parse(text.substr(at, text.find("```", at) - at));
    ++examples;
  }
  EXPECT_GE(examples, 1);
}

TEST(ExampleConfiguration, CommentsOutTheDefaults) {
  static const std::regex kDefault("^# ([a-z_]+ = )");
  std::istringstream text(read("deploy/vipherd.toml"));
  std::string plain;
  std::string uncommented;
  int defaults = 0;
  for (std::string line; std::getline(text, line);) {
    plain += line + "\n";
    defaults += std::regex_search(line, kDefault) ? 1 : 0;
    uncommented += std::regex_replace(line, kDefault, "$1") + "\n";
  }
  EXPECT_GE(defaults, 10);
  const auto as_is = parse(plain).config;
  ASSERT_TRUE(as_is.has_value());
  EXPECT_EQ(parse(uncommented).config, as_is);
}

}  // namespace
}  // namespace vipherd
