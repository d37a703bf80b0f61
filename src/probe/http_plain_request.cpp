#include "probe/http_plain_request.hpp"

#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

#include "probe/http_header.hpp"
#include "vipherd/base/socket_address.hpp"

namespace vipherd::probe {
namespace {

constexpr std::string_view kScheme = "http://";

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
  request.target = target.to_string();
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
  request.target = path;
  auto* local = reinterpret_cast<sockaddr_un*>(&request.address);
  local->sun_family = AF_UNIX;
  const std::size_t size = std::min(path.size(), sizeof local->sun_path - 1);
  std::memcpy(local->sun_path, path.data(), size);
  request.address_size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size + 1);
}

/// False if what is to be connected to is no address.
bool set_target(PlainRequest& plain, const HttpRequest& request, const SimpleUrl& url) {
  if (!request.unix_socket.empty()) {
    set_path(plain, request.unix_socket);
    return true;
  }
  std::string target = request.connect_to;
  if (target.empty()) target = std::string(url.authority) + (url.port.empty() ? ":80" : "");
  const auto address = SocketAddress::parse(target);
  if (address) set_address(plain, *address);
  return address.has_value();
}

/// In the words and the order of curl.
void write_request(PlainRequest& plain, const HttpRequest& request, const SimpleUrl& url,
                   Afterwards afterwards) {
  plain.head = request.method == "HEAD";
  std::string& text = plain.text;
  const auto add_unless_given = [&](std::string_view name, std::string_view value) {
    const bool given = std::ranges::any_of(request.headers,
                                           [&](const auto& header) { return names(header, name); });
    if (given) return;
    ((text += name) += ": ") += value;
    text += "\r\n";
  };
  ((text += request.method) += ' ') += url.path.empty() ? "/" : url.path;
  text += " HTTP/1.1\r\n";
  std::string_view host = request.host;
  if (host.empty()) {
    host = url.authority;
    if (url.port == "80") host.remove_suffix(3);
  }
  add_unless_given("Host", host);
  add_unless_given("User-Agent", "vipherd/" VIPHERD_VERSION);
  add_unless_given("Accept", "*/*");
  if (afterwards == Afterwards::close) add_unless_given("Connection", "close");
  for (const std::string& header : request.headers) (text += header) += "\r\n";
  if (request.body) {
    text += "Content-Length: " + std::to_string(request.body->size()) + "\r\n\r\n";
    text += *request.body;
  } else {
    text +=
        request.method == "POST" || request.method == "PUT" ? "Content-Length: 0\r\n\r\n" : "\r\n";
  }
}

bool needs_curl(const HttpRequest& request) {
  return request.scheme == Scheme::https || request.version == HttpVersion::http2 ||
         request.redirects > 0;
}

}  // namespace

std::optional<PlainRequest> to_plain_request(const HttpRequest& request, Afterwards afterwards) {
  if (needs_curl(request)) return std::nullopt;
  const auto url = split_url(request.url);
  std::optional<PlainRequest> plain(std::in_place);
  if (!url || !set_target(*plain, request, *url)) return std::nullopt;
  write_request(*plain, request, *url, afterwards);
  return plain;
}

}  // namespace vipherd::probe
