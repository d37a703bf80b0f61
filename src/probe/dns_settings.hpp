// The settings of `dns` checks: read from the configuration's values, and judged. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vipherd/base/result.hpp"
#include "vipherd/base/socket_address.hpp"
#include "vipherd/model/settings.hpp"
#include "vipherd/wire/dns.hpp"

namespace vipherd::probe {

enum class DnsTransport : std::uint8_t {
  automatic,  ///< UDP, and TCP if the answer is truncated
  udp,
  tcp
};

struct DnsSettings {
  SocketAddress server;
  wire::dns::Query query;
  DnsTransport transport = DnsTransport::automatic;
  std::uint16_t expect_rcode = wire::dns::kNoError;
  std::vector<wire::dns::Expectation> expect_answer;
  bool expect_authoritative = false;
};

std::vector<model::SettingSpec> dns_setting_specs();

/// Everything that is wrong with them; names and types are right already.
std::vector<model::SettingFault> validate_dns(const model::Settings& settings);

/// Fails with the first fault.
Result<DnsSettings> read_dns_settings(const model::Settings& settings);

std::optional<SocketAddress> dns_target(const model::Settings& settings);
model::Settings aim_dns(const model::Settings& settings, const IpAddress& address);

}  // namespace vipherd::probe
