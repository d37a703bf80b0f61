// A node with the programs loaded, in a network namespace of its own, that is given packets one by
// one (BPF_PROG_TEST_RUN): what the kernel's program answers and what it made of the packet.
#pragma once

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <gmock/gmock.h>
#include <net/if.h>
#include <sys/socket.h>

#include <chrono>
#include <string>

#include "relay/packets.hpp"
#include "relay/program.hpp"
#include "unit/kernel/net_namespace.hpp"

namespace vipherd::relay::testing {

enum Verdict : unsigned { kDrop = 2, kRedirect = 7, kPass = 0xffffffff };

struct Ran {
  unsigned verdict = 0;
  Bytes frame{};
  friend bool operator==(const Ran&, const Ran&) = default;
};

inline void PrintTo(const Ran& ran, std::ostream* out) {
  *out << "verdict " << ran.verdict << ", " << ::testing::PrintToString(ran.frame);
}

inline IpAddress address(const char* text) { return IpAddress::parse(text).value(); }

struct Names {
  IpAddress vip, self, next, last, client, stranger;
};

inline Names names_of(Family family) {
  if (family == Family::ipv4) {
    return {address("10.99.0.1"), address("192.0.2.1"),    address("192.0.2.2"),
            address("192.0.2.3"), address("198.51.100.7"), address("192.0.2.66")};
  }
  return {address("fd99::1"), address("fd00::1"),     address("fd00::2"),
          address("fd00::3"), address("fd51:100::7"), address("fd00::66")};
}

class ProgramTest : public ::testing::TestWithParam<Family> {
 protected:
  static constexpr std::uint16_t kPort = 6511;
  static constexpr std::uint32_t kToken = 0x01020304;

  explicit ProgramTest(std::uint32_t rate = 1'000'000)
      : names(names_of(GetParam())), program(make(rate)) {}

  static Program make(std::uint32_t rate) {
    kernel::testing::NetNamespace::shell(
        "ip link add e0 type veth peer name x0 && ip link set e0 up && ip link set x0 up && "
        "ip addr add 192.0.2.1/24 dev e0 && ip addr add fd00::1/64 dev e0 nodad && "
        "ip addr add 10.99.0.1/32 dev lo && ip addr add fd99::1/128 dev lo nodad && "
        "ip addr add 198.51.100.7/32 dev lo && ip addr add fd51:100::7/128 dev lo nodad");
    return Program::load({.port = kPort, .token = kToken, .packets_per_second = rate}).value();
  }

  void SetUp() override {
    program.set_vips({names.vip}).value();
    program.set_siblings({names.next, names.last}).value();
    program.set_way(GetParam(), way()).value();
    renew();
  }

  void renew() { program.renew(std::chrono::steady_clock::now() + std::chrono::minutes(1)); }

  Way way() const {
    return {.self = names.self,
            .next = names.next,
            .hops = 2,
            .hop = {::if_nametoindex("e0"), names.next},
            .mtu = 1500,
            .most_mss = 1500 - overhead(GetParam()) - (is_v4() ? 40u : 60u)};
  }

  bool is_v4() const { return GetParam() == Family::ipv4; }

  static Ran run(int program, const Bytes& packet) { return run_frame(program, frame(packet)); }
  static Ran run_frame(int program, Bytes in) {
    Bytes out(in.size() + 256);
    LIBBPF_OPTS(bpf_test_run_opts, options);
    options.data_in = in.data();
    options.data_size_in = static_cast<std::uint32_t>(in.size());
    options.data_out = out.data();
    options.data_size_out = static_cast<std::uint32_t>(out.size());
    EXPECT_EQ(bpf_prog_test_run_opts(program, &options), 0);
    out.resize(options.data_size_out);
    return {options.retval, out};
  }
  Ran arrives(const Bytes& packet) { return run(program.ingress_descriptor(), packet); }
  Ran leaves(const Bytes& packet) { return run(program.egress_descriptor(), packet); }
  static Ran passes(const Bytes& packet) { return {kPass, frame(packet)}; }
  static Ran dropped(const Bytes& packet) { return {kDrop, frame(packet)}; }
  static Ran sent(const Bytes& packet) { return {kRedirect, frame(packet)}; }

  /// Of a connection that no socket here has.
  Tcp unknown() const {
    return {.from = names.client,
            .to = names.vip,
            .from_port = 1234,
            .to_port = 80,
            .data = {'h', 'i'}};
  }
  /// As this node passes it on.
  Wrapping onward(unsigned hops = 2) const {
    return {names.self, names.next, unknown().from_port, kPort, hops, 1, kToken};
  }
  /// As it comes from a sibling.
  Wrapping incoming(unsigned hops) const {
    return {names.last, names.self, unknown().from_port, kPort, hops, 1, kToken};
  }
  SiblingCounters counters_of(const IpAddress& sibling) const {
    for (const auto& one : program.counters().value().siblings) {
      if (one.sibling == sibling) return one;
    }
    return {};
  }

  kernel::testing::NetNamespace space;
  Names names;
  Program program;
};

inline const auto kFamilies = ::testing::Values(Family::ipv4, Family::ipv6);
inline const auto kName = [](const ::testing::TestParamInfo<Family>& info) {
  return info.param == Family::ipv4 ? "ipv4" : "ipv6";
};

/// A socket that closes itself.
class Socket {
 public:
  Socket(int family, int type, int protocol = 0)
      : descriptor_(::socket(family, type | SOCK_CLOEXEC, protocol)) {}
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket() { close(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int get() const { return descriptor_; }
  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }

 private:
  int descriptor_;
};

struct Place {
  sockaddr_storage storage{};
  socklen_t size = 0;
  Place(const IpAddress& at, std::uint16_t port) {
    if (at.is_v4()) {
      auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
      v4->sin_family = AF_INET;
      v4->sin_port = htons(port);
      std::copy_n(at.bytes().data(), 4, reinterpret_cast<std::uint8_t*>(&v4->sin_addr));
      size = sizeof *v4;
    } else {
      auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
      v6->sin6_family = AF_INET6;
      v6->sin6_port = htons(port);
      std::copy_n(at.bytes().data(), 16, reinterpret_cast<std::uint8_t*>(&v6->sin6_addr));
      size = sizeof *v6;
    }
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

}  // namespace vipherd::relay::testing
