// ZAPI, the protocol of FRR's zebra (lib/zclient.h): bytes <-> values. Pure and bounded; trusts
// no byte it is given, keeps no state, knows no sockets. What differs between FRR versions is
// in zapi_dialect.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/event.hpp"
#include "vipherd/wire/zapi/dialect.hpp"

namespace vipherd::wire::zapi {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline constexpr std::size_t kHeaderSize = 10;
inline constexpr std::size_t kMaxMessageSize = 16384;  ///< ZEBRA_MAX_PACKET_SIZ, with the header

struct Message {
  std::uint32_t vrf = 0;
  std::uint16_t command = 0;
  ByteView body;  ///< points into the input
  std::size_t size() const { return kHeaderSize + body.size(); }
};

/// The message at the front of a stream: none yet if it is incomplete, an error if the stream is
/// not ZAPI (wrong marker, version or length), after which nothing of it can be trusted.
Result<std::optional<Message>> next_message(ByteView stream);

// ---- to zebra: each appends one or more whole messages to `out`

/// Three harmless messages to be sent before HELLO, in one write. zebra refuses the first two
/// with ERROR if it has no handler for them, which tells its version: command 17
/// (ROUTER_ID_UPDATE, not for zebra to receive, up to 9.1; ROUTER_ID_DELETE from 10.0) and an
/// impossible command. The third is for a VRF that does not exist: its refusal, marked by that
/// VRF, comes last and says that all answers are in.
void encode_probe(Bytes& out);
/// A message for a VRF that does not exist: zebra refuses it when it has come to everything
/// sent before, and the refusal is recognised by that VRF.
void encode_barrier(Bytes& out);
/// Claims the route type, instance 0, session 0 (other sessions get no route notifications),
/// asynchronous, and asks for route notifications in the dialect's way.
void encode_hello(Bytes& out, const Dialect& dialect, model::RouteType type);

/// zebra's number of the default VRF. That of another one it tells after HELLO (decode_vrf_name);
/// a message for one that it does not know it refuses with ERROR 1, marked by that number.
inline constexpr std::uint32_t kDefaultVrf = 0;

/// A blackhole host route, distance 1: it must win over the same VIP learned from another node by
/// OSPF (110) or eBGP (20), or zebra would not redistribute ours.
void encode_route_add(Bytes& out, const Dialect& dialect, model::RouteType type,
                      const IpAddress& vip, const model::RouteAttributes& route,
                      std::uint32_t vrf = kDefaultVrf);
/// Deleting a route that zebra does not hold is silent.
void encode_route_delete(Bytes& out, const Dialect& dialect, model::RouteType type,
                         const IpAddress& vip, std::uint32_t vrf = kDefaultVrf);

// ZEBRA_CLIENT_CAPABILITIES of a graceful restart. zebra passes what a session armed on to the next
// one of the same type, whether that asks for it or not. Each is for one VRF; but when one of them
// is armed, the routes of all stay, and those of the others for ever.

/// When this session ends, its routes stay for `stale`.
void encode_restart_arm(Bytes& out, const Dialect& dialect, std::chrono::seconds stale,
                        std::uint32_t vrf = kDefaultVrf);
/// They are being told again.
void encode_restart_pending(Bytes& out, const Dialect& dialect, std::uint32_t vrf = kDefaultVrf);
/// What was not is to go, which takes zebra a moment.
void encode_restart_complete(Bytes& out, const Dialect& dialect, std::uint32_t vrf = kDefaultVrf);
/// When this session ends, all routes of the type go at once, unless another VRF is still armed.
/// Takes back an encode_restart_complete that zebra has not acted on yet. Harmless if nothing was
/// armed.
void encode_restart_disable(Bytes& out, const Dialect& dialect, std::uint32_t vrf = kDefaultVrf);

// ---- from zebra

/// ERROR: 0 unknown, 1 no such VRF, 2 invalid message type. Host order.
inline constexpr std::uint32_t kErrorNoVrf = 1;
Result<std::uint32_t> decode_error(ByteView body);
bool answers_barrier(const Dialect& dialect, const Message& message);
/// The message as an answer to the probe, if it has the shape of an ERROR.
std::optional<ProbeReply> decode_probe_reply(const Message& message);

/// The name in VRF_ADD and VRF_DELETE; the number is in the header. The default VRF is among them.
Result<std::string> decode_vrf_name(ByteView body);

struct RouteNotification {
  IpPrefix prefix;
  model::RouteOutcome outcome = model::RouteOutcome::installed;
  std::uint32_t table = 0;
  friend bool operator==(const RouteNotification&, const RouteNotification&) = default;
};
/// ROUTE_NOTIFY_OWNER in any of its three layouts, told apart by their size: 7.5; 8.0 and later
/// with AFI and SAFI; 10.3 and later with a source prefix as well.
Result<RouteNotification> decode_route_notification(ByteView body);

}  // namespace vipherd::wire::zapi
