#include "probe/http/header.hpp"

#include <algorithm>

#include "probe/curl/tls_settings.hpp"

namespace vipherd::probe::http {
namespace {

char lower_case(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool is_token(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

bool is_header(std::string_view header) {
  return curl::is_printable(header) && is_token(header.substr(0, header.find(':'))) &&
         header.find(':') != std::string_view::npos;
}

bool names(std::string_view header, std::string_view name) {
  return header.size() > name.size() && header[name.size()] == ':' &&
         std::equal(name.begin(), name.end(), header.begin(),
                    [](char one, char other) { return lower_case(one) == lower_case(other); });
}

}  // namespace vipherd::probe::http
