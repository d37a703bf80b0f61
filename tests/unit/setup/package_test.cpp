// The Debian package: one version everywhere, and a configuration that announces nothing.
#include <gmock/gmock.h>

#include <regex>

#include "unit/setup/golden.hpp"
#include "vipherd/config/load.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd::setup {
namespace {

/// What the first match of the pattern's group is.
std::string first(const std::string& name, const std::string& pattern) {
  const std::string text = read_source(name);
  std::smatch match;
  return std::regex_search(text, match, std::regex(pattern)) ? match[1].str() : "";
}

TEST(Package, HasOneVersion) {
  EXPECT_EQ(first("debian/changelog", "^vipherd \\(([^)]*)\\)"), VIPHERD_VERSION);
  EXPECT_EQ(first("CHANGELOG.md", "\n## ([0-9.]+)"), VIPHERD_VERSION);
}

TEST(Package, AnnouncesNothingAsInstalled) {
  const std::vector<config::Source> sources{{"vipherd.toml", read_source("debian/vipherd.toml")}};
  const config::Loaded loaded = config::parse(sources, probe::check_schemas(), "lb1");
  ASSERT_TRUE(loaded.config.has_value());
  EXPECT_FALSE(loaded.config->services.empty());
  for (const model::ServiceConfig& service : loaded.config->services)
    EXPECT_FALSE(service.enabled) << service.name;
}

}  // namespace
}  // namespace vipherd::setup
