// One HTTP request by curl: over TLS, HTTP/2, to a name, or with redirects followed.
#pragma once

#include <memory>

#include "probe/curl_loop.hpp"
#include "probe/http_expect.hpp"
#include "probe/http_settings.hpp"
#include "probe/kind.hpp"

namespace vipherd::probe {

/// Null if `finish` was called already.
std::unique_ptr<Probe> start_curl_probe(std::shared_ptr<CurlLoop> loop, CurlRequest request,
                                        StatusSet statuses, Expectation expectation, Finish finish);

}  // namespace vipherd::probe
