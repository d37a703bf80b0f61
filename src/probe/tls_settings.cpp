#include "probe/tls_settings.hpp"

#include <algorithm>
#include <array>

namespace vipherd::probe {
namespace {

using model::setting_or;
using model::SettingFault;
using model::Settings;
using model::SettingSpec;
using model::SettingType;

std::string text_of(const Settings& settings, std::string_view key) {
  return setting_or<std::string>(settings, key, {});
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

void validate_tls(const Settings& settings, std::vector<SettingFault>& faults) {
  for (const char* file : {"ca_file", "client_cert", "client_key"}) {
    if (settings.contains(file) && text_of(settings, file).empty()) {
      faults.push_back({file, "expected the name of a PEM file"});
    }
  }
  if (settings.contains("client_key") && !settings.contains("client_cert")) {
    faults.push_back({"client_key", "expected a client_cert beside it"});
  }
  if (settings.contains("server_name")) {
    const std::string name = text_of(settings, "server_name");
    if (!is_host(name) || name.find(':') != std::string::npos) {
      faults.push_back({"server_name", "expected a host name, got \"" + name + "\""});
    }
  }
  if (!settings.contains("certificate_expiry")) return;
  const std::string expiry = text_of(settings, "certificate_expiry");
  if (expiry != "warn" && expiry != "fail") {
    faults.push_back(
        {"certificate_expiry", "expected \"warn\" or \"fail\", got \"" + expiry + "\""});
  }
  if (!settings.contains("certificate_expires_in")) {
    faults.push_back({"certificate_expiry", "expected a certificate_expires_in beside it"});
  }
}

TlsSettings read_tls_settings(const Settings& settings) {
  TlsSettings result;
  result.verify = setting_or(settings, "verify", true);
  result.ca_file = text_of(settings, "ca_file");
  result.client_cert = text_of(settings, "client_cert");
  result.client_key = text_of(settings, "client_key");
  result.server_name = text_of(settings, "server_name");
  if (settings.contains("certificate_expires_in")) {
    result.expiry = ExpiryRule{setting_or(settings, "certificate_expires_in", Duration::zero()),
                               text_of(settings, "certificate_expiry") == "fail"};
  }
  return result;
}

}  // namespace vipherd::probe
