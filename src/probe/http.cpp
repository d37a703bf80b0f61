// Kinds `http` and `https`: one request on a connection of its own, judged by its status and, if
// asked for, by its body, which must come to its end or to `body_limit`.
#include <memory>
#include <string_view>
#include <utility>

#include "probe/curl_loop.hpp"
#include "probe/http_curl.hpp"
#include "probe/http_plain.hpp"
#include "probe/http_settings.hpp"
#include "probe/kind.hpp"

namespace vipherd::probe {
namespace {

class HttpRunner : public Runner {
 public:
  HttpRunner(boost::asio::io_context& io, Scheme scheme)
      : io_(io), scheme_(scheme), farewells_(io), loops_(io) {}

  std::unique_ptr<Probe> start(const model::Settings& settings, const Asker& asker,
                               Finish finish) override {
    StatusSet statuses = read_statuses(settings);
    Expectation expectation = read_expectation(settings, regexes_);
    if (scheme_ == Scheme::http) {
      if (auto request = read_plain_request(settings)) {
        request->vrf = asker.vrf;
        return start_plain_probe(io_, std::move(*request), std::move(statuses),
                                 std::move(expectation), farewells_, std::move(finish));
      }
    }
    CurlRequest request = read_curl_request(settings, scheme_);
    request.asker = asker;
    auto loop = loops_.of(request.tls.ca_file);
    return start_curl_probe(std::move(loop), std::move(request), std::move(statuses),
                            std::move(expectation), std::move(finish));
  }

 private:
  boost::asio::io_context& io_;
  Scheme scheme_;
  RegexCache regexes_;
  Farewells farewells_;
  CurlLoops loops_;
};

/// A request that asks for little and leaves the connection open. Over TLS nothing is said.
std::string greet_http(const model::Settings& settings) {
  model::Settings light = settings;
  light["method"] = std::string("HEAD");
  light.erase("body");
  light.erase("follow_redirects");
  const auto request = read_plain_request(light, Afterwards::keep);
  return request ? request->text : "";
}

template <Scheme scheme>
Kind make_kind(std::string_view doc) {
  return {{to_string(scheme), doc, http_setting_specs(scheme),
           [](const model::Settings& settings) { return validate_http(settings, scheme); },
           [](const model::Settings& settings) { return target_of_http(settings, scheme); },
           [](const model::Settings& settings, const IpAddress& address) {
             return aim_http(settings, scheme, address);
           },
           // A socket and curl's duplicate of it for either family, or the resolver's.
           4, scheme == Scheme::http ? greet_http : nullptr},
          [](boost::asio::io_context& io) -> std::unique_ptr<Runner> {
            return std::make_unique<HttpRunner>(io, scheme);
          }};
}

}  // namespace

Kind http_kind() {
  return make_kind<Scheme::http>("passes when an HTTP request gets an expected answer");
}

Kind https_kind() {
  return make_kind<Scheme::https>(
      "passes when an HTTP request over TLS gets an expected answer from a server with a valid "
      "certificate");
}

}  // namespace vipherd::probe
