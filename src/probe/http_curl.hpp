// One HTTP request by curl: over TLS, HTTP/2, to a name, or with redirects followed.
#pragma once

#include <memory>

#include "probe/curl_loop.hpp"
#include "probe/http_settings.hpp"
#include "probe/kind.hpp"

namespace vipherd::probe {

/// `settings` are of a CurlRequest. Null if `finish` was called already.
std::unique_ptr<Probe> start_curl_probe(std::shared_ptr<CurlLoop> loop,
                                        std::shared_ptr<const HttpSettings> settings,
                                        const Asker& asker, Finish finish);

}  // namespace vipherd::probe
