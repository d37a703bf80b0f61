#include "probe/curl/certificate.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>

namespace vipherd::probe::curl {
namespace {

using std::chrono::hours;

constexpr std::string_view kExpiry = "Expire date:";

/// "2 days", "1 hour"; rounded down.
std::string in_words(Duration time) {
  const auto whole = std::chrono::duration_cast<hours>(time).count();
  if (whole == 0) return "less than an hour";
  const auto count = whole >= 48 ? whole / 24 : whole;
  return std::to_string(count) + (whole >= 48 ? " day" : " hour") + (count == 1 ? "" : "s");
}

}  // namespace

std::string expiry_sentence(const std::string& name, Duration left) {
  const std::string subject = "certificate of " + name;
  if (left <= Duration::zero()) return subject + " expired " + in_words(-left) + " ago";
  return subject + " expires in " + in_words(left);
}

std::optional<WallTime> earliest_expiry(CURL* handle) {
  curl_certinfo* chain = nullptr;
  if (curl_easy_getinfo(handle, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == nullptr) {
    return std::nullopt;
  }
  std::optional<WallTime> earliest;
  for (int index = 0; index < chain->num_of_certs; ++index) {
    for (const curl_slist* item = chain->certinfo[index]; item != nullptr; item = item->next) {
      const std::string_view text(item->data);
      if (!text.starts_with(kExpiry)) continue;
      const std::time_t end = curl_getdate(item->data + kExpiry.size(), nullptr);
      // A date that cannot be read may be the earliest of all.
      if (end == -1) return std::nullopt;
      const WallTime expiry = wall_time_of(end);
      earliest = earliest ? std::min(*earliest, expiry) : expiry;
    }
  }
  return earliest;
}

Outcome evaluate_expiry(Outcome passed, const ExpiryRule& rule, const std::string& name,
                        std::optional<WallTime> expiry, WallTime now) {
  const bool close = !expiry || *expiry - now < rule.within;
  if (!close) return passed;
  std::string sentence = expiry ? expiry_sentence(name, *expiry - now)
                                : "certificate of " + name + " does not say when it expires";
  if (rule.fails) return {false, std::move(sentence)};
  passed.warning = std::move(sentence);
  return passed;
}

}  // namespace vipherd::probe::curl
