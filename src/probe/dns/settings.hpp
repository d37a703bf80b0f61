// The settings of `dns` checks, and the query that they mean. Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "vipherd/base/socket_address.hpp"
#include "vipherd/model/settings.hpp"
#include "vipherd/wire/dns.hpp"

namespace vipherd::probe::dns {

enum class DnsTransport : std::uint8_t {
  automatic,  ///< UDP, and TCP if the answer is truncated
  udp,
  tcp
};

struct DnsSettings {
  SocketAddress server;
  wire::dns::Query query;
  std::vector<std::uint8_t> message;  ///< the query as it is sent, but for its id
  DnsTransport transport = DnsTransport::automatic;
  std::uint16_t expect_rcode = wire::dns::kNoError;
  std::vector<wire::dns::Expectation> expect_answer;
  bool expect_authoritative = false;
};

inline constexpr std::string_view kDnsServer = "server";
std::vector<model::SettingSpec> dns_setting_specs();
model::Preparation prepare_dns(const model::Settings& given);

}  // namespace vipherd::probe::dns
