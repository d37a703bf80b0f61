#include "probe/dns/settings.hpp"

#include <utility>

#include "probe/setting_reader.hpp"

namespace vipherd::probe::dns {
namespace {

namespace dns = wire::dns;
using model::SettingType;

constexpr std::string_view kName = "name";
constexpr std::string_view kRecord = "record";
constexpr std::string_view kTransport = "transport";
constexpr std::string_view kRecursionDesired = "recursion_desired";
constexpr std::string_view kExpectRcode = "expect_rcode";
constexpr std::string_view kExpectAnswer = "expect_answer";
constexpr std::string_view kExpectAuthoritative = "expect_authoritative";
constexpr std::string_view kExpectAuthenticated = "expect_authenticated";

DnsTransport read_transport(SettingReader& reader) {
  const std::string word = reader.text(kTransport, "auto");
  if (word == "udp") return DnsTransport::udp;
  if (word == "tcp") return DnsTransport::tcp;
  if (word != "auto") {
    reader.error(kTransport, "expected \"auto\", \"udp\" or \"tcp\", got \"" + word + "\"");
  }
  return DnsTransport::automatic;
}

void read_query(SettingReader& reader, DnsSettings& settings) {
  dns::Query& query = settings.query;
  query.name = reader.text(kName);
  reader.take(kRecord, dns::parse_type(reader.text(kRecord, "SOA")), query.type);
  query.recursion_desired = reader.get(kRecursionDesired, false);
  query.authenticated_data = reader.get(kExpectAuthenticated, false);
  reader.take(kName, dns::encode_query(query, 0), settings.message);
}

void read_answers(SettingReader& reader, DnsSettings& settings) {
  const auto texts = reader.texts(kExpectAnswer);
  if (!texts.empty() && settings.expect_rcode != dns::kNoError) {
    reader.error(kExpectAnswer, "only an answer with the rcode NOERROR has records to expect");
  }
  if (settings.query.type == 0) return;  // an error of its own
  for (const std::string& expected : texts) {
    auto parsed = dns::Expectation::parse(settings.query.type, expected);
    if (parsed) {
      settings.expect_answer.push_back(std::move(*parsed));
    } else {
      reader.error(kExpectAnswer, parsed.error().what);
    }
  }
}

}  // namespace

std::vector<model::SettingSpec> dns_setting_specs() {
  return {
      {kDnsServer, SettingType::text, true,
       "numeric address and port, \"127.0.0.1:53\" or \"[::1]:53\""},
      {kName, SettingType::text, true, "the name to ask for, \"example.com\""},
      {kRecord, SettingType::text, false, "the type of records to ask for, \"SOA\""},
      {kTransport, SettingType::text, false, "\"auto\", \"udp\" or \"tcp\""},
      {kRecursionDesired, SettingType::boolean, false, "whether a resolver shall ask others"},
      {kExpectRcode, SettingType::text, false, "the response code that passes, \"NOERROR\""},
      {kExpectAnswer, SettingType::texts, false, "data that has to be among the records"},
      {kExpectAuthoritative, SettingType::boolean, false, "whether the AA flag has to be set"},
      {kExpectAuthenticated, SettingType::boolean, false, "whether the AD flag has to be set"},
  };
}

model::Preparation prepare_dns(const model::Settings& given) {
  SettingReader reader(given);
  DnsSettings settings;
  settings.server = reader.address(kDnsServer);
  read_query(reader, settings);
  settings.transport = read_transport(reader);
  settings.expect_authoritative = reader.get(kExpectAuthoritative, false);
  reader.take(kExpectRcode, dns::parse_rcode(reader.text(kExpectRcode, "NOERROR")),
              settings.expect_rcode);
  read_answers(reader, settings);
  const SocketAddress target = settings.server;
  return std::move(reader).prepared(std::move(settings), target);
}

}  // namespace vipherd::probe::dns
