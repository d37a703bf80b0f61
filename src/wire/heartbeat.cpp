#include "vipherd/wire/heartbeat.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

namespace vipherd::wire {
namespace {

using model::Heartbeat;
using HeartbeatBytes = std::vector<std::uint8_t>;

// "vhrd", version, kind, two bytes of 0; run, number, run and number echoed (8 bytes each), time
// held in microseconds (4 bytes); all in network order. Then the HMAC, if there is a key.
constexpr std::array<std::uint8_t, 4> kHeartbeatMagic{'v', 'h', 'r', 'd'};
constexpr std::uint8_t kHeartbeatVersion = 1;
constexpr std::size_t kHeartbeatSize = 44;
constexpr std::size_t kHmacSize = 32;
constexpr std::uint8_t kLastKind = static_cast<std::uint8_t>(Heartbeat::Kind::leaving);

void append_big_endian(HeartbeatBytes& out, std::uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(number >> shift));
  }
}

std::uint64_t take_big_endian(std::span<const std::uint8_t>& bytes, std::size_t size) {
  std::uint64_t number = 0;
  for (const std::uint8_t byte : bytes.first(size)) number = number << 8 | byte;
  bytes = bytes.subspan(size);
  return number;
}

using Hmac = std::array<std::uint8_t, kHmacSize>;

Hmac hmac_of(const HeartbeatBytes& covered, const std::string& key) {
  Hmac hmac{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), covered.data(), covered.size(),
       hmac.data(), &size);
  return hmac;
}

/// The heartbeat's bytes, and between whom.
Hmac hmac_of(std::span<const std::uint8_t> bytes, const HeartbeatPath& path,
             const std::string& key) {
  HeartbeatBytes covered(bytes.begin(), bytes.end());
  for (const IpAddress& end : {path.from, path.to}) {
    covered.push_back(end.is_v4() ? 4 : 6);
    covered.insert(covered.end(), end.bytes().begin(), end.bytes().end());
  }
  return hmac_of(covered, key);
}

}  // namespace

HeartbeatBytes encode_heartbeat(const Heartbeat& heartbeat, const HeartbeatPath& path,
                                const std::string& key) {
  HeartbeatBytes out(kHeartbeatMagic.begin(), kHeartbeatMagic.end());
  out.push_back(kHeartbeatVersion);
  out.push_back(static_cast<std::uint8_t>(heartbeat.kind));
  append_big_endian(out, 0, 2);
  append_big_endian(out, heartbeat.mark.run, 8);
  append_big_endian(out, heartbeat.mark.number, 8);
  append_big_endian(out, heartbeat.echo.run, 8);
  append_big_endian(out, heartbeat.echo.number, 8);
  const auto held = std::clamp<std::int64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(heartbeat.held).count(), 0,
      std::numeric_limits<std::uint32_t>::max());
  append_big_endian(out, static_cast<std::uint64_t>(held), 4);
  if (key.empty()) return out;
  const Hmac hmac = hmac_of(out, path, key);
  out.insert(out.end(), hmac.begin(), hmac.end());
  return out;
}

Result<Heartbeat> decode_heartbeat(std::span<const std::uint8_t> bytes, const HeartbeatPath& path,
                                   const std::string& key) {
  if (bytes.size() < kHeartbeatSize ||
      !std::ranges::equal(bytes.first(kHeartbeatMagic.size()), kHeartbeatMagic)) {
    return fail("it is no heartbeat");
  }
  const auto body = bytes.first(kHeartbeatSize);
  const auto hmac = bytes.subspan(kHeartbeatSize);
  if (body[4] != kHeartbeatVersion) {
    return fail("it is a heartbeat of version " + std::to_string(body[4]) + ", expected " +
                std::to_string(kHeartbeatVersion));
  }
  if (key.empty() && !hmac.empty()) return fail("it has an HMAC, and there is no key here");
  if (!key.empty()) {
    if (hmac.empty()) return fail("it has no HMAC, and there is a key here");
    const Hmac expected = hmac_of(body, path, key);
    if (hmac.size() != kHmacSize || CRYPTO_memcmp(hmac.data(), expected.data(), kHmacSize) != 0) {
      return fail("its HMAC is of another key");
    }
  }
  if (body[5] > kLastKind) return fail("it is a heartbeat of an unknown kind");
  Heartbeat heartbeat{.kind = static_cast<Heartbeat::Kind>(body[5])};
  auto rest = body.subspan(8);
  heartbeat.mark = {take_big_endian(rest, 8), 0};
  heartbeat.mark.number = take_big_endian(rest, 8);
  heartbeat.echo.run = take_big_endian(rest, 8);
  heartbeat.echo.number = take_big_endian(rest, 8);
  heartbeat.held = std::chrono::microseconds(static_cast<std::int64_t>(take_big_endian(rest, 4)));
  return heartbeat;
}

std::uint32_t relay_token(const std::string& key) {
  if (key.empty()) return 0;
  constexpr std::string_view kPurpose = "vipherd relay: packets";
  const Hmac hmac = hmac_of(HeartbeatBytes(kPurpose.begin(), kPurpose.end()), key);
  std::span<const std::uint8_t> bytes(hmac);
  return static_cast<std::uint32_t>(take_big_endian(bytes, 4));
}

}  // namespace vipherd::wire
