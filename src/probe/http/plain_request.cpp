#include "probe/http/plain_request.hpp"

#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

#include "probe/http/header.hpp"
#include "vipherd/base/socket_address.hpp"
#include "vipherd/wire/url.hpp"

namespace vipherd::probe::http {
namespace {

/// The URL, if curl would send it as it is written, and no more of it than the path and query.
std::optional<wire::Url> simple_url(const std::string& text) {
  auto url = wire::parse_url(text);
  const bool simple = url && url->scheme == "http" &&
                      (url->text == text || url->text == text + "/") && url->user.empty() &&
                      url->zone.empty() && url->fragment.empty() && !text.ends_with('?') &&
                      std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
  return simple ? std::move(url) : std::nullopt;
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
bool set_target(PlainRequest& plain, const HttpRequest& request, const wire::Url& url) {
  if (!request.unix_socket.empty()) {
    set_path(plain, request.unix_socket);
    return true;
  }
  std::string target = request.connect_to;
  if (target.empty()) target = url.host + ":" + url.port_or_default();
  const auto address = SocketAddress::parse(target);
  if (address) set_address(plain, *address);
  return address.has_value();
}

/// In the words and the order of curl.
void write_request(PlainRequest& plain, const HttpRequest& request, const wire::Url& url,
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
  ((text += request.method) += ' ') += url.path;
  if (!url.query.empty()) (text += '?') += url.query;
  text += " HTTP/1.1\r\n";
  std::string host = request.host;
  if (host.empty()) host = url.port == "80" ? url.host : url.authority();
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
  return request.scheme == Scheme::https || request.version == curl::HttpVersion::http2 ||
         request.redirects > 0;
}

}  // namespace

std::optional<PlainRequest> to_plain_request(const HttpRequest& request, Afterwards afterwards) {
  if (needs_curl(request)) return std::nullopt;
  const auto url = simple_url(request.url);
  std::optional<PlainRequest> plain(std::in_place);
  if (!url || !set_target(*plain, request, *url)) return std::nullopt;
  write_request(*plain, request, *url, afterwards);
  return plain;
}

}  // namespace vipherd::probe::http
