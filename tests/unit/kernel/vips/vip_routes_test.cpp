// Against the real kernel, in a network namespace of each test's own.
#include <gmock/gmock.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "unit/kernel/vips/session_fixture.hpp"
#include "vipherd/kernel/attacher.hpp"

namespace vipherd::kernel::vip_routes_test {
namespace {

using namespace model;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr std::uint8_t kProtocol = 118;

using testing::host_prefix;
using testing::ip;
using testing::kVips;

/// Takes the thread's effective capabilities away for a time.
class WithoutCapabilities {
 public:
  WithoutCapabilities() {
    EXPECT_EQ(syscall(SYS_capget, &header_, before_.data()), 0);
    auto none = before_;
    for (auto& word : none) word.effective = 0;
    EXPECT_EQ(syscall(SYS_capset, &header_, none.data()), 0);
  }
  ~WithoutCapabilities() { EXPECT_EQ(syscall(SYS_capset, &header_, before_.data()), 0); }
  WithoutCapabilities(const WithoutCapabilities&) = delete;
  WithoutCapabilities& operator=(const WithoutCapabilities&) = delete;

 private:
  __user_cap_header_struct header_{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> before_{};
};

class VipRoutesTest : public testing::SessionTest {
 protected:
  VipRoutesTest() : SessionTest({Method::Kind::local_routes, kProtocol, {}}) {}
  std::string kernel_routes() const {
    return shell(ip_command() + "route show table local type local " + host_prefix(GetParam()));
  }
  /// Gives lo the VIP as an address, and waits for the kernel's own local route: for IPv6 it
  /// comes after duplicate address detection, later than the answer.
  void add_address() const {
    shell("ip addr add " + host_prefix(GetParam()) + " dev lo");
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (kernel_routes().find("proto kernel") == std::string::npos) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "no local route for the address";
    }
  }
  std::string local_route(const std::string& rest) const {
    return "local " + host_prefix(GetParam()) + " dev lo table local " + rest;
  }
};

INSTANTIATE_TEST_SUITE_P(Families, VipRoutesTest, ::testing::ValuesIn(kVips), [](const auto& vip) {
  return std::string(ip(vip.param).is_v4() ? "ipv4" : "ipv6");
});

TEST_P(VipRoutesTest, AttachesAndDetaches) {
  start();
  EXPECT_THAT(read(), IsEmpty());
  attach();
  EXPECT_THAT(kernel_routes(), HasSubstr("dev lo proto 118"));
  EXPECT_THAT(shell(ip_command() + "route get " + GetParam()), HasSubstr("local "));
  session_->command(input::Detach{ip(GetParam())});
  session_->command(input::Flush{});
  expect_change(KernelRoute::absent);
  EXPECT_EQ(kernel_routes(), "");
  EXPECT_THAT(events_, IsEmpty());
}

TEST_P(VipRoutesTest, SeesWhatOthersDoToItsRoute) {
  start();
  read();
  attach();
  shell(ip_command() + "route del " + local_route("proto 118"));
  expect_change(KernelRoute::absent);
  shell(ip_command() + "route add " + local_route("proto 118"));
  expect_change(KernelRoute::ours);
}

TEST_P(VipRoutesTest, SeesAnAddressAsForeign) {
  start();
  read();
  add_address();
  expect_change(KernelRoute::foreign);
  EXPECT_THAT(read(), UnorderedElementsAre(KernelVip{ip(GetParam()), KernelRoute::foreign}));
  shell("ip addr del " + host_prefix(GetParam()) + " dev lo");
  expect_change(KernelRoute::absent);
}

TEST_P(VipRoutesTest, LeavesAnAddressAloneThatCameLater) {
  start();
  read();
  attach();
  add_address();
  EXPECT_THAT(read(), UnorderedElementsAre(KernelVip{ip(GetParam()), KernelRoute::ours}));
  EXPECT_THAT(take<event::KernelChanged>(), IsEmpty());
  session_->command(input::Detach{ip(GetParam())});
  session_->command(input::Flush{});
  expect_change(KernelRoute::foreign);
  EXPECT_THAT(kernel_routes(), Not(HasSubstr("proto 118")));
  EXPECT_THAT(shell("ip addr show dev lo"), HasSubstr(host_prefix(GetParam())));
  EXPECT_THAT(shell(ip_command() + "route get " + GetParam()), HasSubstr("local "));
}

TEST_P(VipRoutesTest, LeavesAnAddressAloneThatWasThereFirst) {
  add_address();
  start();
  session_->command(input::Detach{ip(GetParam())});
  session_->command(input::Flush{});
  const auto stale = next<event::KernelStale>();
  ASSERT_TRUE(stale);
  EXPECT_THAT(stale->reason, HasSubstr("was gone already"));
  EXPECT_THAT(kernel_routes(), HasSubstr("proto kernel"));
  EXPECT_THAT(take<event::DetachFailed>(), IsEmpty());
}

TEST_P(VipRoutesTest, KeepsOurRouteWhenAnAddressGoes) {
  start();
  read();
  attach();
  add_address();
  shell("ip addr del " + host_prefix(GetParam()) + " dev lo");
  EXPECT_THAT(read(), UnorderedElementsAre(KernelVip{ip(GetParam()), KernelRoute::ours}));
  EXPECT_THAT(kernel_routes(), HasSubstr("proto 118"));
}

TEST_P(VipRoutesTest, ReportsRoutesOfAnEarlierRunWithoutBeingAsked) {
  shell("ip route add local 10.77.0.1 dev lo table local proto 118");
  shell("ip -6 route add local 2001:db8:77::1 dev lo table local proto 118");
  shell("ip route add local 10.77.0.2 dev lo table local proto 4");
  start();
  session_->command(input::Read{});
  const auto snapshot = next<event::KernelSnapshot>();
  ASSERT_TRUE(snapshot);
  EXPECT_THAT(snapshot->vips,
              UnorderedElementsAre(KernelVip{ip("10.77.0.1"), KernelRoute::ours},
                                   KernelVip{ip("2001:db8:77::1"), KernelRoute::ours}));
}

TEST_P(VipRoutesTest, AttachOfWhatIsThereMeansOurViewIsStale) {
  start();
  shell(ip_command() + "route add " + local_route("proto 118"));
  session_->command(input::Attach{ip(GetParam())});
  session_->command(input::Flush{});
  const auto stale = next<event::KernelStale>();
  ASSERT_TRUE(stale);
  EXPECT_EQ(stale->reason, GetParam() + " was local already");
  EXPECT_THAT(take<event::AttachFailed>(), IsEmpty());
}

TEST_P(VipRoutesTest, StaleIsSaidOnceUntilRead) {
  start();
  for (int turn = 0; turn < 2; ++turn) {
    for (int count = 0; count < 5; ++count) session_->command(input::Detach{ip(GetParam())});
    session_->command(input::Flush{});
    EXPECT_TRUE(next<event::KernelStale>());
    EXPECT_THAT(read(), IsEmpty());
    EXPECT_THAT(take<event::KernelStale>(), IsEmpty());
  }
}

TEST_P(VipRoutesTest, AReplacedRouteMeansOurViewIsStale) {
  start();
  read();
  attach();
  shell(ip_command() + "route replace " + local_route("proto static"));
  EXPECT_TRUE(next<event::KernelStale>());
  EXPECT_THAT(read(), UnorderedElementsAre(KernelVip{ip(GetParam()), KernelRoute::foreign}));
}

TEST_P(VipRoutesTest, LoGoingDownMeansOurViewIsStale) {
  start();
  read();
  attach();
  shell("ip link set lo down");
  const auto down = next<event::KernelStale>();
  ASSERT_TRUE(down);
  EXPECT_EQ(down->reason, "lo went down");
  // IPv4 keeps the route, IPv6 drops it: what is read is what counts.
  const bool there = !kernel_routes().empty();
  EXPECT_EQ(read().size(), there ? 1u : 0u);
  shell("ip link set lo up");
  const auto up = next<event::KernelStale>();
  ASSERT_TRUE(up);
  EXPECT_EQ(up->reason, "lo came up");
}

TEST_P(VipRoutesTest, AnInterfaceThatHeldTheVipGoingDownMeansOurViewIsStale) {
  shell("ip link add veth0 type veth peer name veth1 && ip link set veth0 up");
  start();
  shell(ip_command() + "route add local " + host_prefix(GetParam()) + " dev veth0 table local");
  EXPECT_THAT(read(), UnorderedElementsAre(KernelVip{ip(GetParam()), KernelRoute::foreign}));
  shell("ip link del veth0");
  ASSERT_TRUE(run_until([&] { return !events_.empty(); }));
  EXPECT_THAT(read(), IsEmpty());
}

TEST_P(VipRoutesTest, AttachFailureSaysWhy) {
  start();
  const WithoutCapabilities powerless;
  session_->command(input::Attach{ip(GetParam())});
  session_->command(input::Flush{});
  const auto failed = next<event::AttachFailed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->vip, ip(GetParam()));
  EXPECT_EQ(failed->reason, "Operation not permitted");
}

TEST_P(VipRoutesTest, DetachFailureSaysWhy) {
  start();
  const WithoutCapabilities powerless;
  session_->command(input::Detach{ip(GetParam())});
  session_->command(input::Flush{});
  const auto failed = next<event::DetachFailed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->vip, ip(GetParam()));
  EXPECT_EQ(failed->reason, "Operation not permitted");
}

