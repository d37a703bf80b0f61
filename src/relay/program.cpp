#include "relay/program.hpp"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <numeric>

#include "relay.skel.h"
#include "relay/libbpf_log.hpp"

namespace vipherd::relay {
namespace {

/// Ethernet's part of a packet is none of the MTU; IP and UDP headers and the relay's own are.
constexpr std::uint32_t kUdpAndRelay = 8 + sizeof(relay_header);

Error failed(const std::string& what, int code) {
  return fail(what + ": " + std::strerror(std::abs(code)) + last_words());
}

relay_address to_key(const IpAddress& address) {
  relay_address key{};
  const auto bytes = address.bytes();
  std::ranges::copy(bytes, key.bytes + (sizeof key.bytes - bytes.size()));
  if (address.is_v4()) key.bytes[10] = key.bytes[11] = 0xff;
  return key;
}

std::uint64_t per_window(std::uint32_t packets_per_second) {
  const auto windows = std::uint64_t{1'000'000'000} >> RELAY_WINDOW_SHIFT;
  return std::max<std::uint64_t>(1, packets_per_second / windows);
}

relay_ring to_kernel(const Way& way, std::uint32_t index) {
  relay_ring ring{};
  ring.self = to_key(way.self);
  ring.most_mss = way.most_mss;
  if (!way.next) return ring;
  ring.next = to_key(*way.next);
  ring.next_index = index;
  ring.ifindex = way.hop.interface;
  ring.gateway = to_key(way.hop.gateway);
  ring.hops = way.hops;
  ring.mtu = way.mtu;
  return ring;
}

using Counts = std::array<std::uint64_t, RELAY_COUNTS>;

SiblingCounters to_counters(const IpAddress& sibling, const Counts& counts) {
  return {.sibling = sibling,
          .passed_on = counts[RELAY_PASSED_ON],
          .forwarded = counts[RELAY_FORWARDED],
          .accepted = counts[RELAY_ACCEPTED],
          .unowned = counts[RELAY_UNOWNED],
          .undeliverable = counts[RELAY_UNDELIVERABLE],
          .malformed = counts[RELAY_MALFORMED],
          .rate_limited = counts[RELAY_LIMITED],
          .connections_passed_on = counts[RELAY_CONNECTIONS_PASSED_ON],
          .connections_accepted = counts[RELAY_CONNECTIONS_ACCEPTED],
          .connections_unowned = counts[RELAY_CONNECTIONS_UNOWNED]};
}

/// Each CPU counts for itself.
using PerCpu = std::vector<std::uint64_t>;
Result<PerCpu> per_cpu() {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus <= 0) return failed("counting the processors", cpus);
  return PerCpu(static_cast<std::size_t>(cpus));
}

Result<Counts> read_counts(int map, std::uint32_t index) {
  Counts counts{};
  auto parts = per_cpu();
  if (!parts) return parts.error();
  for (std::uint32_t kind = 0; kind < RELAY_COUNTS; ++kind) {
    const std::uint32_t key = index * RELAY_COUNTS + kind;
    const int code = bpf_map_lookup_elem(map, &key, parts->data());
    if (code != 0) return failed("reading the relay's counters", code);
    counts[kind] = std::accumulate(parts->begin(), parts->end(), std::uint64_t{0});
  }
  return counts;
}

int clear_counts(int map, std::uint32_t index) {
  const auto nothing = per_cpu();
  if (!nothing) return -EMFILE;
  int code = 0;
  for (std::uint32_t kind = 0; kind < RELAY_COUNTS && code == 0; ++kind) {
    const std::uint32_t key = index * RELAY_COUNTS + kind;
    code = bpf_map_update_elem(map, &key, nothing->data(), BPF_ANY);
  }
  return code;
}

}  // namespace

std::uint32_t overhead(Family family) { return (family == Family::ipv4 ? 20 : 40) + kUdpAndRelay; }

void Program::Destroy::operator()(relay_bpf* skeleton) const { relay_bpf::destroy(skeleton); }

Result<Program> Program::load(const Settings& settings) {
  quiet_libbpf();
  relay_bpf* skeleton = relay_bpf::open();
  if (skeleton == nullptr) return failed("opening the relay's program", errno);
  Program program(skeleton);
  skeleton->rodata->relay_port = htons(settings.port);
  skeleton->rodata->relay_token = htonl(settings.token);
  skeleton->rodata->packets_per_window = per_window(settings.packets_per_second);
  int code = bpf_map__set_max_entries(skeleton->maps.vips, std::max(1u, settings.most_vips));
  if (code == 0) code = relay_bpf::load(skeleton);
  if (code != 0) return failed("loading the relay's program into the kernel", code);
  return program;
}

Result<void> Program::set_vips(const std::vector<IpAddress>& vips) {
  quiet_libbpf();
  const std::set<IpAddress> desired(vips.begin(), vips.end());
  const int map = bpf_map__fd(skeleton_->maps.vips);
  for (auto vip = vips_.begin(); vip != vips_.end();) {
    const relay_address key = to_key(*vip);
    if (!desired.contains(*vip)) {
      const int code = bpf_map_delete_elem(map, &key);
      if (code != 0 && code != -ENOENT)
        return failed("taking " + vip->to_string() + " from the relay", code);
      vip = vips_.erase(vip);
    } else {
      ++vip;
    }
  }
  for (const IpAddress& vip : desired) {
    if (vips_.contains(vip)) continue;
    const relay_address key = to_key(vip);
    const std::uint8_t present = 1;
    const int code = bpf_map_update_elem(map, &key, &present, BPF_ANY);
    if (code != 0) return failed("giving the relay " + vip.to_string(), code);
    vips_.insert(vip);
  }
  return {};
}

std::uint32_t Program::free_index() const {
  std::uint32_t index = 1;
  while (std::ranges::any_of(siblings_, [&](const auto& one) { return one.second == index; }))
    ++index;
  return index;
}

Result<void> Program::set_siblings(const std::vector<IpAddress>& siblings) {
  quiet_libbpf();
  const std::set<IpAddress> desired(siblings.begin(), siblings.end());
  if (desired.size() > kMostSiblings) {
    return fail(std::to_string(desired.size()) + " siblings; the relay knows at most " +
                std::to_string(kMostSiblings));
  }
  const int map = bpf_map__fd(skeleton_->maps.siblings);
  for (auto sibling = siblings_.begin(); sibling != siblings_.end();) {
    const relay_address key = to_key(sibling->first);
    if (!desired.contains(sibling->first)) {
      bpf_map_delete_elem(map, &key);
      sibling = siblings_.erase(sibling);
    } else {
      ++sibling;
    }
  }
  for (const IpAddress& sibling : desired) {
    if (siblings_.contains(sibling)) continue;
    const relay_address key = to_key(sibling);
    const std::uint32_t index = free_index();
    // The index may have been another sibling's. Connections that were counted for that one and
    // come again are not counted for this one.
    int code = clear_counts(bpf_map__fd(skeleton_->maps.counts), index);
    if (code == 0) code = bpf_map_update_elem(map, &key, &index, BPF_ANY);
    if (code != 0) return failed("giving the relay its sibling " + sibling.to_string(), code);
    siblings_.emplace(sibling, index);
  }
  return write_ways();  // their indices may be others now
}

std::vector<IpAddress> Program::siblings() const {
  std::vector<IpAddress> all;
  for (const auto& [sibling, index] : siblings_) all.push_back(sibling);
  return all;
}

Result<void> Program::set_way(Family family, const Way& way) {
  ways_.insert_or_assign(family, way);
  return write_ways();
}

Result<void> Program::write_ways() {
  std::array<relay_ring, RELAY_FAMILIES> rings{};
  for (const auto& [family, way] : ways_) {
    Way known = way;
    const auto sibling = way.next ? siblings_.find(*way.next) : siblings_.end();
    if (sibling == siblings_.end()) known.next.reset();
    rings[family == Family::ipv4 ? RELAY_V4 : RELAY_V6] =
        to_kernel(known, sibling == siblings_.end() ? 0 : sibling->second);
  }
  if (std::memcmp(written_.data(), rings.data(), sizeof rings) == 0) return {};
  auto* shared = skeleton_->bss;
  const std::uint32_t other = shared->active_rings == 0 ? RELAY_FAMILIES : 0;
  for (std::uint32_t family = 0; family < RELAY_FAMILIES; ++family) {
    const std::uint32_t key = other + family;
    const int code =
        bpf_map_update_elem(bpf_map__fd(skeleton_->maps.rings), &key, &rings[family], BPF_ANY);
    if (code != 0) return failed("giving the relay its ring", code);
  }
  __atomic_store_n(&shared->active_rings, other, __ATOMIC_RELEASE);
  written_ = rings;
  return {};
}

void Program::renew(std::chrono::steady_clock::time_point until) {
  // steady_clock is the kernel's CLOCK_MONOTONIC, which the program reads.
  const auto since_boot = std::chrono::nanoseconds(until.time_since_epoch()).count();
  __atomic_store_n(&skeleton_->bss->valid_until, static_cast<std::uint64_t>(since_boot),
                   __ATOMIC_RELAXED);
}

Result<Counters> Program::counters() const {
  quiet_libbpf();
  const int map = bpf_map__fd(skeleton_->maps.counts);
  const auto node = read_counts(map, 0);
  if (!node) return node.error();
  Counters found{.strangers = (*node)[RELAY_STRANGERS],
                 .untouched = (*node)[RELAY_UNTOUCHED],
                 .too_big = (*node)[RELAY_TOO_BIG],
                 .rate_limited = (*node)[RELAY_LIMITED],
                 .clamped = (*node)[RELAY_CLAMPED]};
  for (const auto& [sibling, index] : siblings_) {
    const auto counts = read_counts(map, index);
    if (!counts) return counts.error();
    found.siblings.push_back(to_counters(sibling, *counts));
  }
  return found;
}

int Program::ingress_descriptor() const {
  return bpf_program__fd(skeleton_->progs.vipherd_ingress);
}
int Program::egress_descriptor() const { return bpf_program__fd(skeleton_->progs.vipherd_egress); }

}  // namespace vipherd::relay
