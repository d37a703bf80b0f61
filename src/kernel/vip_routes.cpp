#include "vipherd/kernel/vip_routes.hpp"

#include <utility>

#include "kernel/session.hpp"

namespace vipherd::kernel {

/// Handlers in flight may outlive VipRoutes; they hold the session weakly and find it closed.
class VipRoutes::Impl {
 public:
  explicit Impl(std::shared_ptr<Session> session) : session_(std::move(session)) {}
  ~Impl() { session_->close(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  Session& session() { return *session_; }

 private:
  std::shared_ptr<Session> session_;
};

VipRoutes::VipRoutes(boost::asio::io_context& io, std::uint8_t route_protocol, EventSink sink)
    : impl_(std::make_unique<Impl>(
          std::make_shared<Session>(io, route_protocol, std::move(sink), Session::Options{}))) {}

VipRoutes::~VipRoutes() = default;

Result<void> VipRoutes::start() { return impl_->session().start(); }

void VipRoutes::read(std::span<const IpAddress> interest) { impl_->session().read(interest); }

void VipRoutes::attach(const IpAddress& vip) { impl_->session().attach(vip); }

void VipRoutes::detach(const IpAddress& vip) { impl_->session().detach(vip); }

void VipRoutes::flush() { impl_->session().flush(); }

}  // namespace vipherd::kernel
