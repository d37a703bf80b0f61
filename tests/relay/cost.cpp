// What the program costs a packet, by its kind, in ns: prints docs/benchmarks.md's table, asserts
// nothing of it. Where the program changes the packet it cannot run twice on it: those are single
// runs, less what a single run of a program that does nothing takes, and the median of many.
#include <algorithm>
#include <cstdio>

#include "relay/program_fixture.hpp"

namespace vipherd::relay::testing {
namespace {

constexpr int kRepeated = 2'000'000;
constexpr int kSingle = 20'001;

class Cost : public ProgramTest {
 protected:
  Cost() : ProgramTest(4'000'000'000) {}

  std::uint32_t measure(const Bytes& whole, int times) const {
    Bytes in = whole;
    Bytes out(in.size() + 256);
    LIBBPF_OPTS(bpf_test_run_opts, options);
    options.data_in = in.data();
    options.data_size_in = static_cast<std::uint32_t>(in.size());
    options.data_out = out.data();
    options.data_size_out = static_cast<std::uint32_t>(out.size());
    options.repeat = times;
    EXPECT_EQ(bpf_prog_test_run_opts(program.ingress_descriptor(), &options), 0);
    return options.duration;
  }
  void say(const char* what, std::uint32_t cost) const {
    std::printf("%-60s %s %4u ns\n", what, is_v4() ? "IPv4" : "IPv6", cost);
  }
  void repeated(const char* what, const Bytes& packet) const {
    say(what, measure(frame(packet), kRepeated));
  }

  std::uint32_t median(const Bytes& whole) const {
    std::vector<std::uint32_t> costs;
    for (int each = 0; each < kSingle; ++each) costs.push_back(measure(whole, 1));
    std::ranges::nth_element(costs, costs.begin() + kSingle / 2);
    return costs[kSingle / 2];
  }
  void single(const char* what, const Bytes& packet) const {
    Bytes arp = frame(packet);
    arp[12] = 8;
    arp[13] = 6;
    say(what, median(frame(packet)) - std::min(median(frame(packet)), median(arp)));
  }
};

TEST_P(Cost, APacket) {
  Bytes arp = frame(tcp_packet(unknown()));
  arp[12] = 8;
  arp[13] = 6;
  say("no IP: what calling any program costs", measure(arp, kRepeated));
  Tcp elsewhere = unknown();
  elsewhere.to = names.self;
  repeated("for another address", tcp_packet(elsewhere));
  Tcp syn = unknown();
  syn.flags = kSyn;
  repeated("SYN for a VIP", tcp_packet(syn));
  Way narrow = way();
  narrow.mtu = 100;
  program.set_way(GetParam(), narrow).value();
  Tcp big = unknown();
  big.data.assign(100, 'x');
  repeated("segment for a VIP: looked up, no socket", tcp_packet(big));
  const Place vip(names.vip, 80);
  const Socket listener(vip.family(), SOCK_STREAM);
  ASSERT_EQ(::bind(listener.get(), vip.get(), vip.size), 0);
  ASSERT_EQ(::listen(listener.get(), 8), 0);
  repeated("segment for a VIP: looked up, a listening socket", tcp_packet(big));
  program.set_way(GetParam(), way()).value();
  single("segment for a VIP: passed on", tcp_packet(unknown()));
  single("from a sibling: passed on", wrapped(incoming(1), tcp_packet(unknown())));
  const Place client(names.client, unknown().from_port);
  const Socket connected(vip.family(), SOCK_STREAM);
  ASSERT_EQ(::bind(connected.get(), client.get(), client.size), 0);
  ASSERT_EQ(::connect(connected.get(), vip.get(), vip.size), 0);
  repeated("segment for a VIP: of a connection of this node", tcp_packet(unknown()));
  single("from a sibling: accepted", wrapped(incoming(1), tcp_packet(unknown())));
  Wrapping strange = incoming(1);
  strange.from = names.stranger;
  repeated("to the relay's port, from a stranger", wrapped(strange, tcp_packet(unknown())));
}

INSTANTIATE_TEST_SUITE_P(Relay, Cost, kFamilies, kName);

}  // namespace
}  // namespace vipherd::relay::testing
