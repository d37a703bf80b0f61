// The settings of TLS, alike for every kind that speaks it. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "probe/curl/certificate.hpp"
#include "probe/setting_reader.hpp"
#include "vipherd/model/settings.hpp"

namespace vipherd::probe::curl {

struct TlsSettings {
  bool verify = true;
  std::string ca_file;      ///< empty: the system's authorities
  std::string client_cert;  ///< empty: none
  std::string client_key;   ///< empty: in the file of the certificate
  std::string server_name;  ///< empty: the name or address that is connected to
  std::optional<ExpiryRule> expiry;
};

void append_tls_specs(std::vector<model::SettingSpec>& specs);
TlsSettings read_tls(SettingReader& reader);

/// True for what may stand in a URL as its host, also with a port.
bool is_host(std::string_view host);
/// True for text that cannot break out of a line of a request.
bool is_printable(std::string_view text);

}  // namespace vipherd::probe::curl
