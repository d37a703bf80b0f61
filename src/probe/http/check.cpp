// Kinds `http` and `https`: one request on a connection of its own, evaluated by its status and, if
// asked for, by its body, which must come to its end or to `body_limit`.
#include <memory>
#include <string_view>
#include <utility>
#include <variant>

#include "probe/curl/loop.hpp"
#include "probe/http/curl.hpp"
#include "probe/http/plain.hpp"
#include "probe/http/settings.hpp"
#include "probe/kind.hpp"

namespace vipherd::probe::http {
namespace {

class HttpRunner : public RunnerOf<HttpSettings> {
 public:
  explicit HttpRunner(boost::asio::io_context& io) : io_(io), farewells_(io), loops_(io) {}

 private:
  std::unique_ptr<Probe> start_probe(std::shared_ptr<const HttpSettings> settings,
                                     const Asker& asker, Finish finish) override {
    if (const auto* request = std::get_if<CurlRequest>(&settings->request)) {
      return start_curl_probe(loops_.of((*request)->tls.ca_file), std::move(settings), asker,
                              finish);
    }
    return start_plain_probe(io_, std::move(settings), asker.vrf, farewells_, std::move(finish));
  }

  boost::asio::io_context& io_;
  Farewells farewells_;
  curl::Loops loops_;
};

Kind make_kind(Scheme scheme, std::string_view doc) {
  return {{to_string(scheme), doc, http_setting_specs(scheme),
           [scheme](const model::Settings& given) { return prepare_http(given, scheme); },
           [scheme](const model::Settings& given, const IpAddress& address) {
             return retarget_http(given, scheme, address);
           },
           4},  // a socket and curl's duplicate of it for either family, or the resolver's
          make_runner<HttpRunner>};
}

}  // namespace

Kind http_kind() {
  return make_kind(Scheme::http, "passes when an HTTP request gets an expected answer");
}

Kind https_kind() {
  return make_kind(
      Scheme::https,
      "passes when an HTTP request over TLS gets an expected answer from a server with a valid "
      "certificate");
}

}  // namespace vipherd::probe::http
