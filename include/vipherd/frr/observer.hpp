// Asks the protocols' daemons what they hold of a VIP and to whom they tell it, over their VTY
// sockets. Only reads; remembers for half a second what holds for all VIPs (sessions,
// adjacencies, ospf6d's database), so an answer may be as old as that: each says when its oldest
// part was asked for. Decides nothing: what follows from an answer, and when to ask again, is the
// core's.
//
// A thousand VIPs are a thousand questions to bgpd and to ospfd, one after another, at 0.1 to 0.2
// ms each: some 8,000 at once reach the deadline. ospf6d is asked for all of them at once.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "vipherd/base/duration.hpp"
#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/frr/announcer.hpp"
#include "vipherd/model/config.hpp"

namespace vipherd::frr {

class Observer {
 public:
  /// `sink` receives Observed and RouteLookedUp, from the event loop or from within observe().
  Observer(boost::asio::io_context& io, const model::FrrConfig& config, model::EventSink sink);
  /// Drops all questions; no event follows.
  ~Observer();
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  /// Asks the daemons of these protocols from now on. What is outstanding is asked again, of them.
  void set_protocols(const std::vector<model::Protocol>& protocols);
  /// Exactly one Observed follows within kDeadline, with a SeenReach for each configured protocol,
  /// unknown where a daemon is gone, hangs, or answers nonsense. Asking again for a VIP whose
  /// answer is outstanding changes nothing. `afresh`: nothing that was read before now is used,
  /// unless an answer is outstanding; its age tells. Of each VRF the daemons are asked on a
  /// connection of its own.
  void observe(const IpAddress& vip, const std::string& vrf, bool afresh = false);

  /// Asks zebra which route to the VIP it has selected; a RouteLookedUp follows, within a second,
  /// or later if many were asked for.
  void look_up(const IpAddress& vip, const std::string& vrf);

  static constexpr Duration kDeadline = std::chrono::seconds(2);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;  ///< shared with the handlers in flight
};

}  // namespace vipherd::frr
