// The heartbeats of the relay's siblings as bytes (docs/relay.md): a UDP datagram each, with an
// HMAC-SHA256 if the siblings share a key. Pure; trusts no byte it is given.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/model/heartbeat.hpp"

namespace vipherd::wire {

/// Both ends are covered by the HMAC: a heartbeat cannot be sent to another node, or back.
struct HeartbeatPath {
  IpAddress from;
  IpAddress to;
};

/// `key` empty: no HMAC.
std::vector<std::uint8_t> encode_heartbeat(const model::Heartbeat& heartbeat,
                                           const HeartbeatPath& path, const std::string& key);
/// Fails with a sentence: no heartbeat, one of a vipherd that is too new, one without the HMAC that
/// the key asks for, or with one although there is no key.
Result<model::Heartbeat> decode_heartbeat(std::span<const std::uint8_t> bytes,
                                          const HeartbeatPath& path, const std::string& key);

/// What packets that are passed on carry so that they are believed: made of the key, 0 without one.
std::uint32_t relay_token(const std::string& key);

/// More than any heartbeat.
inline constexpr std::size_t kHeartbeatBuffer = 256;

}  // namespace vipherd::wire
