// The interface of everything that makes FRR announce VIPs. The core holds the full
// desired set: after every SpeakerUp it announces all of it again, so an
// announcer remembers nothing over a lost session and repairs nothing by itself. With each VIP
// comes its VRF (empty: the default one), which is the same as long as the VIP is configured.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/event.hpp"

namespace vipherd::frr {

/// Receives SpeakerUp, SpeakerDown, SpeakerUnreachable, RouteStatus and RouteInspected.
/// May be called from within any method below except flush().

class Announcer {
 public:
  virtual ~Announcer() = default;

  /// VIPs are in these VRFs, or in the default one, from now on. An announcer that has to be in a
  /// VRF to connect at all would hear of it too late with the first VIP.
  virtual void use_vrfs(const std::set<std::string>& /*vrfs*/) {}
  /// Connects, and connects again after every loss (backoff 50 ms to 1 s), until close().
  virtual void start() = 0;
  /// Queue a change, which is sent by flush() at the latest: some hundred of them may be sent when
  /// they are queued. Without a session they are dropped: the core announces again after SpeakerUp.
  virtual void announce(const IpAddress& vip, const std::string& vrf,
                        const model::RouteAttributes& route) = 0;
  virtual void withdraw(const IpAddress& vip, const std::string& vrf) = 0;
  /// Sends everything that is still queued in one write, at once if the socket takes it.
  virtual void flush() = 0;
  /// Asks zebra's RIB about our route; exactly one RouteInspected follows while the session lasts,
  /// `unknown` if zebra cannot be asked or does not answer within a second. Flushes first, and asks
  /// only after zebra has shown (by refusing a harmless message) that it has read all of it. What
  /// it read may wait in its work queue for another 10 ms: an answer is no older than that.
  virtual void inspect(const IpAddress& vip, const std::string& vrf) = 0;
  /// Everything that is wanted has been announced in this session: what FRR holds of ours beyond
  /// that (from an earlier run) is removed. Flushes first.
  virtual void complete() = 0;
  /// Ends the session for good; a SpeakerDown follows if there was one. With `keep` all that was
  /// announced stays so, for a successor that is about to start.
  virtual void close(bool keep) = 0;
};

/// The announcer that the configuration names. `resuming`: a predecessor has handed over what it
/// announced (close with `keep`).
std::unique_ptr<Announcer> make_announcer(boost::asio::io_context& io,
                                          const model::FrrConfig& config, bool resuming,
                                          model::EventSink sink);

}  // namespace vipherd::frr
