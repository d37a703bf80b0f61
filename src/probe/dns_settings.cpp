#include "probe/dns_settings.hpp"

#include <utility>

#include "probe/address_setting.hpp"

namespace vipherd::probe {
namespace {

namespace dns = wire::dns;
using model::setting_or;
using model::SettingFault;
using model::Settings;
using model::SettingType;

constexpr std::string_view kServer = "server";
constexpr std::string_view kName = "name";
constexpr std::string_view kRecord = "record";
constexpr std::string_view kTransport = "transport";
constexpr std::string_view kRecursionDesired = "recursion_desired";
constexpr std::string_view kExpectRcode = "expect_rcode";
constexpr std::string_view kExpectAnswer = "expect_answer";
constexpr std::string_view kExpectAuthoritative = "expect_authoritative";
constexpr std::string_view kExpectAuthenticated = "expect_authenticated";

/// Reads all settings and collects what is wrong with them.
class Reader {
 public:
  explicit Reader(const Settings& settings) : settings_(settings) {
    take(kServer, SocketAddress::parse(text(kServer)), read_.server);
    read_query();
    read_transport();
    read_.expect_authoritative = setting_or(settings_, kExpectAuthoritative, false);
    take(kExpectRcode, dns::parse_rcode(text(kExpectRcode, "NOERROR")), read_.expect_rcode);
    read_answers();
  }
  const std::vector<SettingFault>& faults() const { return faults_; }
  DnsSettings&& settings() && { return std::move(read_); }

 private:
  std::string text(std::string_view key, const std::string& fallback = {}) const {
    return setting_or(settings_, key, fallback);
  }
  void fault(std::string_view key, std::string message) {
    faults_.push_back({std::string(key), std::move(message)});
  }
  template <class T>
  void take(std::string_view key, Result<T> value, T& into) {
    if (value) {
      into = std::move(*value);
    } else {
      fault(key, value.error().what);
    }
  }

  void read_query() {
    read_.query.name = text(kName);
    take(kRecord, dns::parse_type(text(kRecord, "SOA")), read_.query.type);
    read_.query.recursion_desired = setting_or(settings_, kRecursionDesired, false);
    read_.query.authenticated_data = setting_or(settings_, kExpectAuthenticated, false);
    const auto octets = dns::encode_query(read_.query, 0);
    if (!octets) fault(kName, octets.error().what);
  }

  void read_transport() {
    const std::string word = text(kTransport, "auto");
    if (word == "auto") {
      read_.transport = DnsTransport::automatic;
    } else if (word == "udp") {
      read_.transport = DnsTransport::udp;
    } else if (word == "tcp") {
      read_.transport = DnsTransport::tcp;
    } else {
      fault(kTransport, "expected \"auto\", \"udp\" or \"tcp\", got \"" + word + "\"");
    }
  }

  void read_answers() {
    const auto texts = setting_or(settings_, kExpectAnswer, std::vector<std::string>{});
    if (!texts.empty() && read_.expect_rcode != dns::kNoError) {
      fault(kExpectAnswer, "only an answer with the rcode NOERROR has records to expect");
    }
    if (read_.query.type == 0) return;  // a fault of its own
    for (const std::string& expected : texts) {
      auto parsed = dns::Expectation::parse(read_.query.type, expected);
      if (parsed) {
        read_.expect_answer.push_back(std::move(*parsed));
      } else {
        fault(kExpectAnswer, parsed.error().what);
      }
    }
  }

  const Settings& settings_;
  DnsSettings read_;
  std::vector<SettingFault> faults_;
};

}  // namespace

std::vector<model::SettingSpec> dns_setting_specs() {
  return {
      {kServer, SettingType::text, true,
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

std::vector<SettingFault> validate_dns(const Settings& settings) {
  return Reader(settings).faults();
}

Result<DnsSettings> read_dns_settings(const Settings& settings) {
  Reader reader(settings);
  if (!reader.faults().empty()) return fail(reader.faults().front().message);
  return std::move(reader).settings();
}

std::optional<SocketAddress> dns_target(const Settings& settings) {
  return address_in(settings, kServer);
}

Settings aim_dns(const Settings& settings, const IpAddress& address) {
  return with_address(settings, kServer, address);
}

}  // namespace vipherd::probe
