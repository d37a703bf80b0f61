// Kind `dns` against the real NSD.
#include <sys/resource.h>
#include <unistd.h>

#include "probe/dns/settings.hpp"
#include "unit/kernel/net_namespace.hpp"
#include "unit/probe/dns/nsd.hpp"
#include "unit/probe/probe_fixture.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd::probe::dns {
namespace {

using model::Failure;
using model::ProbeResult;
using model::Settings;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Texts = std::vector<std::string>;

struct World {
  kernel::testing::NetNamespace network;
  test::TemporaryDirectory folder;
  testing::Nsd nsd{folder};
};

/// One NSD for all tests.
class DnsProbeTest : public testing::ProbeTest {
 protected:
  static void SetUpTestSuite() { world = std::make_unique<World>(); }
  static void TearDownTestSuite() { world.reset(); }

  ProbeResult ask(const std::string& name, const std::string& record, Settings more = {},
                  Duration timeout = seconds(10)) {
    more.insert({{"server", testing::Nsd::address()}, {"name", name}, {"record", record}});
    return run("dns", std::move(more), timeout);
  }
  void expect_pass(const ProbeResult& result, const std::string& reason) {
    EXPECT_TRUE(result.pass);
    EXPECT_EQ(result.reason, reason);
  }
  void expect_failure(const ProbeResult& result, const std::string& reason) {
    EXPECT_FALSE(result.pass);
    EXPECT_EQ(result.reason, reason);
    EXPECT_EQ(result.failure, Failure::failed);
  }

