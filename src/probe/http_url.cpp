#include "probe/http_url.hpp"

namespace vipherd::probe {

HttpUrl::HttpUrl(const std::string& text) : url_(curl_url()) {
  if (url_ && curl_url_set(url_.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) url_.reset();
}

std::string HttpUrl::authority() const {
  const std::string port = part(CURLUPART_PORT);
  return port.empty() ? host() : host() + ":" + port;
}

std::string HttpUrl::with_host(const std::string& host) {
  if (url_) curl_url_set(url_.get(), CURLUPART_HOST, host.c_str(), 0);
  return part(CURLUPART_URL);
}

std::string HttpUrl::part(CURLUPart which, unsigned flags) const {
  char* text = nullptr;
  if (!url_ || curl_url_get(url_.get(), which, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

}  // namespace vipherd::probe
