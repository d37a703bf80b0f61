#include "vipherd/spread/requests.hpp"

#include "spread/dns_requests.hpp"
#include "spread/http_requests.hpp"
#include "vipherd/wire/url.hpp"

namespace vipherd::spread {
namespace {

constexpr std::uint16_t kDnsPort = 53;

Result<SocketAddress> parse_server(std::string_view text) {
  if (const auto address = IpAddress::parse(text)) return SocketAddress{*address, kDnsPort};
  return SocketAddress::parse(text);
}

}  // namespace

Result<Target> parse_target(const std::string& text) {
  constexpr std::string_view kDns = "dns:";
  const auto wrong = [&](const std::string& more) {
    return fail("expected http://..., https://... or dns:NAME@ADDRESS[:PORT], got \"" + text +
                "\"" + more);
  };
  if (!text.starts_with(kDns)) {
    const auto url = wire::parse_url(text);
    const bool http = url && (url->scheme == "http" || url->scheme == "https");
    if (!http || url->host.empty()) return wrong("");
    return Target{text, "", {}};
  }
  const std::size_t at = text.rfind('@');
  if (at == text.npos || at <= kDns.size()) return wrong("");
  const auto server = parse_server(std::string_view(text).substr(at + 1));
  if (!server) return wrong(": " + server.error().what);
  Target target{"", text.substr(kDns.size(), at - kDns.size()), *server};
  const auto query = txt_query(target.name);
  if (!query) return wrong(": " + query.error().what);
  return target;
}

Result<Round> send_round(const Options& options) {
  return options.target.url.empty() ? send_dns_round(options) : send_http_round(options);
}

}  // namespace vipherd::spread