TEST_P(VipRoutesTest, OverrunOfTheMonitorMeansOurViewIsStale) {
  start({.monitor_buffer = 1});  // the kernel makes it about 2 KiB: a few messages
  read();
  for (int host = 1; host <= 200; ++host) {
    session_->command(input::Attach{ip("10.10.11." + std::to_string(host))});
  }
  session_->command(input::Flush{});
  const auto stale = next<event::KernelStale>();
  ASSERT_TRUE(stale);
  EXPECT_THAT(stale->reason, HasSubstr("changes were lost"));
  EXPECT_EQ(read().size(), 200u);
}

TEST_P(VipRoutesTest, ThousandsOfRoutesInOtherTablesAreNotRead) {
  const std::string commands = ::testing::TempDir() + "vipherd-routes-" + GetParam();
  std::ofstream batch(commands);
  for (int route = 0; route < 10'000; ++route) {
    batch << "route add blackhole 10." << 20 + route / 250 << "." << route % 250 << ".1/32\n";
  }
  batch.close();
  start({.monitor_buffer = 1});
  read();
  shell("ip -batch " + commands);
  std::filesystem::remove(commands);
  EXPECT_THAT(read(), IsEmpty());
  EXPECT_THAT(take<event::KernelStale>(), IsEmpty());
}

