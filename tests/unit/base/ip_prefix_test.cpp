#include "vipherd/base/ip_prefix.hpp"

#include <gtest/gtest.h>

namespace vipherd {
namespace {

TEST(IpAddress, ReadsAndWritesBothFamilies) {
  for (const char* text : {"10.10.10.10", "0.0.0.0", "2001:db8:10::10", "::"}) {
    EXPECT_EQ(IpAddress::parse(text).value().to_string(), text);
  }
  EXPECT_EQ(IpAddress::parse("2001:DB8:0::1").value().to_string(), "2001:db8::1");
}

TEST(IpAddress, RefusesEverythingElse) {
  for (const char* text :
       {"", "10.10.10", "10.10.10.256", "10.10.10.10/32", "[::1]", "fe80::1%lo"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

TEST(IpAddress, FamiliesNeverCompareEqual) {
  EXPECT_NE(IpAddress::parse("0.0.0.0").value(), IpAddress::parse("::").value());
}

TEST(IpPrefix, AnAddressAloneIsAHostRoute) {
  EXPECT_TRUE(IpPrefix::parse("10.10.10.10").value().is_host_route());
  EXPECT_TRUE(IpPrefix::parse("2001:db8::1/128").value().is_host_route());
  EXPECT_FALSE(IpPrefix::parse("10.10.10.0/31").value().is_host_route());
}

TEST(IpPrefix, ContainsWhatSharesItsBits) {
  const IpPrefix pool = IpPrefix::parse("10.10.8.0/22").value();
  EXPECT_TRUE(pool.contains(IpAddress::parse("10.10.8.0").value()));
  EXPECT_TRUE(pool.contains(IpAddress::parse("10.10.11.255").value()));
  EXPECT_FALSE(pool.contains(IpAddress::parse("10.10.12.0").value()));
  EXPECT_FALSE(pool.contains(IpAddress::parse("::").value()));
  EXPECT_TRUE(IpPrefix::parse("::/0").value().contains(IpAddress::parse("ff02::1").value()));
}

TEST(IpPrefix, RefusesBadLengthsAndHostBits) {
  for (const char* text :
       {"10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x", "::/129", "x/8"}) {
    EXPECT_FALSE(IpPrefix::parse(text)) << text;
  }
  EXPECT_EQ(IpPrefix::parse("10.10.10.1/24").error().what,
            "prefix \"10.10.10.1/24\" has bits set after its length");
}

TEST(IpAddress, AMappedAddressIsTheIpv4OneToASocket) {
  const auto unmapped = [](const char* text) {
    return IpAddress::parse(text).value().unmapped().to_string();
  };
  EXPECT_EQ(unmapped("::ffff:10.10.10.10"), "10.10.10.10");
  EXPECT_EQ(unmapped("::ffff:a0a:a0a"), "10.10.10.10");
  for (const char* other : {"10.10.10.10", "2001:db8::1", "::a0a:a0a", "::ffff:0:a0a:a0a"}) {
    EXPECT_EQ(unmapped(other), IpAddress::parse(other).value().to_string());
  }
}

}  // namespace
}  // namespace vipherd
