// deploy/examples/dns: what vipherd and NSD say of the files that are to be copied.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "vipherd/config/load.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd {
namespace {

std::string path(const std::string& name) {
  const char* source = std::getenv("VIPHERD_SOURCE");
  return std::string(source ? source : ".") + "/deploy/examples/dns/" + name;
}

std::string read(const std::string& name) {
  std::ifstream file(path(name));
  EXPECT_TRUE(file.is_open()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(DnsExample, VipherdAcceptsIt) {
  const std::vector<config::Source> sources{{"vipherd.toml", read("vipherd.toml")}};
  const config::Loaded loaded = config::parse(sources, probe::check_schemas(), "lb1");
  for (const config::ConfigError& error : loaded.errors) ADD_FAILURE() << config::to_string(error);
  ASSERT_TRUE(loaded.config.has_value());
  // NSD listens on each VIP.
  const std::string nsd = read("nsd.conf");
  ASSERT_EQ(loaded.config->services.size(), 1u);
  for (const IpAddress& vip : loaded.config->services[0].vips) {
    EXPECT_THAT(nsd, ::testing::HasSubstr("    ip-address: " + vip.to_string() + "\n"));
  }
}

TEST(DnsExample, NsdAcceptsIt) {
  EXPECT_EQ(std::system(("nsd-checkconf " + path("nsd.conf")).c_str()), 0);
  const std::string zone = "nsd-checkzone example.com " + path("example.com.zone") + " >/dev/null";
  EXPECT_EQ(std::system(zone.c_str()), 0);
}

}  // namespace
}  // namespace vipherd
