// What the data path puts on interfaces and takes away again, beside other programs' filters.
#include <gmock/gmock.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include <cstdio>

#include "relay/program_fixture.hpp"
#include "vipherd/relay/data_path.hpp"

namespace vipherd::relay::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Filters : public ::testing::Test {
 protected:
  Filters() {
    space.shell(
        "ip link add e0 type veth peer name x0 && ip link set e0 up && ip link set x0 up && "
        "ip addr add 192.0.2.1/24 dev e0 && ip addr add fd00::1/64 dev e0 nodad");
  }
  /// A classic program that matches nothing is a filter that every kernel with BPF has.
  void add_filter(const std::string& where) {
    space.shell("tc filter add dev e0 " + where + " bpf bytecode '1,6 0 0 0,'");
  }
  std::string ingress(const std::string& device = "e0") {
    return space.shell("tc filter show dev " + device + " ingress");
  }
  std::string egress() { return space.shell("tc filter show dev e0 egress"); }
  std::string qdiscs() { return space.shell("tc qdisc show dev e0"); }
  void expect_nothing() {
    EXPECT_EQ(ingress(), "");
    EXPECT_EQ(egress(), "");
    EXPECT_THAT(qdiscs(), Not(HasSubstr("clsact")));
  }

  kernel::testing::NetNamespace space;
};

TEST_F(Filters, ComeAndGoWithTheInterfacesThatAreWanted) {
  {
    DataPath path = DataPath::load({}).value();
    path.attach({"e0"}).value();
    path.attach({"e0"}).value();
    EXPECT_THAT(ingress(), HasSubstr("vipherd_ingress"));
    EXPECT_THAT(egress(), HasSubstr("vipherd_egress"));
    path.attach({"x0"}).value();
    expect_nothing();
    EXPECT_THAT(ingress("x0"), HasSubstr("vipherd_ingress"));
    path.attach({"e0", "x0"}).value();
    path.detach().value();
    expect_nothing();
    path.attach({"e0"}).value();
  }
  expect_nothing();
}

TEST_F(Filters, OfOthersStay) {
  space.shell("tc qdisc add dev e0 clsact");
  add_filter("ingress prio 7 protocol all");
  add_filter("egress prio 7 protocol all");
  const std::string before = ingress() + egress() + qdiscs();
  {
    DataPath path = DataPath::load({}).value();
    path.attach({"e0"}).value();
    EXPECT_THAT(ingress(), HasSubstr("vipherd_ingress"));
  }
  EXPECT_EQ(ingress() + egress() + qdiscs(), before);
}

TEST_F(Filters, AQdiscThatSomethingElseCameToUseStays) {
  DataPath path = DataPath::load({}).value();
  path.attach({"e0"}).value();
  add_filter("ingress prio 7 protocol all");
  path.detach().value();
  EXPECT_THAT(ingress(), HasSubstr("bytecode"));
  EXPECT_THAT(ingress(), Not(HasSubstr("vipherd")));
}

TEST_F(Filters, AnEmptyQdiscOfAnotherStays) {
  space.shell("tc qdisc add dev e0 clsact");
  DataPath path = DataPath::load({}).value();
  path.attach({"e0"}).value();
  path.detach().value();
  EXPECT_THAT(qdiscs(), HasSubstr("clsact"));
}

TEST_F(Filters, ThatWereRemovedArePutBack) {
  DataPath path = DataPath::load({}).value();
  path.attach({"e0"}).value();
  space.shell("tc qdisc del dev e0 clsact");
  path.attach({"e0"}).value();
  EXPECT_THAT(ingress() + egress(), HasSubstr("vipherd_ingress"));
  space.shell("ip link del e0 && ip link add e0 type veth peer name x0");
  path.attach({"e0"}).value();
  EXPECT_THAT(ingress() + egress(), HasSubstr("vipherd_egress"));
  path.detach().value();
  expect_nothing();
}

TEST_F(Filters, OfAPredecessorAreReplacedAndOfASuccessorLeftAlone) {
  DataPath successor = DataPath::load({}).value();
  {
    DataPath predecessor = DataPath::load({}).value();
    predecessor.attach({"e0"}).value();
    const std::string before = ingress();
    successor.attach({"e0"}).value();
    EXPECT_NE(ingress(), before);
  }
  EXPECT_THAT(ingress(), HasSubstr("vipherd_ingress"));
  EXPECT_THAT(egress(), HasSubstr("vipherd_egress"));
  successor.detach().value();
  expect_nothing();
}

TEST_F(Filters, OfAnAgentThatIsGoneAreFoundAndRemoved) {
  {
    DataPath gone = DataPath::load({}).value();
    gone.attach({"e0", "x0"}).value();
    gone.leave();
  }
  EXPECT_THAT(ingress(), HasSubstr("vipherd_ingress"));
  EXPECT_THAT(remove_orphans().value(), ::testing::UnorderedElementsAre("e0", "x0"));
  expect_nothing();
  EXPECT_THAT(remove_orphans().value(), ::testing::IsEmpty());
}

