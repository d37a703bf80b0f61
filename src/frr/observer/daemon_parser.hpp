// What to ask one protocol daemon, and what its answers mean for a VIP: for each a sentence that
// an operator can act on. Pure; asks nothing itself, knows neither sockets nor time.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/event.hpp"

namespace vipherd::frr {

class DaemonParser {
 public:
  virtual ~DaemonParser() = default;

  /// "bgpd".
  virtual std::string_view daemon() const = 0;
  /// Questions whose answers say something of all VIPs, to be asked together and now and then.
  virtual std::span<const std::string> common_questions() const = 0;
  /// The answer to one of them. An error is why nothing can be said of any VIP: a sentence that
  /// begins with the daemon's name.
  virtual Result<void> read_common(std::size_t question, std::string_view answer) = 0;
  /// What to ask for this VIP besides; empty: the common answers tell all.
  virtual std::string question(const IpAddress& vip) const = 0;
  /// What else to ask before read(), only where the VIP is not advertised: what tells the cause.
  /// Empty: nothing, or it was asked since the common questions. `answer` is that to question(vip).
  virtual std::string follow_up(const IpAddress& vip, std::string_view answer) const = 0;
  /// The answer to the question that follow_up(vip, …) gave; empty if the daemon does not know it.
  virtual void read_follow_up(const IpAddress& vip, std::string_view question,
                              std::string_view answer) = 0;
  /// After all common answers were read. `answer` is that to question(vip). An error as above.
  virtual Result<model::Reach> read(const IpAddress& vip, std::string_view answer) const = 0;
};

/// The daemon that carries VIPs of `family` in `protocol`, as far as `vrf` goes (empty: the default
/// one).
std::unique_ptr<DaemonParser> make_daemon_parser(model::Protocol protocol, Family family,
                                                 const model::FrrConfig& config,
                                                 const std::string& vrf = {});
/// One for each daemon, defined where it is.
std::unique_ptr<DaemonParser> make_bgpd_parser(const model::FrrConfig& config,
                                               const std::string& vrf = {});
std::unique_ptr<DaemonParser> make_ospfd_parser(const model::FrrConfig& config,
                                                const std::string& vrf = {});
std::unique_ptr<DaemonParser> make_ospf6d_parser(const model::FrrConfig& config,
                                                 const std::string& vrf = {});

/// "a, b, c and 4 more".
std::string list_some(std::span<const std::string> words);

}  // namespace vipherd::frr
