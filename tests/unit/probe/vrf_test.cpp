// Sockets are bound to a device before they connect. A VRF's device takes a kernel that knows VRFs
// (tests/e2e/test_in_machine.py); which device it is makes no difference here.
#include <functional>

#include "unit/kernel/net_namespace.hpp"
#include "unit/probe/probe_fixture.hpp"
#include "vipherd/watch/watcher.hpp"

namespace vipherd::probe {
namespace {

using model::ProbeResult;
using model::Settings;

struct Connecting {
  const char* name;
  const char* type;
  std::function<Settings(const std::string&)> settings;
};

const std::vector<Connecting> kConnecting{
    {"tcp", "tcp",
     [](const std::string& to) {
       return Settings{{"address", to}};
     }},
    {"http", "http",
     [](const std::string& to) {
       return Settings{{"url", "http://" + to + "/"}};
     }},
    {"http_by_curl", "http",
     [](const std::string& to) {
       return Settings{{"url", "http://" + to + "/"}, {"follow_redirects", std::int64_t{1}}};
     }},
    {"https", "https",
     [](const std::string& to) {
       return Settings{{"url", "https://" + to + "/"}};
     }},
    {"tls", "tls",
     [](const std::string& to) {
       return Settings{{"address", to}};
     }},
    {"grpc", "grpc",
     [](const std::string& to) {
       return Settings{{"address", to}};
     }},
    {"dns", "dns",
     [](const std::string& to) {
       return Settings{{"server", to}, {"name", std::string("example.com")}};
     }},
    {"dns_over_tcp", "dns",
     [](const std::string& to) {
       return Settings{
           {"server", to}, {"name", std::string("example.com")}, {"transport", std::string("tcp")}};
     }},
};

class ProbeInVrfTest : public testing::ProbeTest {
 protected:
  ProbeResult run_in(const std::string& vrf, const std::string& type, Settings settings) {
    auto made = std::make_shared<model::CheckConfig>(
        *config(type, std::move(settings), std::chrono::seconds(5)));
    made->vrf = vrf;
    finished_.clear();
    prober_->start({"web", "it"}, ++generation_, made);
    EXPECT_THAT(finished_, ::testing::IsEmpty()) << "called back from within start()";
    EXPECT_TRUE(run_until([&] { return !finished_.empty(); }));
    return finished_.empty() ? ProbeResult{} : finished_[0].result;
  }
};

class EachKindInVrfTest : public ProbeInVrfTest,
                          public ::testing::WithParamInterface<Connecting> {};

TEST_P(EachKindInVrfTest, WithoutTheDeviceItSaysSo) {
  const ProbeResult result =
      run_in("no-such-vrf", GetParam().type, GetParam().settings("127.0.0.1:1"));
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, "there is no VRF device no-such-vrf");
  EXPECT_EQ(result.failure, model::Failure::failed);
}

TEST_P(EachKindInVrfTest, WithItItConnectsFromThere) {
  const testing::ClosedPort port(io_);
  const ProbeResult result = run_in("lo", GetParam().type, GetParam().settings(port.address()));
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, "connect to " + port.address() + " refused");
  EXPECT_EQ(result.failure, model::Failure::refused);
}

INSTANTIATE_TEST_SUITE_P(All, EachKindInVrfTest, ::testing::ValuesIn(kConnecting),
                         [](const auto& kind) { return kind.param.name; });

TEST_F(ProbeInVrfTest, ADeviceOfAnotherNetworkReachesNobodyHere) {
  const kernel::testing::NetNamespace network;
  network.shell(
      "ip link set lo up && ip link add d0 type veth peer name d1 && "
      "ip link set d0 up && ip link set d1 up && ip address add 192.0.2.1/24 dev d0");
  const testing::Server server(io_, [](const testing::Socket&) {});
  const Settings settings{{"address", server.address()}};
  EXPECT_TRUE(run_in("", "tcp", settings).pass);
  EXPECT_TRUE(run_in("lo", "tcp", settings).pass);
  EXPECT_FALSE(run_in("d0", "tcp", settings).pass);
}

TEST_F(ProbeInVrfTest, AConnectionIsWatchedFromThere) {
  const testing::ClosedPort port(io_);
  std::vector<model::event::WatchFired> fired;
  watch::Watcher watcher(io_, [&](model::Event event) {
    fired.push_back(std::get<model::event::WatchFired>(std::move(event)));
  });
  const model::WatchId id{"web", "it", model::WatchKind::connection};
  watcher.start(id, 1, {port.address(), "", "no-such-vrf"});
  EXPECT_THAT(fired, ::testing::IsEmpty()) << "called back from within start()";
  ASSERT_TRUE(run_until([&] { return fired.size() == 1; }));
  EXPECT_EQ(fired[0].what, "there is no VRF device no-such-vrf");
  watcher.start(id, 2, {port.address(), "", "lo"});
  ASSERT_TRUE(run_until([&] { return fired.size() == 2; }));
  EXPECT_EQ(fired[1].what, "connect to " + port.address() + " refused");
}

}  // namespace
}  // namespace vipherd::probe
