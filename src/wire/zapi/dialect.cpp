#include "vipherd/wire/zapi/dialect.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "wire/zapi/numbers.hpp"

namespace vipherd::wire::zapi {
namespace {

/// Counted from the enumerations in lib/zclient.h and lib/route_types.txt at every release tag.
constexpr std::array<Dialect, 8> kDialects{{
    {.versions = "7.5",
     .each = "7.5",
     .probe_refusals = 2,
     .error = 112,
     .capabilities_size = 10,
     .route_add = 8,
     .route_delete = 9,
     .route_notify_owner = 10,
     .hello = 18,
     .capabilities = 19,
     .client_capabilities = 113,
     .route_notify_request = 0,
     .vrf_add = 36,
     .vrf_delete = 37,
     .hello_has_notify = true,
     .openfabric = 26,
     .babel = 22},
    {.versions = "8.0",
     .each = "8.0",
     .probe_refusals = 2,
     .error = 117,
     .capabilities_size = 10,
     .route_add = 8,
     .route_delete = 9,
     .route_notify_owner = 10,
     .hello = 18,
     .capabilities = 19,
     .client_capabilities = 118,
     .route_notify_request = 123,
     .vrf_add = 36,
     .vrf_delete = 37,
     .hello_has_notify = true,
     .openfabric = 26,
     .babel = 22},
    {.versions = "8.1",
     .each = "8.1",
     .probe_refusals = 2,
     .error = 121,
     .capabilities_size = 10,
     .route_add = 8,
     .route_delete = 9,
     .route_notify_owner = 10,
     .hello = 18,
     .capabilities = 19,
     .client_capabilities = 122,
     .route_notify_request = 127,
     .vrf_add = 36,
     .vrf_delete = 37,
     .hello_has_notify = true,
     .openfabric = 26,
     .babel = 22},
    {.versions = "8.2 to 9.0",
     .each = "8.2 8.3 8.4 8.5 9.0",
     .probe_refusals = 2,
     .error = 118,
     .capabilities_size = 10,
     .route_add = 8,
     .route_delete = 9,
     .route_notify_owner = 10,
     .hello = 18,
     .capabilities = 19,
     .client_capabilities = 119,
     .route_notify_request = 124,
     .vrf_add = 33,
     .vrf_delete = 34,
     .hello_has_notify = true,
     .openfabric = 26,
     .babel = 22},
    {.versions = "9.1",
     .each = "9.1",
     .probe_refusals = 2,
     .error = 117,
     .capabilities_size = 11,
     .route_add = 8,
     .route_delete = 9,
     .route_notify_owner = 10,
     .hello = 18,
     .capabilities = 19,
     .client_capabilities = 118,
     .route_notify_request = 123,
     .vrf_add = 33,
     .vrf_delete = 34,
     .hello_has_notify = true,
     .openfabric = 26,
     .babel = 22},
    {.versions = "10.0 to 10.1",
     .each = "10.0 10.1",
     .probe_refusals = 1,
     .error = 118,
     .capabilities_size = 11,
     .route_add = 9,
     .route_delete = 10,
     .route_notify_owner = 11,
     .hello = 19,
     .capabilities = 20,
     .client_capabilities = 119,
     .route_notify_request = 124,
     .vrf_add = 34,
     .vrf_delete = 35,
     .hello_has_notify = false,
     .openfabric = 27,
     .babel = 23},
    {.versions = "10.2 to 10.5",
     .each = "10.2 10.3 10.4 10.5",
     .probe_refusals = 1,
     .error = 120,
     .capabilities_size = 12,
     .route_add = 9,
     .route_delete = 10,
     .route_notify_owner = 11,
     .hello = 19,
     .capabilities = 20,
     .client_capabilities = 121,
     .route_notify_request = 126,
     .vrf_add = 33,
     .vrf_delete = 34,
     .hello_has_notify = false,
     .openfabric = 27,
     .babel = 23},
    {.versions = "10.6 to 10.7",
     .each = "10.6 10.7",
     .probe_refusals = 1,
     .error = 120,
     .capabilities_size = 9,
     .route_add = 9,
     .route_delete = 10,
     .route_notify_owner = 11,
     .hello = 19,
     .capabilities = 20,
     .client_capabilities = 121,
     .route_notify_request = 126,
     .vrf_add = 33,
     .vrf_delete = 34,
     .hello_has_notify = false,
     .openfabric = 27,
     .babel = 23},
}};

bool same_fingerprint(const Dialect& one, const Dialect& other) {
  return one.probe_refusals == other.probe_refusals && one.error == other.error;
}

/// What a refusal of an unknown zebra ends with: the way out of it.
std::string way_out() {
  const std::string newest(model::kFrrVersions.back());
  return ": not FRR " + std::string(model::kFrrVersions.front()) + " to " + newest +
         "; if it is newer, frr.dialect = \"" + newest + "\" speaks to it as to " + newest;
}

}  // namespace

std::span<const Dialect> dialects() { return kDialects; }

std::uint8_t route_type_number(const Dialect& dialect, model::RouteType type) {
  switch (type) {
    case model::RouteType::openfabric:
      return dialect.openfabric;
    case model::RouteType::babel:
      return dialect.babel;
  }
  return 0;
}

Result<std::optional<Dialect>> identify_dialect(std::span<const ProbeReply> replies) {
  std::size_t refusals = 0;
  for (const ProbeReply& reply : replies) {
    if (reply.command != replies.front().command) {
      return fail("zebra answered the ZAPI probe with different commands" + way_out());
    }
    if (!ends_probe(reply)) {
      if (reply.code != kErrorInvalidMessageType) {
        return fail("zebra answered the ZAPI probe with error " + std::to_string(reply.code) +
                    way_out());
      }
      ++refusals;
      continue;
    }
    for (const Dialect& row : kDialects) {
      if (row.probe_refusals == refusals && row.error == reply.command) return std::optional(row);
    }
    return fail("zebra refused " + std::to_string(refusals) + " messages of the ZAPI probe by " +
                "command " + std::to_string(reply.command) + way_out());
  }
  if (refusals > kProbeMostRefusals) {
    return fail("zebra answered the ZAPI probe too often" + way_out());
  }
  return std::optional<Dialect>();
}

bool ends_probe(const ProbeReply& reply) { return reply.vrf == kNoSuchVrf; }

std::optional<Dialect> find_dialect(std::string_view version) {
  for (const Dialect& row : kDialects) {
    for (std::string_view left = row.each; !left.empty();) {
      const std::string_view one = left.substr(0, left.find(' '));
      if (one == version) return row;
      left.remove_prefix(std::min(one.size() + 1, left.size()));
    }
  }
  return std::nullopt;
}

Result<Dialect> confirm_dialect(const Dialect& dialect, std::size_t capabilities_size) {
  for (const Dialect& row : kDialects) {
    if (same_fingerprint(row, dialect) && row.capabilities_size == capabilities_size) return row;
  }
  return fail("zebra looked like FRR " + std::string(dialect.versions) + " but sent " +
              std::to_string(capabilities_size) + " bytes of capabilities" + way_out());
}

}  // namespace vipherd::wire::zapi
