// How a rule says what it has seen, and small tools for it. The functions that look at one topic
// each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vipherd/doctor/facts.hpp"

namespace vipherd::doctor {

/// Collects findings for one role: what does not concern it is dropped.
class Findings {
 public:
  explicit Findings(Role role) : role_(role) {}

  Finding& add(const Rule& rule, std::string seen, Certainty certainty = Certainty::looked_up);
  /// What would tell could not be read.
  void cannot_tell(const Rule& rule, std::string why) {
    add(rule, std::move(why), Certainty::cannot_tell);
  }
  bool has(const Rule& rule) const;
  std::vector<Finding> take() { return std::move(found_); }

 private:
  Role role_;
  std::vector<Finding> found_;
  Finding dropped_;
};

// One file each, with a table of its rules.
void look_at_configuration(const Facts& facts, Findings& found);
void look_at_ecmp(const Facts& facts, Findings& found);
void look_at_addresses(const Facts& facts, Findings& found);
void look_at_filters(const Facts& facts, Findings& found);
void look_at_listeners(const Facts& facts, Findings& found);
void look_at_managers(const Facts& facts, Findings& found);
void look_at_daemons(const Facts& facts, Findings& found);
void look_at_policy(const Facts& facts, Findings& found);
void look_at_statements(const Facts& facts, Findings& found);
void look_at_neighbours(const Facts& facts, Findings& found);
void look_at_router_ids(const Facts& facts, Findings& found);
void look_at_timers(const Facts& facts, Findings& found);
void look_at_saved(const Facts& facts, Findings& found);
void look_at_systemd(const Facts& facts, Findings& found);
void look_at_relay(const Facts& facts, Findings& found);
void look_at_mptcp(const Facts& facts, Findings& found);

extern const Topic kConfigurationTopic;
extern const Topic kEcmpTopic;
extern const Topic kAddressTopic;
extern const Topic kFilterTopic;
extern const Topic kListenerTopic;
extern const Topic kManagerTopic;
extern const Topic kDaemonTopic;
extern const Topic kPolicyTopic;
extern const Topic kStatementTopic;
extern const Topic kNeighbourTopic;
extern const Topic kRouterIdTopic;
extern const Topic kTimerTopic;
extern const Topic kSavedTopic;
extern const Topic kSystemdTopic;
extern const Topic kRelayTopic;
extern const Topic kMptcpTopic;

/// A kernel setting's number; nullopt: this kernel has no such setting. Fails with a sentence.
Result<std::optional<long>> number_of(const Sysctls& sysctls, std::string_view key);
/// "net.ipv4.conf.eth1.rp_filter", with slashes where a part has dots, as sysctl(8) takes both.
std::string sysctl_name(std::string_view key);
/// The higher of what `all` and the interface have, which is what counts for most of conf/*/….
/// `key`: "net/ipv4/conf/%/rp_filter".
Result<long> effective(const Sysctls& sysctls, std::string_view key, const std::string& interface);

/// lo, a dummy or a VRF's device: no packet comes in from outside.
bool is_virtual(const Interface& interface);
/// An interface over which packets come from elsewhere: it is up and has an address.
std::vector<const Interface*> uplinks(const std::vector<Interface>& interfaces);
/// The VIPs of all services, in order.
std::vector<IpAddress> vips_of(const Facts& facts);

/// For a shell: quoted where it has to be.
std::string shell_word(std::string_view word);
/// `vtysh -c 'configure terminal' -c ...`
std::string vtysh(const std::vector<std::string>& lines);
/// "a, b and c"
std::string listed(const std::vector<std::string>& words);

}  // namespace vipherd::doctor
