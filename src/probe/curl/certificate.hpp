// How long a server's certificate is still valid, and what a check makes of it. Pure but for
// asking curl.
#pragma once

#include <curl/curl.h>

#include <optional>
#include <string>

#include "probe/kind.hpp"
#include "vipherd/base/duration.hpp"

namespace vipherd::probe::curl {

/// A certificate that is valid for less than `within` fails the probe, or passes with a warning.
struct ExpiryRule {
  Duration within{};
  bool fails = false;
};

/// "certificate of web.example expires in 2 days". In whole units, so that the sentence does not
/// change from probe to probe.
std::string expiry_sentence(const std::string& name, Duration left);

/// The earliest end among the certificates that the server sent, of a transfer with
/// CURLOPT_CERTINFO that has ended.
std::optional<WallTime> earliest_expiry(CURL* handle);

/// What a probe that has passed becomes by `rule`.
Outcome evaluate_expiry(Outcome passed, const ExpiryRule& rule, const std::string& name,
                        std::optional<WallTime> expiry, WallTime now);

}  // namespace vipherd::probe::curl
