// Kind `dns`: one query to one server, and an answer as it is expected.
#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "probe/dns_exchange.hpp"
#include "probe/dns_settings.hpp"
#include "probe/kind.hpp"

namespace vipherd::probe {
namespace {

/// Nobody else may guess it: an answer is known by it. Never waits for entropy.
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

class DnsRunner : public Runner {
 public:
  explicit DnsRunner(boost::asio::io_context& io) : io_(io) {}

  std::unique_ptr<Probe> start(const model::Settings& settings, const Asker& asker,
                               Finish finish) override {
    auto read = read_dns_settings(settings);
    if (!read) {
      finish(could_not_run(read.error().what));
      return nullptr;
    }
    const auto id = random_id();
    if (!id) {
      finish(could_not_run(std::strerror(errno)));
      return nullptr;
    }
    auto query = wire::dns::encode_query(read->query, *id);
    if (!query) {
      finish(could_not_run(query.error().what));
      return nullptr;
    }
    auto probe = std::make_unique<DnsProbe>(std::make_shared<DnsExchange>(
        io_, *buffer_, std::move(*read), std::move(*query), asker.vrf, std::move(finish)));
    probe->start();
    return probe;
  }

 private:
  boost::asio::io_context& io_;
  std::unique_ptr<DatagramBuffer> buffer_ = std::make_unique<DatagramBuffer>();
};

}  // namespace

Kind dns_kind() {
  return {{"dns", "passes when a DNS server gives an expected answer", dns_setting_specs(),
           validate_dns, dns_target, aim_dns, 1},
          [](boost::asio::io_context& io) -> std::unique_ptr<Runner> {
            return std::make_unique<DnsRunner>(io);
          }};
}

}  // namespace vipherd::probe
