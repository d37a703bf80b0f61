// Kind `dns`: one query to one server, and an answer as it is expected.
#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "probe/dns/exchange.hpp"
#include "probe/dns/settings.hpp"
#include "probe/kind.hpp"
#include "probe/setting_reader.hpp"

namespace vipherd::probe::dns {
namespace {

/// It must not be guessed: an answer is known by it. Never waits for entropy.
std::optional<std::uint16_t> random_id() {
  std::uint16_t id = 0;
  if (::getrandom(&id, sizeof id, GRND_NONBLOCK) != sizeof id) return std::nullopt;
  return id;
}

class DnsProbe : public Probe {
 public:
  explicit DnsProbe(std::shared_ptr<DnsExchange> exchange) : exchange_(std::move(exchange)) {}
  ~DnsProbe() override { exchange_->abandon(); }
  void start() { exchange_->start(); }
  std::string awaited() const override { return exchange_->awaited(); }

 private:
  std::shared_ptr<DnsExchange> exchange_;
};

class DnsRunner : public RunnerOf<DnsSettings> {
 public:
  explicit DnsRunner(boost::asio::io_context& io) : io_(io) {}

 private:
  std::unique_ptr<Probe> start_probe(std::shared_ptr<const DnsSettings> settings,
                                     const Asker& asker, Finish finish) override {
    const auto id = random_id();
    if (!id) {
      finish(could_not_run(std::strerror(errno)));
      return nullptr;
    }
    auto probe = std::make_unique<DnsProbe>(std::make_shared<DnsExchange>(
        io_, *buffer_, std::move(settings), *id, asker.vrf, std::move(finish)));
    probe->start();
    return probe;
  }

  boost::asio::io_context& io_;
  std::unique_ptr<DatagramBuffer> buffer_ = std::make_unique<DatagramBuffer>();
};

}  // namespace

Kind kind() {
  return {{"dns", "passes when a DNS server gives an expected answer", dns_setting_specs(),
           prepare_dns, retarget_by(kDnsServer), 1},
          make_runner<DnsRunner>};
}

}  // namespace vipherd::probe::dns
