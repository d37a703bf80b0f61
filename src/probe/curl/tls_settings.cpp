#include "probe/curl/tls_settings.hpp"

#include <algorithm>
#include <array>

namespace vipherd::probe::curl {
namespace {

using model::SettingSpec;
using model::SettingType;

void check_expiry(SettingReader& reader) {
  if (!reader.has("certificate_expiry")) return;
  const std::string expiry = reader.text("certificate_expiry");
  if (expiry != "warn" && expiry != "fail") {
    reader.error("certificate_expiry", "expected \"warn\" or \"fail\", got \"" + expiry + "\"");
  }
  if (!reader.has("certificate_expires_in")) {
    reader.error("certificate_expiry", "expected a certificate_expires_in beside it");
  }
}

}  // namespace

bool is_printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_host(std::string_view host) {
  return !host.empty() && is_printable(host) && host.find_first_of(" /?#@\\") == host.npos;
}

void append_tls_specs(std::vector<SettingSpec>& specs) {
  const std::array<SettingSpec, 7> all{{
      {"verify", SettingType::boolean, false,
       "whether the certificate must be valid (default true)"},
      {"ca_file", SettingType::text, false, "PEM file of the CAs to trust; default: the system's"},
      {"server_name", SettingType::text, false,
       "the name for SNI and certificate; default: the host that is connected to"},
      {"client_cert", SettingType::text, false, "PEM file of the certificate to present"},
      {"client_key", SettingType::text, false,
       "PEM file of its key; default: the file of the certificate"},
      {"certificate_expires_in", SettingType::duration, false,
       "the least time for which the certificates must still be valid, \"14d\""},
      {"certificate_expiry", SettingType::text, false,
       "what a certificate closer to its end is: \"warn\" (default) or \"fail\""},
  }};
  specs.insert(specs.end(), all.begin(), all.end());
}

TlsSettings read_tls(SettingReader& reader) {
  TlsSettings result;
  result.verify = reader.get("verify", true);
  result.ca_file = reader.text("ca_file");
  result.client_cert = reader.text("client_cert");
  result.client_key = reader.text("client_key");
  result.server_name = reader.text("server_name");
  for (const char* file : {"ca_file", "client_cert", "client_key"}) {
    if (reader.has(file) && reader.text(file).empty()) {
      reader.error(file, "expected the name of a PEM file");
    }
  }
  if (reader.has("client_key") && !reader.has("client_cert")) {
    reader.error("client_key", "expected a client_cert beside it");
  }
  const std::string& name = result.server_name;
  if (reader.has("server_name") && (!is_host(name) || name.find(':') != std::string::npos)) {
    reader.error("server_name", "expected a host name, got \"" + name + "\"");
  }
  check_expiry(reader);
  if (reader.has("certificate_expires_in")) {
    result.expiry = ExpiryRule{reader.get("certificate_expires_in", Duration::zero()),
                               reader.text("certificate_expiry") == "fail"};
  }
  return result;
}

}  // namespace vipherd::probe::curl
