#include "vipherd/kernel/attacher.hpp"

#include <utility>

#include "kernel/vips/session.hpp"

namespace vipherd::kernel {
namespace {

/// Handlers in flight may outlive the attacher; they hold the session weakly and find it closed.
class SessionAttacher final : public Attacher {
 public:
  explicit SessionAttacher(std::shared_ptr<Session> session) : session_(std::move(session)) {}
  ~SessionAttacher() override { session_->close(); }
  SessionAttacher(const SessionAttacher&) = delete;
  SessionAttacher& operator=(const SessionAttacher&) = delete;

  Result<void> start() override { return session_->start(); }
  void read(Interest interest) override { session_->command(input::Read{std::move(interest)}); }
  void attach(const IpAddress& vip) override { session_->command(input::Attach{vip}); }
  void detach(const IpAddress& vip) override { session_->command(input::Detach{vip}); }
  void flush() override { session_->command(input::Flush{}); }
  std::optional<Duration> renewal_pace() const override { return session_->renewal_pace(); }
  void renew() override { session_->command(input::Renew{std::chrono::steady_clock::now()}); }

 private:
  std::shared_ptr<Session> session_;
};

Method method_of(const model::Config& config) {
  if (config.frr.traits().attaches_by_address) {
    return {Method::Kind::lo_addresses, config.vips.route_protocol, config.vips.lease};
  }
  return {Method::Kind::local_routes, config.vips.route_protocol, {}};
}

}  // namespace

std::unique_ptr<Attacher> make_attacher(boost::asio::io_context& io, const model::Config& config,
                                        model::EventSink sink) {
  return std::make_unique<SessionAttacher>(
      std::make_shared<Session>(io, method_of(config), std::move(sink), Session::Options{}));
}

}  // namespace vipherd::kernel
