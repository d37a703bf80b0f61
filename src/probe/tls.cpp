// Kind `tls`: a connection, a TLS handshake and the certificate. Nothing is sent under TLS.
#include <memory>
#include <string>
#include <utility>

#include "probe/address_setting.hpp"
#include "probe/curl_loop.hpp"
#include "probe/curl_transfer.hpp"
#include "probe/kind.hpp"
#include "probe/tls_settings.hpp"
#include "vipherd/base/socket_address.hpp"

namespace vipherd::probe {
namespace {

using model::Settings;
using model::SettingType;

std::string address_of(const Settings& settings) {
  return model::setting_or<std::string>(settings, "address", {});
}

CurlRequest read_request(const Settings& settings) {
  CurlRequest request;
  request.target = address_of(settings);
  request.only_handshake = true;
  request.tls = read_tls_settings(settings);
  std::string& name = request.tls.server_name;
  const std::size_t colon = request.target.rfind(':');
  if (name.empty()) name = request.target.substr(0, colon);
  request.url = "https://" + name + request.target.substr(colon) + "/";
  request.connect_to = {"::" + request.target};
  return request;
}

class TlsProbe : public Probe, private CurlTransfer::Reader {
 public:
  TlsProbe(std::shared_ptr<CurlLoop> loop, CurlRequest request, Finish finish)
      : request_(std::move(request)),
        finish_(std::move(finish)),
        transfer_(std::move(loop), request_, *this) {}

  std::optional<Outcome> start() { return transfer_.start(); }
  std::string awaited() const override { return transfer_.awaited(); }

 private:
  bool on_header(std::string_view) override { return true; }
  bool on_body(std::string_view) override { return true; }
  void on_end(CURLcode code) override {
    Outcome outcome = code == CURLE_OK
                          ? transfer_.with_expiry({true, "TLS handshake with " + request_.target})
                          : transfer_.failure(code, false);
    std::exchange(finish_, nullptr)(std::move(outcome));
  }

  CurlRequest request_;
  Finish finish_;
  CurlTransfer transfer_;  ///< destroyed first
};

class TlsRunner : public Runner {
 public:
  explicit TlsRunner(boost::asio::io_context& io) : loops_(io) {}

  std::unique_ptr<Probe> start(const Settings& settings, const Asker& asker,
                               Finish finish) override {
    CurlRequest request = read_request(settings);
    request.asker = asker;
    auto loop = loops_.of(request.tls.ca_file);
    auto probe = std::make_unique<TlsProbe>(std::move(loop), std::move(request), finish);
    if (auto refused = probe->start()) {
      finish(std::move(*refused));
      return nullptr;
    }
    return probe;
  }

 private:
  CurlLoops loops_;
};

std::vector<model::SettingSpec> specs() {
  std::vector<model::SettingSpec> all{
      {"address", SettingType::text, true, "numeric address and port, \"127.0.0.1:853\""}};
  append_tls_specs(all);
  return all;
}

std::vector<model::SettingFault> validate(const Settings& settings) {
  std::vector<model::SettingFault> faults;
  const auto target = SocketAddress::parse(address_of(settings));
  if (!target) faults.push_back({"address", target.error().what});
  validate_tls(settings, faults);
  return faults;
}

std::optional<SocketAddress> target(const Settings& settings) {
  return address_in(settings, "address");
}

Settings aim(const Settings& settings, const IpAddress& address) {
  return with_address(settings, "address", address);
}

}  // namespace

Kind tls_kind() {
  return {{"tls", "passes when a TLS handshake succeeds with a server whose certificate is valid",
           specs(), validate, target, aim, 2},
          [](boost::asio::io_context& io) -> std::unique_ptr<Runner> {
            return std::make_unique<TlsRunner>(io);
          }};
}

}  // namespace vipherd::probe
