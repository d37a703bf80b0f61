#include "probe/http_settings.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "vipherd/base/socket_address.hpp"

namespace vipherd::probe {
namespace {

using model::setting_or;
using model::SettingFault;
using model::Settings;
using model::SettingType;

constexpr std::int64_t kLowestStatus = 200;  // below are interim answers
constexpr std::int64_t kHighestStatus = 599;

using Url = std::unique_ptr<CURLU, decltype([](CURLU* url) { curl_url_cleanup(url); })>;

/// Null if it is not a URL.
Url parse_url(const std::string& text) {
  Url url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return nullptr;
  return url;
}

std::string part(const Url& url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

std::string default_port(Scheme scheme) { return scheme == Scheme::http ? "80" : "443"; }

/// True for text that cannot break out of a line of the request.
bool is_printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

bool is_header(std::string_view header) {
  return is_printable(header) && is_token(header.substr(0, header.find(':'))) &&
         header.find(':') != std::string_view::npos;
}

bool is_host(std::string_view host) {
  return !host.empty() && is_printable(host) && host.find_first_of(" /?#@") == host.npos;
}

std::string host_with_port(const Url& url, const std::string& host) {
  const std::string port = part(url, CURLUPART_PORT);
  return port.empty() ? host : host + ":" + port;
}

}  // namespace

std::string_view to_string(Scheme scheme) {
  switch (scheme) {
    case Scheme::http:
      return "http";
    case Scheme::https:
      return "https";
  }
  return "";
}

bool HttpSettings::expects(int status) const {
  if (expect_status.empty()) return status >= 200 && status <= 299;
  return std::find(expect_status.begin(), expect_status.end(), status) != expect_status.end();
}

std::string HttpSettings::expected() const {
  if (expect_status.empty()) return "2xx";
  std::string text;
  for (std::size_t index = 0; index < expect_status.size(); ++index) {
    if (index > 0) text += index + 1 == expect_status.size() ? " or " : ", ";
    text += std::to_string(expect_status[index]);
  }
  return text;
}

std::vector<model::SettingSpec> http_setting_specs(Scheme scheme) {
  std::vector<model::SettingSpec> specs{
      {"url", SettingType::text, true, "what is requested, \"http://127.0.0.1/health\""},
      {"method", SettingType::text, false, "\"GET\" (default) or \"HEAD\""},
      {"expect_status", SettingType::integers, false,
       "the answers that pass, [200, 204]; default: 200 to 299; redirects are not followed"},
      {"host", SettingType::text, false, "the Host header; default: the host of the url"},
      {"headers", SettingType::texts, false, "further headers, [\"Name: value\"]"},
      {"connect_to", SettingType::text, false,
       "numeric address and port to connect to instead of the url's host"},
  };
  if (scheme == Scheme::http) return specs;
  specs.front().doc = "what is requested, \"https://127.0.0.1/health\"";
  specs.push_back({"verify", SettingType::boolean, false,
                   "whether the certificate must be valid (default true)"});
  specs.push_back(
      {"ca_file", SettingType::text, false, "PEM file of the CAs to trust; default: the system's"});
  specs.push_back({"server_name", SettingType::text, false,
                   "the name for SNI and certificate; default: the host of the url"});
  return specs;
}

std::vector<SettingFault> validate_http(const Settings& settings, Scheme scheme) {
  std::vector<SettingFault> faults;
  const std::string name(to_string(scheme));

  const auto url_text = setting_or<std::string>(settings, "url", {});
  const Url url = parse_url(url_text);
  if (!url || part(url, CURLUPART_SCHEME) != name || part(url, CURLUPART_HOST).empty()) {
    faults.push_back(
        {"url", "expected a URL such as \"" + name + "://127.0.0.1/\", got \"" + url_text + "\""});
  }
  const auto method = setting_or<std::string>(settings, "method", "GET");
  if (method != "GET" && method != "HEAD") {
    faults.push_back({"method", "expected \"GET\" or \"HEAD\", got \"" + method + "\""});
  }
  const auto statuses = setting_or<std::vector<std::int64_t>>(settings, "expect_status", {});
  if (settings.contains("expect_status") && statuses.empty()) {
    faults.push_back({"expect_status", "expected at least one status, such as [200]"});
  }
  for (const std::int64_t status : statuses) {
    if (status >= kLowestStatus && status <= kHighestStatus) continue;
    faults.push_back(
        {"expect_status", "expected statuses from 200 to 599, got " + std::to_string(status)});
  }
  if (settings.contains("host") && !is_host(setting_or<std::string>(settings, "host", {}))) {
    faults.push_back({"host", "expected a host name, with a port if need be"});
  }
  for (const auto& header : setting_or<std::vector<std::string>>(settings, "headers", {})) {
    if (is_header(header)) continue;
    faults.push_back({"headers", "expected \"Name: value\", got \"" + header + "\""});
  }
  if (settings.contains("connect_to")) {
    const auto target = SocketAddress::parse(setting_or<std::string>(settings, "connect_to", {}));
    if (!target) faults.push_back({"connect_to", target.error().what});
  }
  if (settings.contains("ca_file") && setting_or<std::string>(settings, "ca_file", {}).empty()) {
    faults.push_back({"ca_file", "expected the name of a PEM file"});
  }
  if (settings.contains("server_name")) {
    const auto server_name = setting_or<std::string>(settings, "server_name", {});
    if (!is_host(server_name) || server_name.find(':') != std::string::npos) {
      faults.push_back({"server_name", "expected a host name, got \"" + server_name + "\""});
    }
  }
  return faults;
}

Settings aim_http(const Settings& settings, Scheme scheme, const IpAddress& address) {
  const std::string target = read_http_settings(settings, scheme).target;
  // The port stands behind the last colon, be the host a name or an address in brackets.
  Settings aimed = settings;
  aimed["connect_to"] = (address.is_v4() ? address.to_string() : "[" + address.to_string() + "]") +
                        target.substr(target.rfind(':'));
  return aimed;
}

HttpSettings read_http_settings(const Settings& settings, Scheme scheme) {
  HttpSettings result;
  result.url = setting_or<std::string>(settings, "url", {});
  result.head = setting_or<std::string>(settings, "method", "GET") == "HEAD";
  result.expect_status = setting_or<std::vector<std::int64_t>>(settings, "expect_status", {});
  result.headers = setting_or<std::vector<std::string>>(settings, "headers", {});
  // curl takes "Name:" for the removal of a header, and "Name;" for one without a value.
  for (std::string& header : result.headers) {
    if (header.find_first_not_of(" \t", header.find(':') + 1) == std::string::npos) {
      header.replace(header.find(':'), std::string::npos, ";");
    }
  }
  result.verify = setting_or(settings, "verify", true);
  result.ca_file = setting_or<std::string>(settings, "ca_file", {});
  auto host = setting_or<std::string>(settings, "host", {});

  const Url url = parse_url(result.url);
  if (!url) return result;
  const std::string url_host = part(url, CURLUPART_HOST);
  const std::string port = part(url, CURLUPART_PORT);
  result.target = url_host + ":" + (port.empty() ? default_port(scheme) : port);
  const auto connect_to = setting_or<std::string>(settings, "connect_to", {});
  if (!connect_to.empty()) {
    result.target = connect_to;
    result.connect_to = "::" + connect_to;
  }
  // curl takes SNI and the name to verify from the URL alone: the name goes in there, and what
  // the URL said goes to where the connection is made and to the Host header.
  const auto server_name = setting_or<std::string>(settings, "server_name", {});
  if (!server_name.empty()) {
    result.connect_to = "::" + result.target;
    if (host.empty()) host = host_with_port(url, url_host);
    curl_url_set(url.get(), CURLUPART_HOST, server_name.c_str(), 0);
    result.url = part(url, CURLUPART_URL);
  }
  if (!host.empty()) result.headers.push_back("Host: " + host);
  return result;
}

}  // namespace vipherd::probe
