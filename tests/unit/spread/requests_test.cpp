#include "vipherd/spread/requests.hpp"

#include <gmock/gmock.h>

#include "spread/http_requests.hpp"

namespace vipherd::spread {
namespace {

TEST(SpreadTarget, IsAUrlOrANameAtAServer) {
  EXPECT_EQ(parse_target("http://10.10.10.10/").value().url, "http://10.10.10.10/");
  const Target dns = parse_target("dns:node.example.com@10.10.10.53").value();
  EXPECT_EQ(dns.url, "");
  EXPECT_EQ(dns.name, "node.example.com");
  EXPECT_EQ(dns.server.to_string(), "10.10.10.53:53");
  EXPECT_EQ(parse_target("dns:a@2001:db8::53").value().server.to_string(), "[2001:db8::53]:53");
  EXPECT_EQ(parse_target("dns:a@[2001:db8::53]:5353").value().server.port, 5353);
  for (const char* bad :
       {"", "10.10.10.10", "ftp://x/", "dns:", "dns:a", "dns:@10.0.0.1", "dns:a@b",
        "dns:a@10.0.0.1:0", "dns:a..b@10.0.0.1", "file:///etc/passwd"}) {
    EXPECT_TRUE(parse_target(bad).has_error()) << bad;
  }
}

TEST(SpreadName, IsTheFirstLine) {
  EXPECT_EQ(name_in(" lb1 \r\nmore"), "lb1");
  EXPECT_EQ(name_in("\n\nlb1"), "lb1");
  EXPECT_EQ(name_in(""), "");
  EXPECT_EQ(name_in(" \n "), "");
  EXPECT_LE(name_in(std::string(1000, 'x')).size(), 100u);
}

TEST(SpreadRound, TellsWhyNobodyAnswers) {
  Options options;
  options.requests = 120;
  options.target = parse_target("http://127.0.0.1:1/").value();
  const Tally http = count(send_round(options).value());
  EXPECT_EQ(http.failed, 120u);
  EXPECT_EQ(http.errors.size(), 1u);
  options.target = parse_target("dns:node.example.com@127.0.0.1:1").value();
  const Tally dns = count(send_round(options).value());
  EXPECT_EQ(dns.errors, (std::map<std::string, std::size_t>{{"Connection refused", 120}}));
}

TEST(SpreadRound, RefusesWhatCannotBeSent) {
  Options options;
  options.target = parse_target("http://127.0.0.1:1/").value();
  options.body = "(";
  EXPECT_TRUE(send_round(options).has_error());
  options.target = parse_target("dns:a@127.0.0.1:1").value();
  options.from = IpAddress::parse("::1").value();
  EXPECT_TRUE(send_round(options).has_error());
}

}  // namespace
}  // namespace vipherd::spread
