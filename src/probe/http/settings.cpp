#include "probe/http/settings.hpp"

#include <memory>
#include <string>
#include <utility>

#include "probe/http/header.hpp"
#include "probe/setting_reader.hpp"
#include "vipherd/wire/url.hpp"

namespace vipherd::probe::http {
namespace {

using model::Settings;
using model::SettingSpec;
using model::SettingType;

constexpr std::int64_t kMostBodyLimit = std::int64_t{1} << 20;
constexpr std::int64_t kMostRedirects = 10;
constexpr std::size_t kLongestBody = std::size_t{64} << 10;
constexpr std::size_t kLongestSocketPath = 107;  // sockaddr_un

/// A header that says how the request's body is framed, which is not for the operator to say.
bool is_framing(std::string_view header) {
  return names(header, "content-length") || names(header, "transfer-encoding");
}

void read_url(SettingReader& reader, HttpRequest& request) {
  const std::string name(to_string(request.scheme));
  request.url = reader.text("url");
  const auto url = wire::parse_url(request.url);
  if (!curl::is_printable(request.url) || !url || url->scheme != name || url->host.empty()) {
    reader.error(
        "url", "expected a URL such as \"" + name + "://127.0.0.1/\", got \"" + request.url + "\"");
  }
}

void read_what_is_sent(SettingReader& reader, HttpRequest& request) {
  request.method = reader.text("method", "GET");
  if (!is_token(request.method) || request.method == "CONNECT") {
    reader.error("method", "expected a method such as \"GET\", got \"" + request.method + "\"");
  }
  if (reader.has("body")) {
    request.body = reader.text("body");
    if (request.method == "HEAD") reader.error("body", "a HEAD request has none");
    if (request.body->size() > kLongestBody) {
      reader.error("body", "expected at most 65536 bytes");
    }
  }
  request.host = reader.text("host");
  if (reader.has("host") && !curl::is_host(request.host)) {
    reader.error("host", "expected a host name, with a port if need be");
  }
  request.headers = reader.texts("headers");
  for (const std::string& header : request.headers) {
    if (!is_header(header)) {
      reader.error("headers", "expected \"Name: value\", got \"" + header + "\"");
    } else if (is_framing(header)) {
      reader.error("headers", "\"" + header + "\" is written by vipherd itself");
    }
  }
}

StatusSet read_statuses(SettingReader& reader) {
  const auto words = reader.texts("expect_status");
  if (reader.has("expect_status") && words.empty()) {
    reader.error("expect_status", "expected at least one status, such as [200]");
  }
  // Each by itself, so that all that are wrong are named.
  for (const std::string& word : words) {
    const auto set = StatusSet::parse({word});
    if (!set) reader.error("expect_status", set.error().what);
  }
  auto set = StatusSet::parse(words);
  return set ? std::move(*set) : StatusSet();
}

Expectation read_expectation(SettingReader& reader, bool head) {
  Expectation result;
  result.body = reader.text("expect_body");
  result.pattern = reader.text("expect_body_regex");
  for (const char* key : {"expect_body", "expect_body_regex"}) {
    if (!reader.has(key)) continue;
    if (reader.text(key).empty()) reader.error(key, "expected what must be there");
    if (head) reader.error(key, "the answer to a HEAD request has no body");
  }
  if (!result.pattern.empty()) {
    reader.take("expect_body_regex", compile_regex(result.pattern), result.regex);
  }
  const auto limit = reader.get("body_limit", static_cast<std::int64_t>(Expectation{}.body_limit));
  if (limit < 1 || limit > kMostBodyLimit) {
    reader.error("body_limit", "expected 1 to 1048576 bytes, got " + std::to_string(limit));
  }
  result.body_limit = static_cast<std::size_t>(limit);
  return result;
}

void read_unix_socket(SettingReader& reader, HttpRequest& request) {
  if (!reader.has("unix_socket")) return;
  request.unix_socket = reader.text("unix_socket");
  const std::string& path = request.unix_socket;
  if (!path.starts_with('/') || path.size() > kLongestSocketPath ||
      path.find('\0') != std::string::npos) {
    reader.error("unix_socket",
                 "expected the absolute path of a socket, of at most 107 "
                 "bytes, got \"" +
                     path + "\"");
  }
  if (reader.has("connect_to")) {
    reader.error("unix_socket", "expected either connect_to or unix_socket");
  }
}

void read_connection(SettingReader& reader, HttpRequest& request) {
  const std::string version = reader.text("http_version", "1.1");
  if (version == "2") {
    request.version = curl::HttpVersion::http2;
  } else if (version != "1.1") {
    reader.error("http_version", "expected \"1.1\" or \"2\", got \"" + version + "\"");
  }
  request.redirects = reader.get("follow_redirects", std::int64_t{0});
  if (request.redirects < 0 || request.redirects > kMostRedirects) {
    reader.error("follow_redirects", "expected 0 to 10, got " + std::to_string(request.redirects));
  }
  if (reader.has("connect_to")) {
    reader.address("connect_to");
    request.connect_to = reader.text("connect_to");  // sentences have it as it was written
  }
  read_unix_socket(reader, request);
}

/// A request that asks for little and leaves the connection open. Over TLS nothing is said.
std::string greeting_of(HttpRequest request) {
  request.method = "HEAD";
  request.body.reset();
  request.redirects = 0;
  auto light = to_plain_request(request, Afterwards::keep);
  return light ? std::move(light->text) : "";
}

std::optional<SocketAddress> address_of(const std::string& target) {
  const auto parsed = SocketAddress::parse(target);
  return parsed ? std::optional(*parsed) : std::nullopt;
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
      {"body", SettingType::bytes, false, "what is sent along; its type is for headers to say"},
      {"headers", SettingType::texts, false, "further headers, [\"Name: value\"]"},
      {"host", SettingType::text, false, "the Host header; default: the host of the url"},
      {"expect_status", SettingType::words, false,
       "the answers that pass, [200, 204, \"300-399\"]; default: [\"2xx\"]"},
      {"expect_body", SettingType::bytes, false, "text that must occur in the body"},
      {"expect_body_regex", SettingType::text, false,
       "regular expression (RE2) that must match somewhere in the body"},
      {"body_limit", SettingType::integer, false,
       "how many bytes of the body are read at most; default: 65536"},
      {"follow_redirects", SettingType::integer, false,
       "how many redirects are followed; default: 0"},
      {"http_version", SettingType::text, false, "\"1.1\" (default) or \"2\""},
      {"connect_to", SettingType::text, false,
       "numeric address and port to connect to instead of the url's host"},
      {"unix_socket", SettingType::text, false, "path of the UNIX socket to connect to instead"},
  };
  if (scheme == Scheme::http) return specs;
  specs.front().doc = "what is requested, \"https://127.0.0.1/health\"";
  curl::append_tls_specs(specs);
  return specs;
}

model::Preparation prepare_http(const Settings& given, Scheme scheme) {
  SettingReader reader(given);
  HttpRequest request;
  request.scheme = scheme;
  read_url(reader, request);
  read_what_is_sent(reader, request);
  HttpSettings settings;
  settings.statuses = read_statuses(reader);
  settings.expectation = read_expectation(reader, request.method == "HEAD");
  read_connection(reader, request);
  if (scheme == Scheme::https) request.tls = curl::read_tls(reader);
  if (!reader.is_valid()) return std::move(reader).refused();
  if (auto plain = to_plain_request(request)) {
    settings.request = std::move(*plain);
  } else {
    settings.request = std::make_unique<const curl::Request>(to_curl_request(request));
  }
  const auto target = address_of(target_of(request));
  return std::move(reader).prepared(std::move(settings), target, greeting_of(std::move(request)));
}

Settings retarget_http(const Settings& given, Scheme scheme, const IpAddress& address) {
  if (given.contains("unix_socket")) return given;
  SettingReader reader(given);
  HttpRequest request;
  request.scheme = scheme;
  read_url(reader, request);
  read_connection(reader, request);
  const std::string target = target_of(request);
  // The port stands behind the last colon, be the host a name or an address in brackets.
  Settings aimed = given;
  aimed["connect_to"] = (address.is_v4() ? address.to_string() : "[" + address.to_string() + "]") +
                        target.substr(target.rfind(':'));
  return aimed;
}

}  // namespace vipherd::probe::http
