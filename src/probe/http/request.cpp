#include "probe/http/request.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "probe/http/header.hpp"
#include "vipherd/wire/url.hpp"

namespace vipherd::probe::http {
namespace {

using Texts = std::vector<std::string>;

bool has_header(const Texts& headers, std::string_view name) {
  return std::ranges::any_of(headers, [&](const auto& header) { return names(header, name); });
}

/// The operator's, and what keeps curl from adding others on its own account.
Texts headers_for_curl(const HttpRequest& request) {
  Texts headers = request.headers;
  // curl takes "Name:" for the removal of a header, and "Name;" for one without a value.
  for (std::string& header : headers) {
    if (header.find_first_not_of(" \t", header.find(':') + 1) == std::string::npos) {
      header.replace(header.find(':'), std::string::npos, ";");
    }
  }
  // A header of the operator's replaces it; HTTP/2 has none (RFC 9113 section 8.2.2).
  if (request.version == curl::HttpVersion::http1 && !has_header(headers, "connection")) {
    headers.insert(headers.begin(), "Connection: close");
  }
  if (request.body) headers.insert(headers.begin(), {"Content-Type:", "Expect:"});
  return headers;
}

/// What curl is to connect to: "::ADDRESS:PORT", and for requests that a redirect sends to
/// another port the same address.
Texts rules_for(const std::string& target, const std::string& url_port, bool redirects) {
  if (!redirects) return {"::" + target};
  return {":" + url_port + ":" + target, "::" + target.substr(0, target.rfind(':')) + ":"};
}

wire::Url url_of(const HttpRequest& request) {
  return wire::parse_url(request.url).value_or(wire::Url{});
}

}  // namespace

std::string target_of(const HttpRequest& request) {
  if (!request.unix_socket.empty()) return request.unix_socket;
  if (!request.connect_to.empty()) return request.connect_to;
  const wire::Url url = url_of(request);
  return url.host + ":" + url.port_or_default();
}

curl::Request to_curl_request(const HttpRequest& request) {
  curl::Request result;
  result.url = request.url;
  result.target = target_of(request);
  result.method = request.method;
  result.body = request.body;
  result.headers = headers_for_curl(request);
  result.unix_socket = request.unix_socket;
  result.version = request.version;
  result.redirects = request.redirects;
  result.tls = request.tls;

  const wire::Url url = url_of(request);
  const std::string& url_port = url.port_or_default();
  const std::string& connect_to = request.connect_to;
  if (!connect_to.empty()) {
    result.connect_to = rules_for(connect_to, url_port, result.redirects > 0);
  }
  std::string host = request.host;
  // curl takes SNI and the name to verify from the URL alone: the name goes in there, and what
  // the URL said goes to where the connection is made and to the Host header.
  std::string& server_name = result.tls.server_name;
  if (server_name.empty()) {
    server_name = url.host;
  } else {
    if (connect_to.empty()) {
      result.connect_to = {server_name + ":" + url_port + ":" + url.host + ":" + url_port};
    }
    if (host.empty()) host = url.authority();
    result.url = wire::url_with_host(request.url, server_name);
  }
  if (!result.unix_socket.empty()) result.connect_to.clear();
  if (!host.empty()) result.headers.push_back("Host: " + host);
  return result;
}

}  // namespace vipherd::probe::http