  static inline std::unique_ptr<World> world;
};

TEST_F(DnsProbeTest, AsksForTheZonesSoaByDefault) {
  expect_pass(run("dns", {{"server", testing::Nsd::address()}, {"name", "example.com"}}),
              "NOERROR, 1 SOA record");
}

TEST_F(DnsProbeTest, AsksOverIpv6) {
  expect_pass(ask("example.com.", "NS", {{"server", testing::Nsd::address6()}}),
              "NOERROR, 2 NS records");
}

TEST_F(DnsProbeTest, FindsEachExpectedRecord) {
  const std::vector<std::tuple<std::string, std::string, Texts>> cases{
      {"www.example.com", "A", {"192.0.2.2"}},
      {"www.example.com", "a", {"192.0.2.2", "192.0.2.1"}},
      {"WWW.example.COM.", "AAAA", {"2001:db8::1"}},
      {"www.example.com", "AAAA", {"2001:0DB8:0::0001"}},
      {"example.com", "NS", {"ns1.example.com", "NS2.example.com."}},
      {"example.com", "MX", {"10 mail.example.com."}},
      {"example.com",
       "SOA",
       {"ns1.example.com. hostmaster.example.com. 2024050601 3600 600 86400 300"}},
      {"alias.example.com", "CNAME", {"www.example.com"}},
      {"alias.example.com", "A", {"192.0.2.1"}},
      {"twice.example.com", "A", {"192.0.2.1"}},
      {"1.example.com", "PTR", {"www.example.com"}},
      {"node.example.com", "TXT", {"lb1"}},
      {"node.example.com", "TXT", {"\"lb1\""}},
      {"text.example.com", "TXT", {"two strings"}},
      {"text.example.com", "TXT", {R"("two " "strings")"}},
      {"ns1.example.com", "TYPE1", {"192.0.2.53"}}};
  for (const auto& [name, record, expected] : cases) {
    const ProbeResult result = ask(name, record, {{"expect_answer", expected}});
    EXPECT_TRUE(result.pass) << name << " " << record << ": " << result.reason;
  }
}

TEST_F(DnsProbeTest, SaysWhatTheRecordsAreInstead) {
  expect_failure(ask("www.example.com", "A", {{"expect_answer", Texts{"192.0.2.1", "192.0.2.3"}}}),
                 "A of www.example.com is 192.0.2.1 and 192.0.2.2, expected 192.0.2.3");
  expect_failure(ask("node.example.com", "TXT", {{"expect_answer", Texts{"lb2"}}}),
                 "TXT of node.example.com is \"lb1\", expected \"lb2\"");
  expect_failure(ask("text.example.com", "TXT", {{"expect_answer", Texts{"\"two strings\""}}}),
                 "TXT of text.example.com is \"two \" \"strings\", expected \"two strings\"");
}

TEST_F(DnsProbeTest, ExpectsARecord) {
  // NOERROR, but nothing of that type.
  expect_failure(ask("www.example.com", "MX"), "no MX record of www.example.com in the answer");
  // The alias leads to where this server knows nothing.
  expect_failure(ask("outside.example.com", "A"),
                 "no A record of outside.example.com in the answer");
  // A referral to another server.
  expect_failure(ask("www.sub.example.com", "A"),
                 "no A record of www.sub.example.com in the answer");
}

TEST_F(DnsProbeTest, ComparesTheResponseCode) {
  expect_failure(ask("absent.example.com", "A"), "rcode NXDOMAIN, expected NOERROR");
  expect_failure(ask("www.example.net", "A"), "rcode REFUSED, expected NOERROR");
  expect_failure(ask("absent.example", "SOA"), "rcode SERVFAIL, expected NOERROR");
  expect_failure(ask("www.example.com", "A", {{"expect_rcode", "NXDOMAIN"}}),
                 "rcode NOERROR, expected NXDOMAIN");
  expect_pass(ask("absent.example.com", "A", {{"expect_rcode", "nxdomain"}}), "rcode NXDOMAIN");
  expect_pass(ask("www.example.net", "A", {{"expect_rcode", "REFUSED"}}), "rcode REFUSED");
}

TEST_F(DnsProbeTest, ComparesTheFlags) {
  expect_pass(ask("example.com", "SOA", {{"expect_authoritative", true}}), "NOERROR, 1 SOA record");
  expect_failure(
      ask("www.example.net", "A", {{"expect_authoritative", true}, {"expect_rcode", "REFUSED"}}),
      "the answer is not authoritative (no AA flag)");
  expect_failure(ask("example.com", "SOA", {{"expect_authenticated", true}}),
                 "the answer is not authenticated by DNSSEC (no AD flag)");
}

TEST_F(DnsProbeTest, TurnsToTcpWhenTruncated) {
  const std::string twenty = "20 " + std::string(100, 'x');
  for (const std::string transport : {"auto", "tcp"}) {
    expect_pass(
        ask("big.example.com", "TXT", {{"transport", transport}, {"expect_answer", Texts{twenty}}}),
        "NOERROR, 40 TXT records");
  }
  expect_failure(ask("big.example.com", "TXT", {{"transport", "udp"}}),
                 "the answer over UDP is truncated");
  expect_pass(ask("www.example.com", "A", {{"transport", "udp"}}), "NOERROR, 2 A records");
}

TEST_F(DnsProbeTest, ShortensWhatIsLong) {
  const std::string ten = std::string(60 - 4, 'x') + "...";
  const ProbeResult result = ask("big.example.com", "TXT", {{"expect_answer", Texts{"absent"}}});
  expect_failure(result, "TXT of big.example.com is \"1 " + std::string(57, 'x') + "..., \"10 " +
                             ten + ", \"11 " + ten + " and 37 more, expected \"absent\"");
}

TEST_F(DnsProbeTest, AHangingServerIsLate) {
  world->nsd.hang();
  expect_failure(ask("example.com", "SOA", {}, milliseconds(100)),
                 "no answer of 127.0.0.1:53 within 100 ms");
  // The kernel still accepts connections.
  expect_failure(ask("example.com", "SOA", {{"transport", "tcp"}}, milliseconds(100)),
                 "no answer of 127.0.0.1:53 over TCP within 100 ms");
  world->nsd.go_on();
  EXPECT_TRUE(ask("example.com", "SOA").pass);
}

TEST_F(DnsProbeTest, RefusedIsSaid) {
  for (const std::string transport : {"udp", "tcp"}) {
    for (const std::string server : {"127.0.0.1:5300", "[::1]:5300"}) {
      const ProbeResult result =
          ask("example.com", "SOA", {{"server", server}, {"transport", transport}});
      EXPECT_FALSE(result.pass);
      EXPECT_EQ(result.reason, "connect to " + server + " refused");
      EXPECT_EQ(result.failure, Failure::refused);
    }
  }
}

TEST_F(DnsProbeTest, UnreachableIsSaid) {
  // There is no route in the network of the test.
  const ProbeResult result = ask("example.com", "SOA", {{"server", "192.0.2.1:53"}});
  expect_failure(result, "cannot connect to 192.0.2.1:53: Network is unreachable");
}

TEST_F(DnsProbeTest, WithoutADescriptorItCannotRun) {
  // Whatever the loop itself needs is there after a first probe.
  ASSERT_TRUE(ask("example.com", "SOA", {}).pass);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int free = ::dup(0);
  ASSERT_GE(free, 0);
  ::close(free);
  const rlimit none{static_cast<rlim_t>(free), before.rlim_max};
  for (const std::string transport : {"udp", "tcp"}) {
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    const ProbeResult result = ask("example.com", "SOA", {{"transport", transport}});
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_FALSE(result.pass);
    EXPECT_EQ(result.reason, "the check could not run: Too many open files");
    EXPECT_EQ(result.failure, Failure::not_run);
  }
}

TEST_F(DnsProbeTest, AnAnswerOfItsOwnIsNone) {
  const kernel::testing::NetNamespace network;
  // Every socket comes from the port that it goes to.
  network.shell("sysctl -q -w net.ipv4.ip_local_port_range='40000 40000'");
  for (const std::string transport : {"udp", "tcp"}) {
    const ProbeResult result =
        ask("example.com", "SOA", {{"server", "127.0.0.1:40000"}, {"transport", transport}});
    EXPECT_FALSE(result.pass);
    EXPECT_EQ(result.reason, "connect to 127.0.0.1:40000 refused");
  }
}

TEST(DnsSettings, EachErrorIsFound) {
  const Settings sound{{"server", "127.0.0.1:53"}, {"name", "example.com"}, {"record", "A"}};
  EXPECT_THAT(testing::refused("dns", sound), ::testing::IsEmpty());
  const std::vector<std::tuple<std::string, model::SettingValue, std::string>> cases{
      {"server", "localhost:53",
       "expected an address with a port such as \"127.0.0.1:80\" or \"[::1]:80\", got "
       "\"localhost:53\""},
      {"name", "", "expected a domain name such as \"example.com\", got \"\""},
      {"name", "a..b", "expected a domain name such as \"example.com\", got \"a..b\""},
      {"record", "ANY",
       "expected a type of records such as \"SOA\", \"A\" or \"TXT\", got \"ANY\""},
      {"record", "AXFR",
       "expected a type of records such as \"SOA\", \"A\" or \"TXT\", got \"AXFR\""},
      {"record", "", "expected a type of records such as \"SOA\", \"A\" or \"TXT\", got \"\""},
      {"transport", "quic", "expected \"auto\", \"udp\" or \"tcp\", got \"quic\""},
      {"expect_rcode", "OK",
       "expected a response code such as \"NOERROR\", \"NXDOMAIN\" or \"REFUSED\", got \"OK\""},
      {"expect_answer", Texts{"192.0.2.1", "www"},
       "expected the data of a record of type A, got \"www\""}};
  for (const auto& [key, value, message] : cases) {
    Settings settings = sound;
    settings.insert_or_assign(key, value);
    const auto errors = testing::refused("dns", settings);
    ASSERT_EQ(errors.size(), 1u) << message;
    EXPECT_EQ(errors[0].key, key);
    EXPECT_EQ(errors[0].message, message);
  }
}

TEST(DnsSettings, AnErrorHasNoRecords) {
  const auto errors = testing::refused("dns", {{"server", "127.0.0.1:53"},
                                               {"name", "example.com"},
                                               {"record", "A"},
                                               {"expect_rcode", "REFUSED"},
                                               {"expect_answer", Texts{"192.0.2.1"}}});
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].key, "expect_answer");
}

