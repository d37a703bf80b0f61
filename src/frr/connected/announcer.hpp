// Announces VIPs by their addresses on lo, which FRR's static configuration redistributes as
// connected routes: attaching a VIP is announcing it, detaching is withdrawing it, and neither is
// done here. What is left is to see, over zebra.vty, whether zebra holds and has selected the
// connected route. Tells FRR nothing.
//
// The session is an open connection to zebra.vty. While zebra cannot be asked VIPs come and go
// all the same, with the verdicts of their services; but none is said to be announced.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "vipherd/frr/announcer.hpp"
#include "vipherd/model/config.hpp"

namespace vipherd::frr::connected {

class ConnectedAnnouncer final : public Announcer {
 public:
  ConnectedAnnouncer(boost::asio::io_context& io, const model::FrrConfig& config,
                     model::EventSink sink);
  /// Closes; no event follows.
  ~ConnectedAnnouncer() override;
  ConnectedAnnouncer(const ConnectedAnnouncer&) = delete;
  ConnectedAnnouncer& operator=(const ConnectedAnnouncer&) = delete;

  void start() override;
  /// `installed` follows when zebra has selected the connected route. Attributes are ignored:
  /// nothing carries them.
  void announce(const IpAddress& vip, const std::string& vrf,
                const model::RouteAttributes& route) override;
  /// Confirmed at once: what withdraws is the detachment that follows the confirmation.
  void withdraw(const IpAddress& vip, const std::string& vrf) override;
  void flush() override {}
  void inspect(const IpAddress& vip, const std::string& vrf) override;
  /// What is left over are addresses, which are detached like all others.
  void complete() override {}
  void close(bool keep) override;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;  ///< shared with the handlers in flight
};

}  // namespace vipherd::frr::connected
