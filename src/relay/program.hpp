// The programs and maps as libbpf has them: loads, writes and reads them. Knows no interface and no
// route.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "relay/bpf/shared.h"
#include "relay/netlink.hpp"
#include "vipherd/relay/data_path.hpp"

struct relay_bpf;

namespace vipherd::relay {

/// A ring with what the kernel was asked about it.
struct Way {
  IpAddress self;
  std::optional<IpAddress> next{};  ///< without one nothing is passed on
  std::uint32_t hops = 0;
  Hop hop{};
  std::uint32_t mtu = 0;
  std::uint32_t most_mss = 0;
  friend bool operator==(const Way&, const Way&) = default;
};

/// The kernel's names for them, by which a successor and a clean-up know them (15 bytes at most).
inline constexpr const char* kIngressName = "vipherd_ingress";
inline constexpr const char* kEgressName = "vipherd_egress";

/// What the outer headers take of a packet.
std::uint32_t overhead(Family family);

class Program {
 public:
  static Result<Program> load(const Settings& settings);

  Result<void> set_vips(const std::vector<IpAddress>& vips);
  Result<void> set_siblings(const std::vector<IpAddress>& siblings);
  bool is_sibling(const IpAddress& address) const { return siblings_.contains(address); }
  std::vector<IpAddress> siblings() const;
  Result<void> set_way(Family family, const Way& way);
  void renew(std::chrono::steady_clock::time_point until);
  Result<Counters> counters() const;

  int ingress_descriptor() const;
  int egress_descriptor() const;

 private:
  struct Destroy {
    void operator()(relay_bpf* skeleton) const;
  };
  explicit Program(relay_bpf* skeleton) : skeleton_(skeleton) {}
  std::uint32_t free_index() const;
  Result<void> write_ways();

  std::unique_ptr<relay_bpf, Destroy> skeleton_;
  std::set<IpAddress> vips_;
  std::map<IpAddress, std::uint32_t> siblings_;  ///< with their index
  std::map<Family, Way> ways_;
  std::array<relay_ring, RELAY_FAMILIES> written_{};  ///< that are in force
};

}  // namespace vipherd::relay