TEST(DnsSettings, BecomeAQuery) {
  const auto made = testing::prepared("dns", {{"server", "[::1]:53"},
                                              {"name", "example.com"},
                                              {"record", "A"},
                                              {"transport", "tcp"},
                                              {"recursion_desired", true},
                                              {"expect_answer", Texts{"192.0.2.1"}}})
                        .prepared.as<DnsSettings>();
  EXPECT_EQ(made->server.to_string(), "[::1]:53");
  EXPECT_EQ(made->transport, DnsTransport::tcp);
  EXPECT_EQ(made->expect_rcode, wire::dns::kNoError);
  ASSERT_EQ(made->expect_answer.size(), 1u);
  std::vector<std::uint8_t> query = made->message;
  wire::dns::set_id(query, 0x1234);
  EXPECT_EQ(query, *wire::dns::encode_query({"example.com", 1, true, false}, 0x1234));
}

TEST(DnsSettings, CanBeAimedAtAVip) {
  const Settings settings{{"server", "127.0.0.1:5300"}, {"name", "example.com"}};
  EXPECT_EQ(testing::prepared("dns", settings).target->to_string(), "127.0.0.1:5300");
  const Settings aimed =
      testing::schema_of("dns").retarget(settings, *IpAddress::parse("2001:db8::10"));
  EXPECT_EQ(testing::prepared("dns", aimed).target->to_string(), "[2001:db8::10]:5300");
  EXPECT_EQ(aimed.at("name"), settings.at("name"));
}

}  // namespace
}  // namespace vipherd::probe::dns