TEST_F(Filters, OfAPredecessorGoFromInterfacesThatTheSuccessorDoesNotUse) {
  space.shell("ip link property add dev x0 altname another-name");
  DataPath predecessor = DataPath::load({}).value();
  predecessor.attach({"e0", "x0"}).value();
  DataPath successor = DataPath::load({}).value();
  successor.attach({"another-name"}).value();
  expect_nothing();
  EXPECT_THAT(ingress("x0"), HasSubstr("vipherd_ingress"));
  // Once: what comes later is another's.
  predecessor.attach({"e0"}).value();
  successor.attach({"another-name"}).value();
  EXPECT_THAT(ingress(), HasSubstr("vipherd_ingress"));
}

/// This thread has no other rights for a while.
class Capabilities {
 public:
  explicit Capabilities(std::uint64_t effective) {
    EXPECT_EQ(::syscall(SYS_capget, &header_, before_.data()), 0);
    auto fewer = before_;
    fewer[0].effective &= static_cast<std::uint32_t>(effective);
    fewer[1].effective &= static_cast<std::uint32_t>(effective >> 32);
    EXPECT_EQ(::syscall(SYS_capset, &header_, fewer.data()), 0);
  }
  ~Capabilities() { ::syscall(SYS_capset, &header_, before_.data()); }
  Capabilities(const Capabilities&) = delete;
  Capabilities& operator=(const Capabilities&) = delete;

 private:
  __user_cap_header_struct header_{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> before_{};
};
constexpr std::uint64_t kBpf = std::uint64_t{1} << CAP_BPF;
constexpr std::uint64_t kNetAdmin = std::uint64_t{1} << CAP_NET_ADMIN;
constexpr std::uint64_t kPerfmon = std::uint64_t{1} << CAP_PERFMON;

/// Before 6.8 the verifier took a number's place on the stack for a pointer's.
std::uint64_t rights_enough() {
  utsname kernel{};
  ::uname(&kernel);
  int major = 0, minor = 0;
  EXPECT_EQ(std::sscanf(kernel.release, "%d.%d", &major, &minor), 2);
  const bool old = major < 6 || (major == 6 && minor < 8);
  return kBpf | kNetAdmin | (old ? kPerfmon : 0);
}

TEST_F(Filters, FewCapabilitiesAreEnough) {
  const Capabilities few(rights_enough());
  DataPath path = DataPath::load({}).value();
  const IpAddress self = address("192.0.2.1"), next = address("192.0.2.2");
  path.set_vips({address("10.99.0.1")}).value();
  path.set_siblings({next}).value();
  path.set_ring(Family::ipv4, {self, {next}}).value();
  path.attach({"e0"}).value();
  path.attach({"e0"}).value();
  EXPECT_EQ(path.counters().value(), (Counters{.siblings = {{.sibling = next}}}));
  path.leave();
  EXPECT_THAT(remove_orphans().value(), ::testing::ElementsAre("e0"));
}

TEST_F(Filters, WithoutThemTheKernelsReasonIsTold) {
  for (const std::uint64_t rights : {std::uint64_t{0}, kBpf, kNetAdmin}) {
    const Capabilities few(rights);
    EXPECT_THAT(DataPath::load({}).error().what,
                HasSubstr("loading the relay's program into the kernel: Operation not permitted"));
  }
}

TEST_F(Filters, AnInterfaceThatCannotBeUsedIsNamed) {
  DataPath path = DataPath::load({}).value();
  const auto done = path.attach({"nowhere", "lo", "e0"});
  EXPECT_EQ(done.error().what, "there is no interface nowhere");
  EXPECT_THAT(ingress(), HasSubstr("vipherd_ingress")) << "the others are tried all the same";
  EXPECT_EQ(path.attach({"lo"}).error().what,
            "interface lo is no Ethernet: the relay cannot use it");
}

TEST_F(Filters, APlaceThatAnotherProtocolsFilterHasIsAnError) {
  space.shell("tc qdisc add dev e0 clsact");
  add_filter("ingress prio 100 protocol ip");
  DataPath path = DataPath::load({}).value();
  EXPECT_THAT(path.attach({"e0"}).error().what,
              HasSubstr("attaching the relay to the ingress of e0: "));
  EXPECT_THAT(ingress(), HasSubstr("bytecode"));
}

TEST_F(Filters, ARingThatCannotBeReachedIsAnError) {
  const auto at = [](const char* text) { return IpAddress::parse(text).value(); };
  DataPath path = DataPath::load({}).value();
  path.set_siblings({at("192.0.2.2"), at("203.0.113.1"), at("fd00::2"), at("192.0.2.1")}).value();
  path.set_ring(Family::ipv4, {at("192.0.2.1"), {at("192.0.2.2")}}).value();
  path.set_ring(Family::ipv6, {at("fd00::1"), {at("fd00::2")}}).value();
  EXPECT_THAT(path.set_ring(Family::ipv4, {at("192.0.2.1"), {at("203.0.113.1")}}).error().what,
              HasSubstr("no route to sibling 203.0.113.1: "));
  EXPECT_EQ(path.set_ring(Family::ipv4, {at("192.0.2.1"), {at("192.0.2.1")}}).error().what,
            "no route to sibling 192.0.2.1: it is an address of this node");
  EXPECT_EQ(path.set_ring(Family::ipv4, {at("192.0.2.1"), {at("192.0.2.9")}}).error().what,
            "192.0.2.9 is in the relay's ring, but no sibling");
}

}  // namespace
}  // namespace vipherd::relay::testing