TEST_P(VipRoutesTest, AnAdditionDuringADumpIsInTheSnapshot) {
  start();
  const Attacher::Interest interest{{ip(GetParam()), ""}};
  session_->command(input::Read{interest});
  shell(ip_command() + "route add " + local_route("proto 118"));
  const auto snapshot = next<event::KernelSnapshot>();
  ASSERT_TRUE(snapshot);
  EXPECT_THAT(snapshot->vips, UnorderedElementsAre(KernelVip{ip(GetParam()), KernelRoute::ours}));
  EXPECT_THAT(events_, IsEmpty());
}

TEST_P(VipRoutesTest, ARemovalDuringADumpIsInTheSnapshot) {
  shell(ip_command() + "route add " + local_route("proto 118"));
  start();
  const Attacher::Interest interest{{ip(GetParam()), ""}};
  session_->command(input::Read{interest});
  shell(ip_command() + "route del " + local_route("proto 118"));
  const auto snapshot = next<event::KernelSnapshot>();
  ASSERT_TRUE(snapshot);
  EXPECT_THAT(snapshot->vips, IsEmpty());
  EXPECT_THAT(events_, IsEmpty());
}

TEST_P(VipRoutesTest, AttachWaitsForADump) {
  start();
  const Attacher::Interest interest{{ip(GetParam()), ""}};
  session_->command(input::Read{interest});
  session_->command(input::Attach{ip(GetParam())});
  session_->command(input::Flush{});
  ASSERT_TRUE(run_until([&] { return events_.size() == 2; }));
  ASSERT_TRUE(std::holds_alternative<event::KernelSnapshot>(events_[0]));
  EXPECT_THAT(std::get<event::KernelSnapshot>(events_[0]).vips, IsEmpty());
  ASSERT_TRUE(std::holds_alternative<event::KernelChanged>(events_[1]));
  EXPECT_EQ(std::get<event::KernelChanged>(events_[1]).vip.route, KernelRoute::ours);
}

