// What a DNS server answers. The first byte chooses the type of records that was asked for.
#include <algorithm>
#include <array>
#include <cstdint>

#include "vipherd/base/assert.hpp"
#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/wire/dns.hpp"

namespace {

using namespace vipherd;
namespace dns = wire::dns;

constexpr std::array<const char*, 12> kTypes{
    "A", "AAAA", "SOA", "NS", "TXT", "MX", "CNAME", "PTR", "SRV", "HTTPS", "DNSKEY", "TYPE65280"};
constexpr std::uint16_t kId = 0x1234;

void check_record(std::uint16_t type, const dns::Record& record, std::size_t most) {
  // Compression can make a name of two bytes as long as names may be.
  constexpr std::size_t kMostNames = 64;
  VIPHERD_ASSERT(record.data.size() <= most + kMostNames * 255);
  VIPHERD_ASSERT(record.text.find('\0') == std::string::npos);
  VIPHERD_ASSERT(record.text.find('\n') == std::string::npos);
  // Addresses are presented as everywhere else, and what is presented can be expected.
  if (type != *dns::parse_type("A") && type != *dns::parse_type("AAAA")) return;
  const auto address = IpAddress::parse(record.text);
  VIPHERD_ASSERT(address.has_value());
  VIPHERD_ASSERT(std::ranges::equal(address->bytes(), record.data));
  VIPHERD_ASSERT(dns::Expectation::parse(type, record.text)->is_met_by(record));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const dns::Query query{"www.example.com", *dns::parse_type(kTypes[data[0] % kTypes.size()]),
                         false, false};
  const std::span<const std::uint8_t> message(data + 1, size - 1);
  const auto bytes = dns::encode_query(query, kId);
  VIPHERD_ASSERT(bytes.has_value());
  VIPHERD_ASSERT(!dns::is_answer(*bytes, *bytes));
  if (dns::is_answer(message, *bytes)) {
    VIPHERD_ASSERT(message.size() >= dns::kHeaderSize);
    VIPHERD_ASSERT(!dns::is_answer(message, *dns::encode_query(query, kId + 1)));
  }
  const auto answer = dns::parse_answer(message, query);
  if (!answer) {
    VIPHERD_ASSERT(!answer.error().what.empty());
    return 0;
  }
  VIPHERD_ASSERT(!answer->truncated || answer->records.empty());
  VIPHERD_ASSERT(!dns::rcode_name(answer->rcode).empty());
  for (const dns::Record& record : answer->records) check_record(query.type, record, size);
  return 0;
}
