#include "vipherd/wire/zapi/zapi.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "wire/zapi/numbers.hpp"

namespace vipherd::wire::zapi {
namespace {

/// Appends one message; the length is known when the scope ends.
class Writer {
 public:
  Writer(Bytes& out, std::uint16_t command, std::uint32_t vrf = 0) : out_(out), start_(out.size()) {
    u16(0);
    u8(kMarker);
    u8(kVersion);
    u32(vrf);
    u16(command);
  }
  ~Writer() {
    const std::size_t length = out_.size() - start_;
    out_[start_] = static_cast<std::uint8_t>(length >> 8);
    out_[start_ + 1] = static_cast<std::uint8_t>(length & 0xff);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void u8(std::uint8_t value) { out_.push_back(value); }
  void u16(std::uint16_t value) {
    u8(static_cast<std::uint8_t>(value >> 8));
    u8(static_cast<std::uint8_t>(value & 0xff));
  }
  void u32(std::uint32_t value) {
    u16(static_cast<std::uint16_t>(value >> 16));
    u16(static_cast<std::uint16_t>(value & 0xffff));
  }
  void bytes(ByteView value) { out_.insert(out_.end(), value.begin(), value.end()); }

 private:
  Bytes& out_;
  std::size_t start_;
};

void write_empty(Bytes& out, std::uint16_t command, std::uint32_t vrf) {
  const Writer message(out, command, vrf);
}

/// Reads within bounds: past the end it yields zeros and remembers that it failed.
class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}

  std::uint8_t u8() {
    const ByteView one = take(1);
    return one.empty() ? std::uint8_t{0} : one[0];
  }
  std::uint16_t u16() {
    const unsigned high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }
  /// A field that zebra copies raw: host order, which a UNIX socket never leaves.
  std::uint32_t host_u32() {
    std::uint32_t value = 0;
    const ByteView raw = take(sizeof value);
    if (!raw.empty()) std::memcpy(&value, raw.data(), sizeof value);
    return value;
  }
  ByteView take(std::size_t count) {
    if (bytes_.size() < count) {
      failed_ = true;
      bytes_ = {};
      return {};
    }
    const ByteView taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }
  bool failed() const { return failed_; }

 private:
  ByteView bytes_;
  bool failed_ = false;
};

std::uint8_t family_number(const IpAddress& address) {
  return address.is_v4() ? kFamilyIpv4 : kFamilyIpv6;
}

/// What ROUTE_ADD and ROUTE_DELETE begin with.
void write_route(Writer& writer, std::uint8_t type, std::uint32_t presence, const IpAddress& vip) {
  writer.u8(type);
  writer.u16(0);  // instance
  writer.u32(0);  // flags
  writer.u32(presence);
  writer.u8(kSafiUnicast);
  writer.u8(family_number(vip));
  writer.u8(vip.host_length());
  writer.bytes(vip.bytes());
}

// enum zserv_client_capabilities of lib/zclient.h.
constexpr std::uint32_t kRestartCapability = 1;
constexpr std::uint32_t kRestartComplete = 2;
constexpr std::uint32_t kRestartPending = 3;
constexpr std::uint32_t kRestartDisable = 4;
constexpr std::uint32_t kAfiIpv4 = 1;
constexpr std::uint32_t kAfiIpv6 = 2;

/// Each ends with the VRF; that in the header counts for nothing.
void write_capability(Bytes& out, const Dialect& dialect, std::uint32_t vrf,
                      std::initializer_list<std::uint32_t> numbers) {
  Writer writer(out, dialect.client_capabilities);
  for (const std::uint32_t number : numbers) writer.u32(number);
  writer.u32(vrf);
}

/// VRF_ADD and VRF_DELETE: the table, the name of the network namespace (16 bytes in 7.5, 36 from
/// 8.0 on) and the VRF's.
constexpr std::size_t kVrfNameSize = 36;
constexpr std::size_t kVrfSize75 = 4 + 16 + kVrfNameSize;
constexpr std::size_t kVrfSize = 4 + 36 + kVrfNameSize;

/// Sizes of ROUTE_NOTIFY_OWNER by layout, for addresses of `bytes`.
constexpr std::size_t size_v1(std::size_t bytes) { return 4 + 1 + 1 + bytes + 4; }
constexpr std::size_t size_v2(std::size_t bytes) { return size_v1(bytes) + 2; }
constexpr std::size_t size_v3(std::size_t bytes) { return size_v2(bytes) + 1 + bytes; }

std::optional<model::RouteOutcome> route_outcome(std::uint32_t number) {
  switch (number) {
    case 0:
      return model::RouteOutcome::install_failed;
    case 1:
      return model::RouteOutcome::not_selected;
    case 2:
      return model::RouteOutcome::installed;
    case 3:
      return model::RouteOutcome::removed;
    case 4:
      return model::RouteOutcome::remove_failed;
  }
  return std::nullopt;
}

}  // namespace

Result<std::optional<Message>> next_message(ByteView stream) {
  if (stream.size() < kHeaderSize) return std::optional<Message>();
  const std::size_t length = static_cast<std::size_t>(stream[0] << 8 | stream[1]);
  if (stream[2] != kMarker || stream[3] != kVersion) {
    return fail("corrupt ZAPI header: marker " + std::to_string(stream[2]) + ", version " +
                std::to_string(stream[3]));
  }
  if (length < kHeaderSize || length > kMaxMessageSize) {
    return fail("corrupt ZAPI header: length " + std::to_string(length));
  }
  if (stream.size() < length) return std::optional<Message>();
  Reader header(stream.subspan(4, 4));
  Message message;
  message.vrf = header.u32();
  message.command = static_cast<std::uint16_t>(stream[8] << 8 | stream[9]);
  message.body = stream.subspan(kHeaderSize, length - kHeaderSize);
  return std::optional(message);
}

