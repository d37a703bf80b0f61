// Ethernet frames for tests, written byte by byte as the RFCs have them; both families alike.
#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

#include "vipherd/base/ip_prefix.hpp"

namespace vipherd::relay::testing {

using Bytes = std::vector<std::uint8_t>;

inline void put8(Bytes& to, unsigned value) { to.push_back(static_cast<std::uint8_t>(value)); }
inline void put16(Bytes& to, unsigned value) {
  put8(to, value >> 8 & 0xff);
  put8(to, value & 0xff);
}
inline void put32(Bytes& to, std::uint32_t value) {
  put16(to, value >> 16);
  put16(to, value & 0xffff);
}
inline void append(Bytes& to, std::span<const std::uint8_t> what) {
  to.insert(to.end(), what.begin(), what.end());
}

inline std::uint16_t checksum(const Bytes& data) {
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < data.size(); ++at) sum += at % 2 == 0 ? data[at] << 8 : data[at];
  while (sum > 0xffff) sum = (sum >> 16) + (sum & 0xffff);
  return static_cast<std::uint16_t>(~sum);
}
inline void set16(Bytes& data, std::size_t at, unsigned value) {
  data[at] = static_cast<std::uint8_t>(value >> 8);
  data[at + 1] = static_cast<std::uint8_t>(value);
}

struct Ip {
  IpAddress from, to;
  unsigned protocol = 6;
  unsigned ttl = 64;
  unsigned fragment = 0;  ///< IPv4: flags and offset
};

inline Bytes ip(const Ip& header, const Bytes& payload) {
  Bytes packet;
  if (header.from.is_v4()) {
    packet = {0x45, 0};
    put16(packet, static_cast<unsigned>(20 + payload.size()));
    put16(packet, 0);
    put16(packet, header.fragment);
    put8(packet, header.ttl);
    put8(packet, header.protocol);
    put16(packet, 0);
    append(packet, header.from.bytes());
    append(packet, header.to.bytes());
    set16(packet, 10, checksum(packet));
  } else {
    packet = {0x60, 0, 0, 0};
    put16(packet, static_cast<unsigned>(payload.size()));
    put8(packet, header.protocol);
    put8(packet, header.ttl);
    append(packet, header.from.bytes());
    append(packet, header.to.bytes());
  }
  append(packet, payload);
  return packet;
}

inline Bytes frame(const Bytes& packet) {
  // To the loopback interface, by which the packets of test runs come in.
  Bytes whole = {0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2};
  put16(whole, packet[0] >> 4 == 4 ? 0x0800 : 0x86dd);
  append(whole, packet);
  return whole;
}

enum Flags : unsigned { kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16 };

struct Tcp {
  IpAddress from, to;
  std::uint16_t from_port = 0, to_port = 0;
  unsigned flags = kAck;
  std::uint32_t sequence = 1, acknowledges = 1;
  Bytes options{};
  Bytes data{};
};

inline Bytes tcp_segment(const Tcp& tcp) {
  Bytes segment;
  put16(segment, tcp.from_port);
  put16(segment, tcp.to_port);
  put32(segment, tcp.sequence);
  put32(segment, tcp.acknowledges);
  put16(segment, static_cast<unsigned>((20 + tcp.options.size()) / 4 << 12) | tcp.flags);
  put16(segment, 65535);
  put32(segment, 0);
  append(segment, tcp.options);
  append(segment, tcp.data);
  Bytes pseudo(tcp.from.bytes().begin(), tcp.from.bytes().end());
  append(pseudo, tcp.to.bytes());
  put32(pseudo, static_cast<std::uint32_t>(segment.size()));
  put32(pseudo, 6);
  append(pseudo, segment);
  set16(segment, 16, checksum(pseudo));
  return segment;
}

inline Bytes tcp_packet(const Tcp& tcp) {
  return ip({.from = tcp.from, .to = tcp.to, .protocol = 6}, tcp_segment(tcp));
}

inline Bytes udp(std::uint16_t from, std::uint16_t to, const Bytes& payload) {
  Bytes datagram;
  put16(datagram, from);
  put16(datagram, to);
  put16(datagram, static_cast<unsigned>(8 + payload.size()));
  put16(datagram, 0);
  append(datagram, payload);
  return datagram;
}

struct Wrapping {
  IpAddress from, to;
  std::uint16_t flow_port = 0, port = 0;
  unsigned hops = 0, version = 1;
  std::uint32_t token = 0;
};

/// As docs/relay.md has it.
inline Bytes wrapped(const Wrapping& wrapping, const Bytes& inner) {
  Bytes payload;
  put8(payload, wrapping.version);
  put8(payload, wrapping.hops);
  put16(payload, 0);
  put32(payload, wrapping.token);
  append(payload, inner);
  return ip({.from = wrapping.from, .to = wrapping.to, .protocol = 17, .fragment = 0x4000},
            udp(wrapping.flow_port | 0xc000, wrapping.port, payload));
}

/// Destination unreachable, about this packet.
inline Bytes icmp_error(const IpAddress& from, const IpAddress& to, const Bytes& about) {
  Bytes message = {static_cast<std::uint8_t>(from.is_v4() ? 3 : 1), 1, 0, 0, 0, 0, 0, 0};
  append(message, about);
  return ip({.from = from, .to = to, .protocol = from.is_v4() ? 1u : 58u}, message);
}

}  // namespace vipherd::relay::testing
