#include "vipherd/relay/data_path.hpp"

#include <net/if.h>

#include <algorithm>
#include <memory>
#include <set>

#include "relay/filters.hpp"
#include "relay/netlink.hpp"
#include "relay/program.hpp"

namespace vipherd::relay {
namespace {

/// IP and TCP headers without options, which an MSS does not count (RFC 9293 section 3.7.1).
constexpr std::uint32_t headers(Family family) { return family == Family::ipv4 ? 40 : 60; }

std::uint32_t most_mss(Family family, std::uint32_t mtu) {
  return mtu - std::min(mtu, overhead(family) + headers(family));
}

/// For connections that begin while no sibling is alive: once one returns they have to fit. 0: no
/// sibling of this family can be reached.
std::uint32_t most_mss_for_later(const Program& program, const IpAddress& self) {
  for (const IpAddress& sibling : program.siblings()) {
    if (sibling.family() != self.family()) continue;
    const auto hop = hop_towards(sibling, self);
    if (!hop) continue;
    if (const auto link = read_link(hop->interface)) return most_mss(self.family(), link->mtu);
  }
  return 0;
}

Descriptors descriptors_of(const Program& program) {
  return {program.ingress_descriptor(), program.egress_descriptor()};
}

/// Filters of any process, from all interfaces but these, which are given by index: one may have
/// several names.
Result<std::vector<std::string>> remove_from_all_but(const std::set<unsigned>& kept) {
  std::vector<std::string> had;
  const std::unique_ptr<struct if_nameindex, decltype(&::if_freenameindex)> all(::if_nameindex(),
                                                                                ::if_freenameindex);
  if (!all) return fail("the kernel does not list its interfaces");
  for (const struct if_nameindex* one = all.get(); one->if_index != 0; ++one) {
    if (kept.contains(one->if_index)) continue;
    const auto removed = remove_any_filters(one->if_index);
    if (!removed) return removed.error();
    if (*removed) had.emplace_back(one->if_name);
  }
  return had;
}

}  // namespace

struct DataPath::State {
  Program program;
  std::set<unsigned> attached{};  ///< interfaces, by index
  bool others_removed = false;    ///< what a predecessor had on other interfaces
};

DataPath::DataPath(std::unique_ptr<State> state) : state_(std::move(state)) {}
DataPath::DataPath(DataPath&&) noexcept = default;
DataPath& DataPath::operator=(DataPath&& other) noexcept {
  if (this == &other) return *this;
  if (state_) static_cast<void>(detach());
  state_ = std::move(other.state_);
  return *this;
}
DataPath::~DataPath() {
  if (state_) static_cast<void>(detach());
}

Result<DataPath> DataPath::load(const Settings& settings) {
  auto program = Program::load(settings);
  if (!program) return program.error();
  return DataPath(std::make_unique<State>(State{std::move(*program)}));
}

Result<void> DataPath::set_vips(const std::vector<IpAddress>& vips) {
  return state_->program.set_vips(vips);
}

Result<void> DataPath::set_siblings(const std::vector<IpAddress>& siblings) {
  return state_->program.set_siblings(siblings);
}

Result<void> DataPath::set_ring(Family family, const Ring& ring) {
  Way way{.self = ring.self};
  // What cannot be passed on must not be passed on into the void: until the end this ring is empty.
  const auto give_up = [&](Error why) -> Result<void> {
    way.next.reset();
    way.most_mss = most_mss_for_later(state_->program, ring.self);
    static_cast<void>(state_->program.set_way(family, way));
    return why;
  };
  if (ring.self.family() != family) return give_up(fail("the relay's ring is of another family"));
  if (ring.live.empty()) {
    way.most_mss = most_mss_for_later(state_->program, ring.self);
    return state_->program.set_way(family, way);
  }
  for (const IpAddress& sibling : ring.live) {
    if (state_->program.is_sibling(sibling) && sibling.family() == family) continue;
    return give_up(fail(sibling.to_string() + " is in the relay's ring, but no sibling"));
  }
  const auto hop = hop_towards(ring.live.front(), ring.self);
  if (!hop) return give_up(hop.error());
  const auto link = read_link(hop->interface);
  if (!link) return give_up(link.error());
  way.next = ring.live.front();
  way.hops = static_cast<std::uint32_t>(ring.live.size());
  way.hop = *hop;
  way.mtu = link->mtu;
  way.most_mss = most_mss(family, link->mtu);
  return state_->program.set_way(family, way);
}

void DataPath::renew(std::chrono::steady_clock::time_point until) { state_->program.renew(until); }

Result<void> DataPath::attach(const std::vector<std::string>& interfaces) {
  const Descriptors programs = descriptors_of(state_->program);
  Result<void> first{};
  const auto note = [&](const Result<void>& done) {
    if (first && !done) first = done;
  };
  std::set<unsigned> desired;
  for (const std::string& name : interfaces) {
    note(put_filters(name, programs));
    desired.insert(::if_nametoindex(name.c_str()));
  }
  for (const unsigned index : state_->attached) {
    if (!desired.contains(index)) note(remove_filters(index, programs));
  }
  desired.erase(0);
  if (!desired.empty() && !state_->others_removed) {
    const auto removed = remove_from_all_but(desired);
    state_->others_removed = removed.has_value();
    if (!removed) note(removed.error());
  }
  state_->attached = std::move(desired);
  return first;
}

Result<void> DataPath::detach() { return attach({}); }

void DataPath::leave() { state_->attached.clear(); }

Result<Counters> DataPath::counters() const { return state_->program.counters(); }

Result<std::vector<std::string>> remove_orphans() { return remove_from_all_but({}); }

bool is_built_in() { return true; }

}  // namespace vipherd::relay
