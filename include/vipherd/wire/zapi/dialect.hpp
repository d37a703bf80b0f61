// What differs between FRR versions on the ZAPI wire, as rows of one table: a new FRR is a new
// row, never a branch. The version byte of ZAPI is 6 in all of them and tells nothing, so the
// row is found by what zebra refuses (see encode_probe). Pure; knows no sockets.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "vipherd/base/result.hpp"
#include "vipherd/model/config.hpp"

namespace vipherd::wire::zapi {

/// One way of numbering and laying out messages (lib/zclient.h of the versions named).
struct Dialect {
  std::string_view versions;  ///< "8.2 to 9.0"
  std::string_view each;      ///< "8.2 8.3 8.4 8.5 9.0"

  // The fingerprint: how zebra answers the probe and HELLO.
  std::uint8_t probe_refusals;     ///< messages of the probe without a handler: 2, from 10.0 on 1
  std::uint16_t error;             ///< ERROR
  std::uint8_t capabilities_size;  ///< bytes in the body of CAPABILITIES

  // Command numbers.
  std::uint16_t route_add;
  std::uint16_t route_delete;
  std::uint16_t route_notify_owner;
  std::uint16_t hello;
  std::uint16_t capabilities;
  std::uint16_t client_capabilities;   ///< graceful restart
  std::uint16_t route_notify_request;  ///< 0: notifications are switched on by HELLO alone
  std::uint16_t vrf_add;
  std::uint16_t vrf_delete;

  // Layouts and route type numbers.
  bool hello_has_notify;  ///< 9 bytes with receive_notify (to 9.1), or 8 without
  std::uint8_t openfabric;
  std::uint8_t babel;

  friend bool operator==(const Dialect&, const Dialect&) = default;
};

/// Every row, oldest first.
std::span<const Dialect> dialects();

std::uint8_t route_type_number(const Dialect& dialect, model::RouteType type);

/// zebra's answer to one message of the probe: an ERROR, seen before its number is known.
struct ProbeReply {
  std::uint32_t vrf = 0;  ///< of the message it answers
  std::uint16_t command = 0;
  std::uint32_t code = 0;
  friend bool operator==(const ProbeReply&, const ProbeReply&) = default;
};

/// The dialect told by the replies so far: none while the answer to the probe's last message is
/// missing; a sentence for a person if this zebra is not known. Rows that differ in nothing
/// a route needs but the size of CAPABILITIES share a fingerprint: the first is returned, and
/// confirm_dialect decides.
Result<std::optional<Dialect>> identify_dialect(std::span<const ProbeReply> replies);

/// Whether it answers the probe's last message.
bool ends_probe(const ProbeReply& reply);

/// The row of one of model::kFrrVersions: "8.4".
std::optional<Dialect> find_dialect(std::string_view version);

/// The row of the same fingerprint whose CAPABILITIES body has this size, or why not.
Result<Dialect> confirm_dialect(const Dialect& dialect, std::size_t capabilities_size);

}  // namespace vipherd::wire::zapi
