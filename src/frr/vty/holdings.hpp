// What all daemons together hold of each VIP, and what follows from it for the core. Pure.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "frr/vty/machine.hpp"
#include "vipherd/model/event.hpp"

namespace vipherd::frr::vty {

/// The daemons that are to carry the VIPs of a VRF, in a fixed order.
std::vector<Instance> instances(const std::vector<model::Protocol>& protocols,
                                const std::string& vrf = {});

class Holdings {
 public:
  using Events = std::vector<model::Event>;

  explicit Holdings(const std::vector<Instance>& places);

  const DesiredRoutes& desired() const { return desired_; }
  bool in_session() const { return in_session_; }

  void add(const Instance& instance) { daemons_.try_emplace(instance); }

  /// `saved` warns of configuration files; empty if there is nothing to warn of. Lines that are
  /// there when the first daemon is met are a predecessor's, unless they may have been saved ones.
  Events ready(const Instance& daemon, const effect::Ready& ready, const std::string& saved);
  Events down(const Instance& daemon, const std::string& reason);
  Events found(const Instance& daemon, const IpAddress& vip, const wire::vty::Holding& holding);

  /// Without a session these change nothing.
  void announce(const IpAddress& vip, const std::string& vrf, const model::RouteAttributes& route);
  void withdraw(const IpAddress& vip, const std::string& vrf);
  void complete();
  /// Nothing is wanted any more.
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
    std::map<Instance, wire::vty::Holding> held;  ///< as far as known
    std::set<Instance> awaited;                   ///< answers to the core's question
    bool installed = false;                       ///< the core was told
  };

  wire::vty::Holding holding_of(const Instance& daemon, const Vip& vip) const;
  bool is_for(const Instance& daemon, const IpAddress& vip) const {
    return carries(daemon, vip, desired_.vrfs);
  }
  void evaluate(const IpAddress& address, Vip& vip, Events& events);
  void answer(const IpAddress& address, Vip& vip, Events& events);
  model::event::RouteInspected summarise(const IpAddress& address, const Vip& vip) const;

  std::map<Instance, Daemon> daemons_;
  DesiredRoutes desired_;
  std::map<IpAddress, Vip> vips_;
  bool in_session_ = false;
  std::uint64_t session_ = 0;
  std::set<std::string, std::less<>> reported_;  ///< reasons told since the last success
  std::string last_reason_;
};

}  // namespace vipherd::frr::vty
