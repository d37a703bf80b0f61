#include "vipherd/kernel/surroundings.hpp"

#include <net/if.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "vipherd/netlink/question.hpp"
#include "vipherd/wire/netlink/rtnetlink.hpp"

namespace vipherd::kernel {
namespace {

using model::Neighbourhood;
namespace rtnl = wire::rtnetlink;

/// 10,000 addresses on lo take 1 MiB, a datagram at a time.
constexpr int kSurroundingsBuffer = 1024 * 1024;
/// Nothing is sent there: the route that a packet to the rest of the world would take.
constexpr const char* kFarV4 = "1.0.0.1";
constexpr const char* kFarV6 = "2600::";

class SurroundingsReader {
 public:
  explicit SurroundingsReader(netlink::Socket socket) : socket_(std::move(socket)) {}

  Result<std::vector<Neighbourhood>> read() {
    auto failure = ask(rtnl::encode_link_dump_request(++sequence_), true);
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      if (failure) failure = ask(rtnl::encode_address_dump_request(family, ++sequence_), true);
    }
    for (const auto& [index, link] : links_) {
      if (failure && link.vrf_table != 0) failure = ask_gateways(index);
    }
    if (failure) failure = ask_gateways(0);
    if (!failure) return failure.error();
    for (const rtnl::AddressMessage& address : addresses_) add_own(address);
    std::ranges::sort(found_, {}, [](const Neighbourhood& one) {
      return std::tie(one.vrf, one.kind, one.prefix, one.interface);
    });
    found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
    return std::move(found_);
  }

 private:
  Result<void> ask_gateways(std::uint32_t vrf) {
    for (const char* far : {kFarV4, kFarV6}) {
      gateways_of_ = vrf;
      const IpAddress to = IpAddress::parse(far).value();
      if (auto asked = ask(rtnl::encode_route_lookup(to, vrf, ++sequence_), false); !asked) {
        return asked;
      }
    }
    return {};
  }

  Result<void> ask(const rtnl::Bytes& request, bool dump) {
    return netlink::ask(socket_, request, sequence_,
                        [&](const rtnl::Body& body) { return take(body) || !dump; });
  }

  /// True at the end of an answer. That there is no such route is an answer as well.
  bool take(const rtnl::Body& body) {
    if (const auto* link = std::get_if<rtnl::LinkMessage>(&body)) {
      links_[link->index] = *link;
    } else if (const auto* address = std::get_if<rtnl::AddressMessage>(&body)) {
      addresses_.push_back(*address);
    } else if (const auto* route = std::get_if<rtnl::RouteMessage>(&body)) {
      for (const IpAddress& gateway : route->gateways) {
        found_.push_back({Neighbourhood::Kind::gateway,
                          {gateway, gateway.host_length()},
                          name_of(route->oif),
                          name_of(gateways_of_)});
      }
    } else {
      return std::holds_alternative<rtnl::Done>(body) || std::holds_alternative<rtnl::Ack>(body);
    }
    return false;
  }

  void add_own(const rtnl::AddressMessage& address) {
    const auto link = links_.find(address.index);
    if (link == links_.end()) return;
    const unsigned flags = link->second.flags;
    const bool dummy = (flags & IFF_NOARP) != 0 && (flags & IFF_POINTOPOINT) == 0;
    if ((flags & IFF_LOOPBACK) != 0 || link->second.vrf_table != 0 || dummy) return;
    static const IpPrefix kLinkLocalV6 = IpPrefix::parse("fe80::/10").value();
    if (kLinkLocalV6.contains(address.local.address)) return;
    IpPrefix prefix = address.local;
    // The length is then that of the other end.
    if (address.has_peer) prefix.length = prefix.address.host_length();
    found_.push_back({Neighbourhood::Kind::own, prefix, link->second.name, vrf_of(link->second)});
  }

  /// An interface may belong to a bridge or a bond that belongs to a VRF.
  std::string vrf_of(const rtnl::LinkMessage& link) const {
    std::uint32_t master = link.master;
    for (int depth = 0; depth < 8 && master != 0; ++depth) {
      const auto found = links_.find(master);
      if (found == links_.end()) return {};
      if (found->second.vrf_table != 0) return found->second.name;
      master = found->second.master;
    }
    return {};
  }

  std::string name_of(std::uint32_t index) const {
    const auto found = links_.find(index);
    return found == links_.end() ? std::string() : found->second.name;
  }

  netlink::Socket socket_;
  std::uint32_t sequence_ = 0;
  std::uint32_t gateways_of_ = 0;  ///< the VRF's interface, or 0
  std::map<std::uint32_t, rtnl::LinkMessage> links_;
  std::vector<rtnl::AddressMessage> addresses_;
  std::vector<Neighbourhood> found_;
};

}  // namespace

Result<std::vector<Neighbourhood>> read_surroundings() {
  auto socket = netlink::Socket::open(netlink::Blocking::no, kSurroundingsBuffer);
  if (!socket) return socket.error();
  socket->prepare_for_requests();
  return SurroundingsReader(std::move(*socket)).read();
}

}  // namespace vipherd::kernel
