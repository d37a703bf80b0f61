// A URL and its parts, as curl understands it. Pure.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

namespace vipherd::probe {

/// The parts of what is no URL are empty.
class HttpUrl {
 public:
  explicit HttpUrl(const std::string& text);

  std::string scheme() const { return part(CURLUPART_SCHEME); }
  std::string host() const { return part(CURLUPART_HOST); }
  /// The scheme's, if the URL names none.
  std::string port_or_default() const { return part(CURLUPART_PORT, CURLU_DEFAULT_PORT); }
  /// The host, with the port if the URL names one.
  std::string authority() const;
  /// The URL, but with another host.
  std::string with_host(const std::string& host);

 private:
  std::string part(CURLUPart which, unsigned flags = 0) const;

  struct Cleanup {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
  };
  std::unique_ptr<CURLU, Cleanup> url_;
};

}  // namespace vipherd::probe
