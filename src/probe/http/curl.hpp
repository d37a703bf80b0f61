// One HTTP request by curl: over TLS, HTTP/2, to a name, or with redirects followed.
#pragma once

#include <memory>

#include "probe/curl/loop.hpp"
#include "probe/http/settings.hpp"
#include "probe/kind.hpp"

namespace vipherd::probe::http {

/// `settings` are of a curl::Request. Null if `finish` was called already.
std::unique_ptr<Probe> start_curl_probe(std::shared_ptr<curl::Loop> loop,
                                        std::shared_ptr<const HttpSettings> settings,
                                        const Asker& asker, const Finish& finish);

}  // namespace vipherd::probe::http
