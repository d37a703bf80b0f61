// Makes VIPs local on this node, by one of two methods: `local VIP dev lo` routes in table local,
// or leased addresses on lo; in a VRF on its device, in its table. Either is marked with our own
// number. Owns the rtnetlink sockets.
// Never touches what does not carry our mark, and never decides: it does what it is told and
// says what it sees.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "vipherd/base/duration.hpp"
#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/event.hpp"

namespace vipherd::kernel {

class Attacher {
 public:
  virtual ~Attacher() = default;

  /// Opens and subscribes the sockets; must be called once, before anything else.
  virtual Result<void> start() = 0;
  /// The VIPs to report, and the VRF in which each is to be local (empty: the default one).
  using Interest = std::map<IpAddress, std::string>;
  /// Dumps what there is; a KernelSnapshot follows. `interest` holds from now on.
  virtual void read(Interest interest) = 0;
  /// Of a VIP of interest. Success shows as KernelChanged from the monitor, failure as
  /// AttachFailed/DetachFailed: attaching fails while there is no such VRF.
  virtual void attach(const IpAddress& vip) = 0;
  virtual void detach(const IpAddress& vip) = 0;
  /// Sends the queued requests in as few writes as possible.
  virtual void flush() = 0;
  /// How often renew() has to be called at least, once started; nullopt: there is nothing to renew.
  virtual std::optional<Duration> renewal_pace() const = 0;
  /// Begins the leases of all that is attached anew, if they are not young. To be called after
  /// work was done, as the watchdog is fed: what an agent that hangs has attached must go.
  virtual void renew() = 0;
};

/// By routes for the announcer zapi (an address would make zebra prefer its own connected route),
/// by addresses for the others. `sink` receives KernelSnapshot, KernelChanged, KernelStale,
/// AttachFailed and DetachFailed, never from within a method of the attacher.
std::unique_ptr<Attacher> make_attacher(boost::asio::io_context& io, const model::Config& config,
                                        model::EventSink sink);

/// Removes every local route with this protocol number, of all VRFs, blocking: what is run
/// after the agent died. If there are any it waits for `delay` first: routers are still converging
/// away from the routes that went with the agent's session. Returns how many there were.
Result<std::size_t> remove_routes(std::uint8_t protocol, Duration delay = Duration::zero());
/// The same for addresses on lo and the devices of VRFs. With the announcer connected without a
/// delay: their going is what withdraws them.
Result<std::size_t> remove_addresses(std::uint8_t protocol, Duration delay = Duration::zero());

}  // namespace vipherd::kernel
