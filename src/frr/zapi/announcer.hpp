// Announces VIPs as ZAPI routes of a type of their own, over zebra's zserv.api: zebra removes
// them the moment the socket closes, so a dead agent announces nothing. Performs what the session
// machine decides; knows nothing of services, and of routes only what it is told now.
//
// A client of zebra that has the same route type would take our routes along when it closes. Two
// agents at one zebra are therefore refused (SpeakerUnreachable), and tried again.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "vipherd/frr/announcer.hpp"
#include "vipherd/model/config.hpp"

namespace vipherd::frr::zapi {

class ZapiAnnouncer final : public Announcer {
 public:
  ZapiAnnouncer(boost::asio::io_context& io, const model::FrrConfig& config, bool resuming,
                model::EventSink sink);
  /// Closes; no event follows.
  ~ZapiAnnouncer() override;
  ZapiAnnouncer(const ZapiAnnouncer&) = delete;
  ZapiAnnouncer& operator=(const ZapiAnnouncer&) = delete;

  void start() override;
  void announce(const IpAddress& vip, const std::string& vrf,
                const model::RouteAttributes& route) override;
  void withdraw(const IpAddress& vip, const std::string& vrf) override;
  void flush() override;
  /// Without a session the answer is `unknown` for session 0, at once.
  void inspect(const IpAddress& vip, const std::string& vrf) override;
  void complete() override;
  /// Whatever an earlier session asked zebra to keep over a restart goes when this one ends.
  /// complete() does it too, a moment later.
  void end_all_with_the_session();
  void close(bool keep) override;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;  ///< shared with the handlers in flight
};

}  // namespace vipherd::frr::zapi
