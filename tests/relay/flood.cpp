// Segments of connections that no node has, each from another port, as if they came in by an
// interface: made in the kernel (XDP's test mode), since no socket sends a million a second on a
// small machine. Run by hand, by tests/bench/relay_load.py:
//   relay_flood INTERFACE CLIENT VIP PORT PACKETS_PER_SECOND SECONDS
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <span>
#include <string>
#include <thread>

#include "vipherd/base/ip_prefix.hpp"

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kBurst = 8192;  // about what a millisecond has room for
constexpr int kSourcePort = ETH_HLEN + sizeof(iphdr);
constexpr int kUrgentPointer = kSourcePort + 18;
constexpr int kSize = kSourcePort + sizeof(tcphdr);

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "relay_flood: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

/// A random source port, and an urgent pointer, which has no meaning here and makes up for it in
/// the checksum.
int load_program() {
  const auto instruction = [](int code, int to, int from, int offset, int value) {
    bpf_insn made{};
    made.code = static_cast<__u8>(code);
    made.dst_reg = static_cast<__u8>(to) & 0xf;
    made.src_reg = static_cast<__u8>(from) & 0xf;
    made.off = static_cast<__s16>(offset);
    made.imm = value;
    return made;
  };
  const std::array<bpf_insn, 12> program{
      instruction(BPF_LDX | BPF_MEM | BPF_W, 6, 1, 0, 0),  // data
      instruction(BPF_LDX | BPF_MEM | BPF_W, 7, 1, 4, 0),  // its end
      instruction(BPF_ALU64 | BPF_MOV | BPF_X, 8, 6, 0, 0),
      instruction(BPF_ALU64 | BPF_ADD | BPF_K, 8, 0, 0, kSize),
      instruction(BPF_JMP | BPF_JGT | BPF_X, 8, 7, 5, 0),
      instruction(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_prandom_u32),
      instruction(BPF_ALU64 | BPF_AND | BPF_K, 0, 0, 0, 0xffff),
      instruction(BPF_STX | BPF_MEM | BPF_H, 6, 0, kSourcePort, 0),
      instruction(BPF_ALU64 | BPF_XOR | BPF_K, 0, 0, 0, 0xffff),
      instruction(BPF_STX | BPF_MEM | BPF_H, 6, 0, kUrgentPointer, 0),
      instruction(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, XDP_PASS),
      instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
  };
  const int loaded =
      bpf_prog_load(BPF_PROG_TYPE_XDP, "flood", "GPL", program.data(), program.size(), nullptr);
  if (loaded < 0) give_up("loading the program");
  return loaded;
}

std::uint16_t checksum(std::span<const std::uint16_t> words, std::uint32_t more) {
  std::uint32_t sum = std::accumulate(words.begin(), words.end(), more);
  while (sum > 0xffff) sum = (sum >> 16) + (sum & 0xffff);
  return static_cast<std::uint16_t>(~sum);
}

std::uint32_t in_network_order(const char* text) {
  const auto address = vipherd::IpAddress::parse(text);
  if (!address || !address->is_v4()) give_up(std::string(text) + " is no IPv4 address");
  std::uint32_t made = 0;
  std::memcpy(&made, address->bytes().data(), sizeof made);
  return made;
}

/// A pure ACK from source port 0, with the urgent pointer that goes with it.
std::array<std::uint8_t, kSize> make_frame(const char* interface, const char* client,
                                           const char* vip, int port) {
  std::array<std::uint8_t, kSize> frame{};
  ifreq question{};
  std::strncpy(question.ifr_name, interface, IFNAMSIZ - 1);
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (::ioctl(socket, SIOCGIFHWADDR, &question) != 0) give_up(interface);
  ::close(socket);
  std::memcpy(frame.data(), question.ifr_hwaddr.sa_data, ETH_ALEN);
  frame[ETH_ALEN] = 2;  // whatever router
  frame[12] = ETH_P_IP >> 8;
  iphdr ip{};
  ip.version = 4;
  ip.ihl = 5;
  ip.tot_len = htons(sizeof(iphdr) + sizeof(tcphdr));
  ip.ttl = 64;
  ip.protocol = IPPROTO_TCP;
  ip.saddr = in_network_order(client);
  ip.daddr = in_network_order(vip);
  std::array<std::uint16_t, sizeof ip / 2> ip_words{};
  std::memcpy(ip_words.data(), &ip, sizeof ip);
  ip.check = checksum(ip_words, 0);
  tcphdr tcp{};
  tcp.dest = htons(static_cast<std::uint16_t>(port));
  tcp.doff = sizeof tcp / 4;
  tcp.ack = 1;
  tcp.window = 0xffff;
  tcp.urg_ptr = 0xffff;
  std::array<std::uint16_t, sizeof tcp / 2> tcp_words{};
  std::memcpy(tcp_words.data(), &tcp, sizeof tcp);
  const std::uint32_t pseudo = (ip.saddr & 0xffff) + (ip.saddr >> 16) + (ip.daddr & 0xffff) +
                               (ip.daddr >> 16) + htons(IPPROTO_TCP) + htons(sizeof tcp);
  tcp.check = checksum(tcp_words, pseudo);
  std::memcpy(frame.data() + ETH_HLEN, &ip, sizeof ip);
  std::memcpy(frame.data() + kSourcePort, &tcp, sizeof tcp);
  return frame;
}

}  // namespace

int main(int count, char** words) {
  if (count != 7) {
    std::fputs("relay_flood INTERFACE CLIENT VIP PORT PACKETS_PER_SECOND SECONDS\n", stderr);
    return 2;
  }
  auto frame = make_frame(words[1], words[2], words[3], std::atoi(words[4]));
  const double rate = std::atof(words[5]);
  const std::chrono::duration<double> duration(std::atof(words[6]));
  const int program = load_program();
  xdp_md context{};
  context.data_end = frame.size();
  context.ingress_ifindex = ::if_nametoindex(words[1]);
  LIBBPF_OPTS(bpf_test_run_opts, options);
  options.data_in = frame.data();
  options.data_size_in = frame.size();
  options.ctx_in = &context;
  options.ctx_size_in = sizeof context;
  options.repeat = kBurst;
  options.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
  const auto begin = Clock::now();
  double sent = 0;
  while (Clock::now() - begin < duration) {
    if (bpf_prog_test_run_opts(program, &options) != 0) give_up("sending");
    sent += kBurst;
    std::this_thread::sleep_until(begin + std::chrono::duration_cast<Clock::duration>(
                                              std::chrono::duration<double>(sent / rate)));
  }
  const std::chrono::duration<double> took = Clock::now() - begin;
  std::printf("%.0f\n", sent / took.count());
}
