#include "vipherd/wire/url.hpp"

#include <curl/urlapi.h>

#include <memory>

namespace vipherd::wire {
namespace {

using Handle = std::unique_ptr<CURLU, decltype([](CURLU* url) { curl_url_cleanup(url); })>;
using UrlText = std::unique_ptr<char, decltype([](char* text) { curl_free(text); })>;

Handle read_url(const std::string& text) {
  Handle url(curl_url());
  if (url && curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) url.reset();
  return url;
}

/// Empty if the URL has no such part.
std::string part_of(const Handle& url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, flags) != CURLUE_OK) return {};
  return UrlText(text).get();
}

}  // namespace

std::optional<Url> parse_url(const std::string& text) {
  const Handle handle = read_url(text);
  if (!handle) return std::nullopt;
  Url url;
  url.text = part_of(handle, CURLUPART_URL);
  url.scheme = part_of(handle, CURLUPART_SCHEME);
  url.user = part_of(handle, CURLUPART_USER);
  url.host = part_of(handle, CURLUPART_HOST);
  url.zone = part_of(handle, CURLUPART_ZONEID);
  url.port = part_of(handle, CURLUPART_PORT);
  url.path = part_of(handle, CURLUPART_PATH);
  url.query = part_of(handle, CURLUPART_QUERY);
  url.fragment = part_of(handle, CURLUPART_FRAGMENT);
  if (url.port.empty()) url.default_port = part_of(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  return url;
}

std::string url_with_host(const std::string& text, const std::string& host) {
  const Handle handle = read_url(text);
  if (!handle) return {};
  if (curl_url_set(handle.get(), CURLUPART_HOST, host.c_str(), 0) != CURLUE_OK) return {};
  return part_of(handle, CURLUPART_URL);
}

}  // namespace vipherd::wire