void encode_probe(Bytes& out) {
  Writer(out, kProbeRouterId).u16(1);  // AFI IPv4
  write_empty(out, kProbeImpossible, 0);
  encode_barrier(out);
}

void encode_barrier(Bytes& out) { write_empty(out, kProbeImpossible, kNoSuchVrf); }

void encode_restart_arm(Bytes& out, const Dialect& dialect, std::chrono::seconds stale,
                        std::uint32_t vrf) {
  write_capability(out, dialect, vrf,
                   {kRestartCapability, static_cast<std::uint32_t>(stale.count())});
}

void encode_restart_pending(Bytes& out, const Dialect& dialect, std::uint32_t vrf) {
  for (const std::uint32_t afi : {kAfiIpv4, kAfiIpv6}) {
    write_capability(out, dialect, vrf, {kRestartPending, afi, kSafiUnicast});
  }
}

void encode_restart_complete(Bytes& out, const Dialect& dialect, std::uint32_t vrf) {
  for (const std::uint32_t afi : {kAfiIpv4, kAfiIpv6}) {
    write_capability(out, dialect, vrf, {kRestartComplete, afi, kSafiUnicast});
  }
}

void encode_restart_disable(Bytes& out, const Dialect& dialect, std::uint32_t vrf) {
  write_capability(out, dialect, vrf, {kRestartDisable});
}

void encode_hello(Bytes& out, const Dialect& dialect, model::RouteType type) {
  {
    Writer writer(out, dialect.hello);
    writer.u8(route_type_number(dialect, type));
    writer.u16(0);  // instance
    writer.u32(0);  // session: other sessions get no notifications
    if (dialect.hello_has_notify) writer.u8(1);
    writer.u8(0);  // synchronous
  }
  if (dialect.route_notify_request == 0) return;
  Writer(out, dialect.route_notify_request).u8(1);
}

void encode_route_add(Bytes& out, const Dialect& dialect, model::RouteType type,
                      const IpAddress& vip, const model::RouteAttributes& route,
                      std::uint32_t vrf) {
  Writer writer(out, dialect.route_add, vrf);
  write_route(writer, route_type_number(dialect, type),
              kHasNexthop | kHasDistance | kHasMetric | kHasTag, vip);
  writer.u16(1);  // one next hop:
  writer.u32(vrf);
  writer.u8(kNexthopBlackhole);
  writer.u8(0);  // its flags
  writer.u8(kBlackholeNull);
  writer.u8(kDistance);
  writer.u32(route.metric);
  writer.u32(route.tag);
}

void encode_route_delete(Bytes& out, const Dialect& dialect, model::RouteType type,
                         const IpAddress& vip, std::uint32_t vrf) {
  Writer writer(out, dialect.route_delete, vrf);
  write_route(writer, route_type_number(dialect, type), 0, vip);
}

Result<std::uint32_t> decode_error(ByteView body) {
  if (body.size() != sizeof(std::uint32_t)) {
    return fail("ERROR with " + std::to_string(body.size()) + " bytes");
  }
  return Reader(body).host_u32();
}

bool answers_barrier(const Dialect& dialect, const Message& message) {
  return message.command == dialect.error && message.vrf == kNoSuchVrf;
}

std::optional<ProbeReply> decode_probe_reply(const Message& message) {
  const auto code = decode_error(message.body);
  if (!code) return std::nullopt;
  return ProbeReply{message.vrf, message.command, *code};
}

Result<std::string> decode_vrf_name(ByteView body) {
  if (body.size() != kVrfSize && body.size() != kVrfSize75) {
    return fail("VRF with " + std::to_string(body.size()) + " bytes");
  }
  const ByteView field = body.last(kVrfNameSize);
  const auto end = std::ranges::find(field, std::uint8_t{0});
  if (end == field.begin() || end == field.end()) return fail("VRF without a name");
  // Named: Error can be made of a string too.
  return {boost::system::in_place_value, field.begin(), end};
}

Result<RouteNotification> decode_route_notification(ByteView body) {
  Reader reader(body);
  const std::uint32_t number = reader.host_u32();
  const std::uint8_t family = reader.u8();
  const std::uint8_t length = reader.u8();
  const auto outcome = route_outcome(number);
  if (reader.failed() || !outcome || (family != kFamilyIpv4 && family != kFamilyIpv6)) {
    return fail("ROUTE_NOTIFY_OWNER not understood");
  }
  const std::size_t bytes = family == kFamilyIpv4 ? 4 : 16;
  const bool v3 = body.size() == size_v3(bytes);
  if (!v3 && body.size() != size_v2(bytes) && body.size() != size_v1(bytes)) {
    return fail("ROUTE_NOTIFY_OWNER with " + std::to_string(body.size()) + " bytes");
  }
  if (length > bytes * 8) {
    return fail("ROUTE_NOTIFY_OWNER with prefix length " + std::to_string(length));
  }
  RouteNotification notification;
  notification.outcome = *outcome;
  notification.prefix = {IpAddress::from_bytes(reader.take(bytes)), length};
  if (v3) reader.take(1 + bytes);  // source prefix
  notification.table = reader.u32();
  return notification;
}

}  // namespace vipherd::wire::zapi
