// Kind `tls`: a connection, a TLS handshake and the certificate. Nothing is sent under TLS.
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "probe/curl_loop.hpp"
#include "probe/curl_transfer.hpp"
#include "probe/kind.hpp"
#include "probe/setting_reader.hpp"
#include "probe/tls_settings.hpp"
#include "vipherd/base/socket_address.hpp"

namespace vipherd::probe {
namespace {

using model::SettingType;

class TlsProbe : public Probe, private CurlTransfer::Reader {
 public:
  TlsProbe(std::shared_ptr<CurlLoop> loop, std::shared_ptr<const CurlRequest> request,
           const Asker& asker, Finish finish)
      : request_(std::move(request)),
        finish_(std::move(finish)),
        transfer_(std::move(loop), *request_, asker, *this) {}

  std::optional<Outcome> start() { return transfer_.start(); }
  std::string awaited() const override { return transfer_.awaited(); }

 private:
  bool on_header(std::string_view) override { return true; }
  bool on_body(std::string_view) override { return true; }
  void on_end(CURLcode code) override {
    Outcome outcome = code == CURLE_OK
                          ? transfer_.with_expiry({true, "TLS handshake with " + request_->target})
                          : transfer_.failure(code, false);
    std::exchange(finish_, nullptr)(std::move(outcome));
  }

  std::shared_ptr<const CurlRequest> request_;
  Finish finish_;
  CurlTransfer transfer_;  ///< destroyed first
};

class TlsRunner : public RunnerOf<CurlRequest> {
 public:
  explicit TlsRunner(boost::asio::io_context& io) : loops_(io) {}

 private:
  std::unique_ptr<Probe> start_probe(std::shared_ptr<const CurlRequest> request, const Asker& asker,
                                     Finish finish) override {
    auto loop = loops_.of(request->tls.ca_file);
    return start_or_finish(
        std::make_unique<TlsProbe>(std::move(loop), std::move(request), asker, finish), finish);
  }

  CurlLoops loops_;
};

std::vector<model::SettingSpec> tls_specs() {
  std::vector<model::SettingSpec> all{
      {kAddress, SettingType::text, true, "numeric address and port, \"127.0.0.1:853\""}};
  append_tls_specs(all);
  return all;
}

model::Preparation prepare_tls(const model::Settings& given) {
  SettingReader reader(given);
  const SocketAddress address = reader.address(kAddress);
  CurlRequest request;
  request.only_handshake = true;
  request.tls = read_tls(reader);
  if (!reader.is_valid()) return std::move(reader).refused();
  connect_by_address(request, "https", reader.text(kAddress));
  request.url += "/";
  return std::move(reader).prepared(std::move(request), address);
}

}  // namespace

Kind tls_kind() {
  return {{"tls", "passes when a TLS handshake succeeds with a server whose certificate is valid",
           tls_specs(), prepare_tls, aim_by(kAddress), 2},
          make_runner<TlsRunner>};
}

}  // namespace vipherd::probe
