// Kind `tls`: a connection, a TLS handshake and the certificate. Nothing is sent under TLS.
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "probe/curl/loop.hpp"
#include "probe/curl/tls_settings.hpp"
#include "probe/curl/transfer.hpp"
#include "probe/kind.hpp"
#include "probe/setting_reader.hpp"
#include "vipherd/base/socket_address.hpp"

namespace vipherd::probe::tls {
namespace {

using model::SettingType;

class TlsProbe : public Probe, private curl::Transfer::Reader {
 public:
  TlsProbe(std::shared_ptr<curl::Loop> loop, std::shared_ptr<const curl::Request> request,
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

  std::shared_ptr<const curl::Request> request_;
  Finish finish_;
  curl::Transfer transfer_;  ///< destroyed first
};

class TlsRunner : public RunnerOf<curl::Request> {
 public:
  explicit TlsRunner(boost::asio::io_context& io) : loops_(io) {}

 private:
  std::unique_ptr<Probe> start_probe(std::shared_ptr<const curl::Request> request,
                                     const Asker& asker, Finish finish) override {
    auto loop = loops_.of(request->tls.ca_file);
    return curl::start_or_finish(
        std::make_unique<TlsProbe>(std::move(loop), std::move(request), asker, finish), finish);
  }

  curl::Loops loops_;
};

std::vector<model::SettingSpec> tls_specs() {
  std::vector<model::SettingSpec> all{
      {kAddress, SettingType::text, true, "numeric address and port, \"127.0.0.1:853\""}};
  curl::append_tls_specs(all);
  return all;
}

model::Preparation prepare_tls(const model::Settings& given) {
  SettingReader reader(given);
  const SocketAddress address = reader.address(kAddress);
  curl::Request request;
  request.only_handshake = true;
  request.tls = curl::read_tls(reader);
  if (!reader.is_valid()) return std::move(reader).refused();
  curl::connect_by_address(request, "https", reader.text(kAddress));
  request.url += "/";
  return std::move(reader).prepared(std::move(request), address);
}

}  // namespace

Kind kind() {
  return {{"tls", "passes when a TLS handshake succeeds with a server whose certificate is valid",
           tls_specs(), prepare_tls, retarget_by(kAddress), 2},
          make_runner<TlsRunner>};
}

}  // namespace vipherd::probe::tls
