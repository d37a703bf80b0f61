// The AD flag of a real validating resolver.
#include "unit/kernel/net_namespace.hpp"
#include "unit/probe/dns/unbound.hpp"
#include "unit/probe/probe_fixture.hpp"

namespace vipherd::probe::dns {
namespace {

class DnsAuthenticatedTest : public testing::ProbeTest {};

TEST_F(DnsAuthenticatedTest, TheResolverValidates) {
  const kernel::testing::NetNamespace network;
  const test::TemporaryDirectory folder;
  const testing::Unbound unbound(folder);
  const auto ask = [&](const std::string& name, bool authenticated) {
    return run("dns",
               {{"server", unbound.address()},
                {"name", name},
                {"record", "A"},
                {"recursion_desired", true},
                {"expect_authenticated", authenticated}},
               std::chrono::seconds(20));
  };
  const auto valid = ask("www.signed.example", true);
  EXPECT_TRUE(valid.pass);
  EXPECT_EQ(valid.reason, "NOERROR, 1 A record");
  // Of a zone that is not signed.
  EXPECT_TRUE(ask("www.example.com", false).pass);
  const auto unsigned_zone = ask("www.example.com", true);
  EXPECT_FALSE(unsigned_zone.pass);
  EXPECT_EQ(unsigned_zone.reason, "the answer is not authenticated by DNSSEC (no AD flag)");
  const auto forged = ask("www.forged.example", true);
  EXPECT_FALSE(forged.pass);
  EXPECT_EQ(forged.reason, "rcode SERVFAIL, expected NOERROR");
}

}  // namespace
}  // namespace vipherd::probe::dns
