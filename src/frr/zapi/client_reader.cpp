#include "frr/zapi/client_reader.hpp"

#include <utility>

namespace vipherd::frr::zapi {
namespace {

/// Longer than the session waits: silence is judged by the session machine, as a reason to try
/// again, while an error here means that zebra.vty is of no use.
constexpr Duration kDeadline = 2 * kStepDeadline;

}  // namespace

void ClientReader::start() { ask(wire::vty::kShowVersion, &ClientReader::on_version); }

void ClientReader::cancel() {
  done_ = nullptr;
  vty_->close();
}

void ClientReader::ask(std::string_view command, Next next) {
  vty_->ask(command, kDeadline,
            [weak = weak_from_this(), next](Result<wire::vty::Response> response) {
              const auto self = weak.lock();
              if (!self) return;
              if (!response) return self->finish(response.error());
              ((*self).*next)(*response);
            });
}

void ClientReader::on_version(const wire::vty::Response& response) {
  // The version is for people: a zebra that does not tell it is used all the same.
  if (const auto version = wire::vty::parse_version(response.text)) told_.version = *version;
  ask(wire::vty::kEnable, &ClientReader::on_enabled);
}

void ClientReader::on_enabled(const wire::vty::Response&) {
  ask(wire::vty::kShowClients, &ClientReader::on_clients);
}

void ClientReader::on_clients(const wire::vty::Response& response) {
  if (response.status != wire::vty::kSuccess) {
    return finish(fail("zebra refused \"" + std::string(wire::vty::kShowClients) + "\""));
  }
  auto clients = wire::vty::parse_clients(response.text);
  if (!clients) return finish(clients.error());
  told_.clients = std::move(*clients);
  finish(std::move(told_));
}

void ClientReader::finish(Result<ZebraClients> result) {
  const Done done = std::exchange(done_, nullptr);
  vty_->close();
  if (done) done(std::move(result));
}

}  // namespace vipherd::frr::zapi
