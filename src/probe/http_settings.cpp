#include "probe/http_settings.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <memory>

#include "vipherd/base/socket_address.hpp"

namespace vipherd::probe {
namespace {

using model::setting_or;
using model::SettingFault;
using model::Settings;
using model::SettingSpec;
using model::SettingType;
using Faults = std::vector<SettingFault>;
using Texts = std::vector<std::string>;

constexpr std::int64_t kMostBodyLimit = std::int64_t{1} << 20;
constexpr std::int64_t kMostRedirects = 10;
constexpr std::size_t kLongestBody = std::size_t{64} << 10;
constexpr std::size_t kLongestSocketPath = 107;  // sockaddr_un

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

std::string text_of(const Settings& settings, std::string_view key) {
  return setting_or<std::string>(settings, key, {});
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

/// The name of "Name: value", in small letters.
std::string name_of_header(std::string_view header) {
  std::string name(header.substr(0, header.find(':')));
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}

bool has_header(const Texts& headers, std::string_view name) {
  return std::ranges::any_of(headers,
                             [&](const auto& header) { return name_of_header(header) == name; });
}

/// A header that says how the request's body is framed, which is not for the operator to say.
bool is_framing(std::string_view header) {
  const std::string name = name_of_header(header);
  return name == "content-length" || name == "transfer-encoding";
}

std::string host_with_port(const Url& url, const std::string& host) {
  const std::string port = part(url, CURLUPART_PORT);
  return port.empty() ? host : host + ":" + port;
}

// ------------------------------------------------------------------ judging

void judge_url(const Settings& settings, Scheme scheme, Faults& faults) {
  const std::string name(to_string(scheme));
  const std::string text = text_of(settings, "url");
  const Url url = parse_url(text);
  if (!is_printable(text) || !url || part(url, CURLUPART_SCHEME) != name ||
      part(url, CURLUPART_HOST).empty()) {
    faults.push_back(
        {"url", "expected a URL such as \"" + name + "://127.0.0.1/\", got \"" + text + "\""});
  }
}

void judge_request(const Settings& settings, Faults& faults) {
  const auto method = setting_or<std::string>(settings, "method", "GET");
  if (!is_token(method) || method == "CONNECT") {
    faults.push_back({"method", "expected a method such as \"GET\", got \"" + method + "\""});
  }
  if (settings.contains("body")) {
    if (method == "HEAD") faults.push_back({"body", "a HEAD request has none"});
    if (text_of(settings, "body").size() > kLongestBody) {
      faults.push_back({"body", "expected at most 65536 octets"});
    }
  }
  if (settings.contains("host") && !is_host(text_of(settings, "host"))) {
    faults.push_back({"host", "expected a host name, with a port if need be"});
  }
  for (const auto& header : setting_or<Texts>(settings, "headers", {})) {
    if (!is_header(header)) {
      faults.push_back({"headers", "expected \"Name: value\", got \"" + header + "\""});
    } else if (is_framing(header)) {
      faults.push_back({"headers", "\"" + header + "\" is written by vipherd itself"});
    }
  }
}

void judge_expectation(const Settings& settings, Faults& faults) {
  const auto words = setting_or<Texts>(settings, "expect_status", {});
  if (settings.contains("expect_status") && words.empty()) {
    faults.push_back({"expect_status", "expected at least one status, such as [200]"});
  }
  for (const std::string& word : words) {
    const auto set = StatusSet::parse({word});
    if (!set) faults.push_back({"expect_status", set.error().what});
  }
  const bool head = text_of(settings, "method") == "HEAD";
  for (const char* key : {"expect_body", "expect_body_regex"}) {
    if (!settings.contains(key)) continue;
    if (text_of(settings, key).empty()) faults.push_back({key, "expected what must be there"});
    if (head) faults.push_back({key, "the answer to a HEAD request has no body"});
  }
  if (settings.contains("expect_body_regex")) {
    const auto regex = compile_regex(text_of(settings, "expect_body_regex"));
    if (!regex) faults.push_back({"expect_body_regex", regex.error().what});
  }
  const auto limit = setting_or<std::int64_t>(settings, "body_limit", 1);
  if (limit < 1 || limit > kMostBodyLimit) {
    faults.push_back({"body_limit", "expected 1 to 1048576 octets, got " + std::to_string(limit)});
  }
}

void judge_connection(const Settings& settings, Faults& faults) {
  const auto version = setting_or<std::string>(settings, "http_version", "1.1");
  if (version != "1.1" && version != "2") {
    faults.push_back({"http_version", "expected \"1.1\" or \"2\", got \"" + version + "\""});
  }
  const auto redirects = setting_or<std::int64_t>(settings, "follow_redirects", 0);
  if (redirects < 0 || redirects > kMostRedirects) {
    faults.push_back({"follow_redirects", "expected 0 to 10, got " + std::to_string(redirects)});
  }
  if (settings.contains("connect_to")) {
    const auto target = SocketAddress::parse(text_of(settings, "connect_to"));
    if (!target) faults.push_back({"connect_to", target.error().what});
  }
  if (!settings.contains("unix_socket")) return;
  const std::string path = text_of(settings, "unix_socket");
  if (!path.starts_with('/') || path.size() > kLongestSocketPath || path.find('\0') != path.npos) {
    faults.push_back({"unix_socket",
                      "expected the absolute path of a socket, of at most 107 "
                      "octets, got \"" +
                          path + "\""});
  }
  if (settings.contains("connect_to")) {
    faults.push_back({"unix_socket", "expected either connect_to or unix_socket"});
  }
}

/// What curl is to connect to: "::ADDRESS:PORT", and for requests that a redirect sends to
/// another port the same address.
Texts rules_for(const std::string& target, const std::string& url_port, bool redirects) {
  if (!redirects) return {"::" + target};
  return {":" + url_port + ":" + target, "::" + target.substr(0, target.rfind(':')) + ":"};
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

std::vector<SettingSpec> http_setting_specs(Scheme scheme) {
  std::vector<SettingSpec> specs{
      {"url", SettingType::text, true, "what is requested, \"http://127.0.0.1/health\""},
      {"method", SettingType::text, false, "the request's method, \"POST\"; default: \"GET\""},
      {"body", SettingType::octets, false, "what is sent along; its type is for headers to say"},
      {"headers", SettingType::texts, false, "further headers, [\"Name: value\"]"},
      {"host", SettingType::text, false, "the Host header; default: the host of the url"},
      {"expect_status", SettingType::words, false,
       "the answers that pass, [200, 204, \"300-399\"]; default: [\"2xx\"]"},
      {"expect_body", SettingType::octets, false, "text that must occur in the body"},
      {"expect_body_regex", SettingType::text, false,
       "regular expression (RE2) that must match somewhere in the body"},
      {"body_limit", SettingType::integer, false,
       "how many octets of the body are read at most; default: 65536"},
      {"follow_redirects", SettingType::integer, false,
       "how many redirects are followed; default: 0"},
      {"http_version", SettingType::text, false, "\"1.1\" (default) or \"2\""},
      {"connect_to", SettingType::text, false,
       "numeric address and port to connect to instead of the url's host"},
      {"unix_socket", SettingType::text, false, "path of the UNIX socket to connect to instead"},
  };
  if (scheme == Scheme::http) return specs;
  specs.front().doc = "what is requested, \"https://127.0.0.1/health\"";
  append_tls_specs(specs);
  return specs;
}

Faults validate_http(const Settings& settings, Scheme scheme) {
  Faults faults;
  judge_url(settings, scheme, faults);
  judge_request(settings, faults);
  judge_expectation(settings, faults);
  judge_connection(settings, faults);
  if (scheme == Scheme::https) validate_tls(settings, faults);
  return faults;
}

StatusSet read_statuses(const Settings& settings) {
  auto set = StatusSet::parse(setting_or<Texts>(settings, "expect_status", {}));
  return set ? std::move(*set) : StatusSet();
}

Expectation read_expectation(const Settings& settings, RegexCache& regexes) {
  Expectation result;
  result.body = text_of(settings, "expect_body");
  result.pattern = text_of(settings, "expect_body_regex");
  if (!result.pattern.empty()) result.regex = regexes.get(result.pattern);
  result.body_limit = static_cast<std::size_t>(setting_or<std::int64_t>(
      settings, "body_limit", static_cast<std::int64_t>(result.body_limit)));
  return result;
}

CurlRequest read_curl_request(const Settings& settings, Scheme scheme) {
  CurlRequest result;
  result.url = text_of(settings, "url");
  result.method = setting_or<std::string>(settings, "method", "GET");
  if (settings.contains("body")) result.body = text_of(settings, "body");
  result.headers = setting_or<Texts>(settings, "headers", {});
  result.unix_socket = text_of(settings, "unix_socket");
  result.redirects = setting_or<std::int64_t>(settings, "follow_redirects", 0);
  if (text_of(settings, "http_version") == "2") result.version = HttpVersion::http2;
  if (scheme == Scheme::https) result.tls = read_tls_settings(settings);
  // curl takes "Name:" for the removal of a header, and "Name;" for one without a value.
  for (std::string& header : result.headers) {
    if (header.find_first_not_of(" \t", header.find(':') + 1) == std::string::npos) {
      header.replace(header.find(':'), std::string::npos, ";");
    }
  }
  // A header of the operator's replaces it; HTTP/2 has none (RFC 9113 section 8.2.2).
  if (result.version == HttpVersion::http1 && !has_header(result.headers, "connection")) {
    result.headers.insert(result.headers.begin(), "Connection: close");
  }
  // What curl would add on its own account.
  if (result.body) result.headers.insert(result.headers.begin(), {"Content-Type:", "Expect:"});
  auto host = text_of(settings, "host");

  const Url url = parse_url(result.url);
  if (!url) return result;
  const std::string url_host = part(url, CURLUPART_HOST);
  const std::string url_port = part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  const auto connect_to = text_of(settings, "connect_to");
  result.target = connect_to.empty() ? url_host + ":" + url_port : connect_to;
  if (!connect_to.empty()) {
    result.connect_to = rules_for(connect_to, url_port, result.redirects > 0);
  }
  // curl takes SNI and the name to verify from the URL alone: the name goes in there, and what
  // the URL said goes to where the connection is made and to the Host header.
  std::string& server_name = result.tls.server_name;
  if (!server_name.empty()) {
    if (connect_to.empty()) {
      result.connect_to = {server_name + ":" + url_port + ":" + result.target};
    }
    if (host.empty()) host = host_with_port(url, url_host);
    curl_url_set(url.get(), CURLUPART_HOST, server_name.c_str(), 0);
    result.url = part(url, CURLUPART_URL);
  } else {
    server_name = url_host;
  }
  if (!result.unix_socket.empty()) {
    result.target = result.unix_socket;
    result.connect_to.clear();
  }
  if (!host.empty()) result.headers.push_back("Host: " + host);
  return result;
}

std::optional<SocketAddress> target_of_http(const Settings& settings, Scheme scheme) {
  const auto target = SocketAddress::parse(read_curl_request(settings, scheme).target);
  return target ? std::optional(*target) : std::nullopt;
}

Settings aim_http(const Settings& settings, Scheme scheme, const IpAddress& address) {
  if (settings.contains("unix_socket")) return settings;
  const std::string target = read_curl_request(settings, scheme).target;
  // The port stands behind the last colon, be the host a name or an address in brackets.
  Settings aimed = settings;
  aimed["connect_to"] = (address.is_v4() ? address.to_string() : "[" + address.to_string() + "]") +
                        target.substr(target.rfind(':'));
  return aimed;
}

}  // namespace vipherd::probe
