#include "vipherd/wire/zapi_dialect.hpp"

#include <array>
#include <string>

#include "wire/zapi_numbers.hpp"

namespace vipherd::wire::zapi {
namespace {

/// Counted from the enumerations in lib/zclient.h and lib/route_types.txt at every release tag.
constexpr std::array<Dialect, 8> kDialects{{
    {.versions = "7.5",
     .supported = false,
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
     .hello_has_notify = true,
     .openfabric = 26,
     .babel = 22},
    {.versions = "8.0",
     .supported = false,
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
     .hello_has_notify = true,
     .openfabric = 26,
     .babel = 22},
    {.versions = "8.1",
     .supported = false,
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
     .hello_has_notify = true,
     .openfabric = 26,
     .babel = 22},
    {.versions = "8.2 to 9.0",
     .supported = true,
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
     .hello_has_notify = true,
     .openfabric = 26,
     .babel = 22},
    {.versions = "9.1",
     .supported = false,
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
     .hello_has_notify = true,
     .openfabric = 26,
     .babel = 22},
    {.versions = "10.0 to 10.1",
     .supported = false,
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
     .hello_has_notify = false,
     .openfabric = 27,
     .babel = 23},
    {.versions = "10.2 to 10.5",
     .supported = false,
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
     .hello_has_notify = false,
     .openfabric = 27,
     .babel = 23},
    {.versions = "10.6 to 10.7",
     .supported = false,
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
     .hello_has_notify = false,
     .openfabric = 27,
     .babel = 23},
}};

bool same_fingerprint(const Dialect& one, const Dialect& other) {
  return one.probe_refusals == other.probe_refusals && one.error == other.error;
}

/// "8.0 or 9.1": the versions of the rows that `matches` accepts.
template <class Predicate>
std::string versions_of(Predicate matches) {
  std::string text;
  for (const Dialect& row : kDialects) {
    if (!matches(row)) continue;
    if (!text.empty()) text += " or ";
    text += row.versions;
  }
  return text;
}

std::string supported_versions() {
  return "FRR " + versions_of([](const Dialect& row) { return row.supported; });
}

Error unsupported(const std::string& versions) {
  return fail("this zebra is FRR " + versions + ", which is not supported; supported is " +
              supported_versions());
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
      return fail("zebra answered the ZAPI probe with different commands: not a known FRR");
    }
    if (reply.vrf != kNoSuchVrf) {
      if (reply.code != kErrorInvalidMessageType) {
        return fail("zebra answered the ZAPI probe with error " + std::to_string(reply.code) +
                    ": not a known FRR");
      }
      ++refusals;
      continue;
    }
    const auto matches = [&](const Dialect& row) {
      return row.probe_refusals == refusals && row.error == reply.command;
    };
    for (const Dialect& row : kDialects) {
      if (matches(row) && row.supported) return std::optional(row);
    }
    const std::string versions = versions_of(matches);
    if (!versions.empty()) return unsupported(versions);
    return fail("zebra refused " + std::to_string(refusals) + " messages of the ZAPI probe by " +
                "command " + std::to_string(reply.command) + ": not a known FRR; supported is " +
                supported_versions());
  }
  if (refusals > kProbeMostRefusals) {
    return fail("zebra answered the ZAPI probe too often: not a known FRR");
  }
  return std::optional<Dialect>();
}

Result<Dialect> confirm_dialect(const Dialect& dialect, std::size_t capabilities_size) {
  for (const Dialect& row : kDialects) {
    if (!same_fingerprint(row, dialect) || row.capabilities_size != capabilities_size) continue;
    if (row.supported) return row;
    return unsupported(std::string(row.versions));
  }
  return fail("zebra looked like FRR " + std::string(dialect.versions) + " but sent " +
              std::to_string(capabilities_size) +
              " octets of capabilities: not a known FRR; supported is " + supported_versions());
}

}  // namespace vipherd::wire::zapi