TEST_P(VipRoutesTest, TenThousandVipsInBoundedTime) {
  start();
  read();
  std::set<IpAddress> wanted;
  for (int vip = 0; vip < 10'000; ++vip) {
    const std::string tail =
        ip(GetParam()).is_v4()
            ? "10.99." + std::to_string(vip / 250) + "." + std::to_string(vip % 250)
            : "2001:db8:99::" + std::to_string(vip % 9999 + 1) + ":" +
                  std::to_string(vip / 9999 + 1);
    wanted.insert(ip(tail));
  }
  const auto begin = std::chrono::steady_clock::now();
  for (const IpAddress& vip : wanted) session_->command(input::Attach{vip});
  session_->command(input::Flush{});
  std::set<IpAddress> attached;
  ASSERT_TRUE(run_until([&] {
    for (const auto& changed : take<event::KernelChanged>()) attached.insert(changed.vip.vip);
    return attached.size() == wanted.size();
  }));
  EXPECT_EQ(attached, wanted);
  RecordProperty("attach_ms",
                 static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                      std::chrono::steady_clock::now() - begin)
                                      .count()));
  EXPECT_THAT(events_, IsEmpty());
  EXPECT_EQ(read().size(), wanted.size());
  const auto removed = remove_routes(kProtocol);
  ASSERT_TRUE(removed) << removed.error().what;
  EXPECT_EQ(*removed, wanted.size());
}

TEST_P(VipRoutesTest, RemoveAllTakesOnlyOurs) {
  add_address();
  shell("ip route add local 10.77.0.1 dev lo table local proto 118");
  shell("ip -6 route add local 2001:db8:77::1 dev lo table local proto 118");
  shell("ip route add local 10.77.0.2 dev lo table local proto 119");
  shell("ip route add blackhole 10.77.0.3 proto 118");
  const auto removed = remove_routes(kProtocol);
  ASSERT_TRUE(removed) << removed.error().what;
  EXPECT_EQ(*removed, 2u);
  EXPECT_EQ(remove_routes(kProtocol).value(), 0u);
  EXPECT_THAT(kernel_routes(), HasSubstr("proto kernel"));
  EXPECT_THAT(shell("ip route show table local"), HasSubstr("10.77.0.2"));
  EXPECT_THAT(shell("ip route show"), HasSubstr("10.77.0.3"));
}

/// From now on this thread cannot write more than `most` bytes at once.
void forbid_long_sends(std::uint32_t most) {
  std::array<sock_filter, 6> program{{
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, SYS_sendto},
      // The length, its low half on a little-endian machine.
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, args) + 2 * sizeof(std::uint64_t)},
      {BPF_JMP | BPF_JGT | BPF_K, 0, 1, most},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOMEM},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  }};
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  ASSERT_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
}

TEST_P(VipRoutesTest, RemoveAllGoesOnAfterAFailure) {
  start();
  read();
  // The IPv4 routes are a whole batch, which fails.
  for (int host = 0; host < 512; ++host) {
    session_->command(input::Attach{
        ip("10.10." + std::to_string(10 + host / 256) + "." + std::to_string(host % 256))});
  }
  session_->command(input::Attach{ip("2001:db8:10::77")});
  session_->command(input::Flush{});
  ASSERT_TRUE(run_until([&] { return events_.size() == 513; }));
  session_->close();
  std::optional<Result<std::size_t>> removed;
  std::thread([&] {
    forbid_long_sends(4096);
    removed = remove_routes(kProtocol);
  }).join();
  ASSERT_TRUE(removed && removed->has_error());
  EXPECT_THAT(removed->error().what, HasSubstr("Cannot allocate memory"));
  EXPECT_THAT(shell("ip -6 route show table local proto 118"), IsEmpty());
  EXPECT_EQ(remove_routes(kProtocol).value(), 512u);
}

TEST_P(VipRoutesTest, MayBeDestroyedWhileBusy) {
  std::size_t events = 0;
  {
    const auto routes = make_attacher(io_, {}, [&](const Event&) { ++events; });
    ASSERT_TRUE(routes->start());
    routes->attach(ip(GetParam()));
    routes->flush();
    routes->read({});
  }
  io_.run();
  EXPECT_EQ(events, 0u);
}

}  // namespace
}  // namespace vipherd::kernel::vip_routes_test
