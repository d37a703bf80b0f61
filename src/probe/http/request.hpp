// The request that settings of the kinds `http` and `https` ask for, as it was read: what is sent
// is made of it, with curl or without. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "probe/curl/transfer.hpp"

namespace vipherd::probe::http {

enum class Scheme : std::uint8_t { http, https };

struct HttpRequest {
  Scheme scheme = Scheme::http;
  std::string url;
  std::string method = "GET";
  std::optional<std::string> body;
  std::vector<std::string> headers;  ///< "Name: value"
  std::string host;                  ///< for the Host header; empty: the URL's
  std::string connect_to;            ///< "127.0.0.1:80" instead of the URL's host; empty: that
  std::string unix_socket;           ///< or the path of this one
  std::int64_t redirects = 0;
  curl::HttpVersion version = curl::HttpVersion::http1;
  curl::TlsSettings tls;  ///< with Scheme::https
};

/// What is connected to, for people: "127.0.0.1:80", "web.example:443", the path of a socket.
std::string target_of(const HttpRequest& request);

curl::Request to_curl_request(const HttpRequest& request);

}  // namespace vipherd::probe::http
