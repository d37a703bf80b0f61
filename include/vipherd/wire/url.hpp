// A URL and its parts, as curl understands it. Pure.
#pragma once

#include <optional>
#include <string>

namespace vipherd::wire {

struct Url {
  std::string text;  ///< as curl writes it: "HTTP://127.1" is "http://127.0.0.1/"
  std::string scheme;
  std::string user;
  std::string host;  ///< an IPv6 address in brackets
  std::string zone;  ///< of such an address
  std::string port;  ///< empty if the URL names none
  std::string path;
  std::string query;
  std::string fragment;
  std::string default_port;  ///< the scheme's

  const std::string& port_or_default() const { return port.empty() ? default_port : port; }
  /// The host, with the port if the URL names one.
  std::string authority() const { return port.empty() ? host : host + ":" + port; }
  friend bool operator==(const Url&, const Url&) = default;
};

/// Nothing for what is no URL of a scheme that curl knows.
std::optional<Url> parse_url(const std::string& text);

/// The URL with another host; empty if that is none, or `text` no URL.
std::string url_with_host(const std::string& text, const std::string& host);

}  // namespace vipherd::wire
