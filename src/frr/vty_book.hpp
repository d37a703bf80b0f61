// What all daemons together hold of each VIP, and what follows from it for the core. Pure.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "frr/vty_machine.hpp"
#include "vipherd/model/event.hpp"

namespace vipherd::frr {

/// The daemons that are to carry the VIPs of a VRF, in a fixed order.
std::vector<VtyPlace> vty_daemons(const std::vector<model::Protocol>& protocols,
                                  const std::string& vrf = {});

class VtyBook {
 public:
  using Events = std::vector<model::Event>;

  explicit VtyBook(const std::vector<VtyPlace>& places);

  const VtyWishes& wishes() const { return wishes_; }
  bool in_session() const { return in_session_; }

  void add(const VtyPlace& place) { daemons_.try_emplace(place); }

  /// `saved` warns of configuration files; empty if there is nothing to warn of. Lines that are
  /// there when the first daemon is met are a predecessor's, unless they may have been saved ones.
  Events ready(const VtyPlace& daemon, const vty_effect::Ready& ready, const std::string& saved);
  Events down(const VtyPlace& daemon, const std::string& reason);
  Events found(const VtyPlace& daemon, const IpAddress& vip, const wire::vty::Holding& holding);

  /// Without a session these change nothing.
  void announce(const IpAddress& vip, const std::string& vrf, const model::RouteAttributes& route);
  void withdraw(const IpAddress& vip, const std::string& vrf);
  void complete();
  /// Nothing is wished any more.
  void clear();
  /// The daemons to be asked; if there is none the answer is given at once.
  Events inspect(const IpAddress& vip, const std::string& vrf);
  /// The end of the session, if there is one.
  Events end(const std::string& reason);

 private:
  struct Daemon {
    bool ready = false;
    std::string reason = "not connected yet";  ///< why it is not ready
  };
  struct Vip {
    std::map<VtyPlace, wire::vty::Holding> held;  ///< as far as known
    std::set<VtyPlace> awaited;                   ///< answers to the core's question
    bool installed = false;                       ///< the core was told
  };

  wire::vty::Holding holding_of(const VtyPlace& daemon, const Vip& vip) const;
  bool is_for(const VtyPlace& daemon, const IpAddress& vip) const {
    return carries(daemon, vip, wishes_.vrfs);
  }
  void judge(const IpAddress& address, Vip& vip, Events& events);
  void answer(const IpAddress& address, Vip& vip, Events& events);
  model::event::RouteInspected summarise(const IpAddress& address, const Vip& vip) const;

  std::map<VtyPlace, Daemon> daemons_;
  VtyWishes wishes_;
  std::map<IpAddress, Vip> vips_;
  bool in_session_ = false;
  std::uint64_t session_ = 0;
  std::set<std::string, std::less<>> reported_;  ///< reasons told since the last success
  std::string last_reason_;
};

}  // namespace vipherd::frr
