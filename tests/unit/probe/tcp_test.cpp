#include "unit/kernel/net_namespace.hpp"
#include "unit/probe/probe_fixture.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd::probe {
namespace {

using model::ProbeResult;
using model::Settings;
using std::chrono::milliseconds;

class TcpProbeTest : public testing::ProbeTest {};

void ignore(const testing::Socket&) {}

TEST_F(TcpProbeTest, PassesWhenConnected) {
  const testing::Server server(io_, ignore);
  const ProbeResult result = run("tcp", {{"address", server.address()}});
  EXPECT_TRUE(result.pass);
  EXPECT_EQ(result.reason, "connected to " + server.address());
}

TEST_F(TcpProbeTest, PassesOverIpv6) {
  const testing::Server server(io_, ignore, {testing::asio::ip::address_v6::loopback(), 0});
  const ProbeResult result = run("tcp", {{"address", server.address()}});
  EXPECT_TRUE(result.pass);
  EXPECT_EQ(result.reason, "connected to " + server.address());
}

TEST_F(TcpProbeTest, RefusedIsSaid) {
  const testing::ClosedPort port(io_);
  const ProbeResult result = run("tcp", {{"address", port.address()}});
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, "connect to " + port.address() + " refused");
}

TEST_F(TcpProbeTest, AConnectionToItselfIsNone) {
  const kernel::testing::NetNamespace network;
  // Every connection comes from the port that it goes to.
  network.shell("sysctl -q -w net.ipv4.ip_local_port_range='40000 40000'");
  for (const std::string address : {"127.0.0.1:40000", "[::1]:40000"}) {
    const ProbeResult result = run("tcp", {{"address", address}});
    EXPECT_FALSE(result.pass);
    EXPECT_EQ(result.reason, "connect to " + address + " refused");
  }
}

TEST_F(TcpProbeTest, UnreachableIsSaid) {
  // The broadcast address is no destination of a connection.
  const ProbeResult result = run("tcp", {{"address", std::string("255.255.255.255:80")}});
  EXPECT_FALSE(result.pass);
  EXPECT_THAT(result.reason, ::testing::StartsWith("cannot connect to 255.255.255.255:80: "));
}

TEST_F(TcpProbeTest, NoAnswerEndsAtTheDeadline) {
  const testing::DeafPort port(io_);
  const ProbeResult result = run("tcp", {{"address", port.address()}}, milliseconds(50));
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, "no connection within 50 ms");
  EXPECT_GE(result.latency, milliseconds(50));
}

TEST_F(TcpProbeTest, LeavesNoTimeWaitBehind) {
  // The server sees a reset, not a FIN: its read ends with an error other than end of file.
  boost::system::error_code seen;
  std::array<char, 1> octet{};
  const testing::Server server(io_, [&](const testing::Socket& socket) {
    socket->async_read_some(
        testing::asio::buffer(octet),
        [&, socket](const boost::system::error_code& error, std::size_t) { seen = error; });
  });
  EXPECT_TRUE(run("tcp", {{"address", server.address()}}).pass);
  ASSERT_TRUE(run_until([&] { return seen.failed(); }));
  EXPECT_EQ(seen, testing::asio::error::connection_reset);
}

const model::CheckSchema& schema(std::string_view type) {
  for (const auto& candidate : check_schemas()) {
    if (candidate.type == type) return candidate;
  }
  throw std::runtime_error("no such kind");
}

TEST(TcpSettings, AddressIsNumericWithPort) {
  for (const char* good : {"127.0.0.1:80", "[::1]:53", "10.10.10.10:65535"}) {
    EXPECT_THAT(schema("tcp").validate({{"address", std::string(good)}}), ::testing::IsEmpty())
        << good;
  }
  for (const char* bad : {"", "127.0.0.1", "localhost:80", "::1:80", "[127.0.0.1]:80",
                          "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:80x", "[::1]", ":80"}) {
    const auto faults = schema("tcp").validate({{"address", std::string(bad)}});
    ASSERT_EQ(faults.size(), 1u) << bad;
    EXPECT_EQ(faults[0].key, "address");
    EXPECT_EQ(faults[0].message,
              "expected an address with a port such as \"127.0.0.1:80\" or \"[::1]:80\", got \"" +
                  std::string(bad) + "\"");
  }
}

}  // namespace
}  // namespace vipherd::probe
