// docs/configuration.md says what the code does: every key is there, and no other one; its
// examples are sound; what the example file comments out as defaults are the defaults; the man page
// has the options of each subcommand.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include "config/tables/all_tables.hpp"
#include "unit/cli/run_command.hpp"
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
  for (const config::TableText& table : config::all_tables()) {
    for (const config::KeyText& key : table.keys) keys[table.title].insert(key.key);
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
  for (const config::ConfigError& error : loaded.errors) ADD_FAILURE() << config::to_string(error);
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

TEST(ExampleConfiguration, NamesEveryKey) {
  const std::string text = read("deploy/vipherd.toml");
  for (const config::TableText& table : config::all_tables()) {
    for (const config::KeyText& key : table.keys) {
      EXPECT_TRUE(std::regex_search(text, std::regex("\\b" + key.key + "\\b")))
          << table.title << " " << key.key;
    }
  }
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

// ---- the man page

std::set<std::string> all_matches(const std::string& text, const std::regex& pattern) {
  std::set<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
    found.insert((*match)[1]);
  }
  return found;
}

/// Subcommand -> the options that its help tells of.
std::map<std::string, std::set<std::string>> helped_options() {
  static const std::regex kOption("(?:^|[\\s,])--([a-z-]+)");
  std::map<std::string, std::set<std::string>> options;
  std::istringstream help(cli::run({"--help"}).out);
  bool listed = false;
  for (std::string line; std::getline(help, line);) {
    if (line.starts_with("Subcommands")) {
      listed = true;
    } else if (listed && line.starts_with("  ")) {
      const std::string name = line.substr(2, line.find(' ', 2) - 2);
      if (name.empty()) continue;
      const std::string text = cli::run({name, "--help"}).out;
      // What follows the list of options is prose.
      const std::size_t list = text.find("Options:");
      EXPECT_NE(list, text.npos) << name;
      options[name] = all_matches(text.substr(list, text.find("\n\n", list) - list), kOption);
      options[name].erase("help");
    } else if (listed && !line.empty()) {
      break;
    }
  }
  return options;
}

/// Subcommand -> the options in its synopsis.
std::map<std::string, std::set<std::string>> manual_options(const std::string& page) {
  static const std::regex kOption("Fl Fl ([a-z-]+)");
  std::map<std::string, std::set<std::string>> options;
  const std::size_t begin = page.find(".Sh SYNOPSIS");
  std::istringstream synopsis(page.substr(begin, page.find(".Sh DESCRIPTION") - begin));
  std::set<std::string> names;
  for (std::string line; std::getline(synopsis, line);) {
    if (line == ".Nm") names.clear();
    if (line.starts_with(".Cm ")) {
      std::istringstream words(line.substr(4));
      for (std::string word; words >> word;) {
        if (word != "|") names.insert(word);
      }
      for (const std::string& name : names) options[name];
    }
    for (const std::string& option : all_matches(line, kOption)) {
      for (const std::string& name : names) options[name].insert(option);
    }
  }
  return options;
}

TEST(ManPage, ItsSynopsisHasTheOptionsOfEachSubcommand) {
  EXPECT_EQ(manual_options(read("docs/man/vipherd.8")), helped_options());
}

TEST(ManPage, ExplainsEveryOptionAndEverySignal) {
  const std::string page = read("docs/man/vipherd.8");
  std::string explained = page.substr(page.find(".Sh DESCRIPTION"));
  for (const auto& [name, options] : helped_options()) {
    for (const std::string& option : options) {
      EXPECT_THAT(explained, testing::HasSubstr("\n.It Fl Fl " + option)) << name;
    }
  }
  for (const auto signal : {"SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGUSR2"}) {
    EXPECT_THAT(explained, testing::HasSubstr(signal));
    EXPECT_THAT(read("docs/operations.md"), testing::HasSubstr(signal));
  }
}

TEST(ManPage, ExplainsNoOptionThatThereIsNot) {
  std::set<std::string> known{"help", "version"};
  for (const auto& [name, options] : helped_options()) known.insert(options.begin(), options.end());
  const std::string page = read("docs/man/vipherd.8");
  for (const std::string& option : all_matches(page, std::regex("\n\\.It Fl Fl ([a-z-]+)"))) {
    EXPECT_TRUE(known.contains(option)) << option;
  }
  for (const auto& [name, options] : helped_options()) {
    EXPECT_THAT(page, testing::ContainsRegex("\n\\.It Cm .*" + name)) << "is not described";
  }
}

// ---- the README

TEST(Readme, NamesTheLibrariesThatAreLinked) {
  static const std::regex kFound("(?:find_package|pkg_check_modules)\\((\\w+) ");
  static const std::map<std::string, std::string> kNames{
      {"Boost", "Boost"},     {"CURL", "libcurl"},  {"nlohmann_json", "nlohmann/json"},
      {"CLI11", "CLI11"},     {"spdlog", "spdlog"}, {"systemd", "libsystemd"},
      {"ldns", "ldns"},       {"re2", "RE2"},       {"tomlplusplus", "toml++"},
      {"OpenSSL", "OpenSSL"}, {"libmnl", "libmnl"}};
  const std::string readme = read("README.md");
  for (const std::string& library : all_matches(read("CMakeLists.txt"), kFound)) {
    if (library == "Threads" || library == "PkgConfig") continue;
    const auto name = kNames.find(library);
    ASSERT_NE(name, kNames.end()) << library << ": name it here and in the README";
    EXPECT_THAT(readme, testing::HasSubstr(name->second));
  }
}

}  // namespace
}  // namespace vipherd
