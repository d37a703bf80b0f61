#include "cli/http_get.hpp"

#include <curl/curl.h>

#include <array>
#include <memory>

namespace vipherd::cli {
namespace {

constexpr long kTimeoutMs = 5000;
constexpr std::size_t kLargestBody = std::size_t{64} << 20;

std::size_t append(char* data, std::size_t, std::size_t size, void* target) {
  auto* body = static_cast<std::string*>(target);
  if (body->size() + size > kLargestBody) return 0;
  body->append(data, size);
  return size;
}

struct Cleanup {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

}  // namespace

Result<std::string> http_get(const std::string& url) {
  const std::unique_ptr<CURL, Cleanup> handle(curl_easy_init());
  if (!handle) return fail("libcurl could not be started");
  std::string body;
  std::array<char, CURL_ERROR_SIZE> reason{};
  curl_easy_setopt(handle.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle.get(), CURLOPT_NOPROXY, "*");
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT_MS, kTimeoutMs);
  curl_easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, reason.data());
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &body);
  const CURLcode code = curl_easy_perform(handle.get());
  if (code != CURLE_OK) {
    return fail("GET " + url + ": " + (reason[0] != 0 ? reason.data() : curl_easy_strerror(code)));
  }
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return fail("GET " + url + ": answered " + std::to_string(status));
  // A string could also be the error's: said explicitly.
  return {boost::system::in_place_value, std::move(body)};
}

}  // namespace vipherd::cli
