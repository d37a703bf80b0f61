#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

#include "probe/http_plain.hpp"
#include "vipherd/base/socket_address.hpp"

namespace vipherd::probe {
namespace {

using model::Settings;
using Texts = std::vector<std::string>;

constexpr std::string_view kScheme = "http://";

/// The value as it lies in the settings, or "".
std::string_view text_of(const Settings& settings, std::string_view key) {
  const auto found = settings.find(key);
  return found == settings.end() ? std::string_view() : std::get<std::string>(found->second);
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// A URL of which nothing has to be decoded, encoded or made shorter.
struct SimpleUrl {
  std::string_view authority;  ///< "127.0.0.1:8080"
  std::string_view port;       ///< "8080", or ""
  std::string_view path;       ///< "/health?full=1", or ""
};

std::optional<SimpleUrl> split_url(std::string_view url) {
  if (!url.starts_with(kScheme)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  const std::size_t slash = std::min(url.find_first_of("/?#"), url.size());
  SimpleUrl result{url.substr(0, slash), {}, url.substr(slash)};
  std::string_view host = result.authority;
  if (const std::size_t colon = host.rfind(':');
      colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    result.port = host.substr(colon + 1);
    host = host.substr(0, colon);
    if (result.port.empty()) return std::nullopt;
  }
  const auto is_host_letter = [](char c) {
    return is_alphanumeric(c) || c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
  };
  const auto is_path_letter = [](char c) { return c > 0x20 && c < 0x7f && c != '#' && c != '\\'; };
  const bool simple = std::ranges::all_of(host, is_host_letter) &&
                      std::ranges::all_of(result.path, is_path_letter) &&
                      (result.path.empty() || result.path.front() == '/') &&
                      result.path.find("/.") == std::string_view::npos;
  return simple ? std::optional(result) : std::nullopt;
}

void set_address(PlainRequest& request, const SocketAddress& target) {
  const auto bytes = target.address.bytes();
  if (target.address.is_v4()) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&request.address);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(target.port);
    std::memcpy(&v4->sin_addr, bytes.data(), bytes.size());
    request.address_size = sizeof *v4;
    return;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&request.address);
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(target.port);
  std::memcpy(&v6->sin6_addr, bytes.data(), bytes.size());
  request.address_size = sizeof *v6;
}

void set_path(PlainRequest& request, std::string_view path) {
  auto* local = reinterpret_cast<sockaddr_un*>(&request.address);
  local->sun_family = AF_UNIX;
  const std::size_t size = std::min(path.size(), sizeof local->sun_path - 1);
  std::memcpy(local->sun_path, path.data(), size);
  request.address_size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size + 1);
}

/// False if the settings name no address.
bool set_target(PlainRequest& request, const Settings& settings, const SimpleUrl& url) {
  if (const auto path = text_of(settings, "unix_socket"); !path.empty()) {
    set_path(request, path);
    return true;
  }
  const std::string_view connect_to = text_of(settings, "connect_to");
  std::string with_port;
  if (connect_to.empty() && url.port.empty()) with_port = std::string(url.authority) + ":80";
  const auto target = SocketAddress::parse(!connect_to.empty() ? connect_to
                                           : with_port.empty() ? url.authority
                                                               : std::string_view(with_port));
  if (target) set_address(request, *target);
  return target.has_value();
}

bool names(std::string_view header, std::string_view name) {
  return header.size() > name.size() && header[name.size()] == ':' &&
         std::equal(name.begin(), name.end(), header.begin(), [](char one, char other) {
           return one == other || (is_alphanumeric(one) && (one ^ other) == 0x20);
         });
}

const Texts* headers_of(const Settings& settings) {
  const auto found = settings.find("headers");
  return found == settings.end() ? nullptr : &std::get<Texts>(found->second);
}

/// In the words and the order of curl.
void write_request(PlainRequest& request, const Settings& settings, const SimpleUrl& url,
                   Afterwards afterwards) {
  std::string_view method = text_of(settings, "method");
  if (method.empty()) method = "GET";
  request.head = method == "HEAD";
  const Texts* headers = headers_of(settings);
  std::string& text = request.text;
  const auto add_unless_given = [&](std::string_view name, auto... value) {
    const bool given = headers != nullptr && std::ranges::any_of(*headers, [&](const auto& header) {
                         return names(header, name);
                       });
    if (given) return;
    (text += name) += ": ";
    ((text += value), ...);
    text += "\r\n";
  };
  text.reserve(256);
  ((text += method) += ' ') += url.path.empty() ? "/" : url.path;
  text += " HTTP/1.1\r\n";
  std::string_view host = text_of(settings, "host");
  if (host.empty()) {
    host = url.authority;
    if (url.port == "80") host.remove_suffix(3);
  }
  add_unless_given("Host", host);
  add_unless_given("User-Agent", "vipherd/" VIPHERD_VERSION);
  add_unless_given("Accept", "*/*");
  if (afterwards == Afterwards::close) add_unless_given("Connection", "close");
  if (headers != nullptr) {
    for (const std::string& header : *headers) (text += header) += "\r\n";
  }
  if (settings.contains("body")) {
    const std::string_view body = text_of(settings, "body");
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    text += body;
  } else {
    text += method == "POST" || method == "PUT" ? "Content-Length: 0\r\n\r\n" : "\r\n";
  }
}

bool needs_curl(const Settings& settings) {
  const auto redirects = settings.find("follow_redirects");
  return text_of(settings, "http_version") == "2" ||
         (redirects != settings.end() && std::get<std::int64_t>(redirects->second) > 0);
}

}  // namespace

std::optional<PlainRequest> read_plain_request(const Settings& settings, Afterwards afterwards) {
  if (needs_curl(settings)) return std::nullopt;
  const auto url = split_url(text_of(settings, "url"));
  std::optional<PlainRequest> request(std::in_place);
  if (!url || !set_target(*request, settings, *url)) return std::nullopt;
  write_request(*request, settings, *url, afterwards);
  return request;
}

}  // namespace vipherd::probe
