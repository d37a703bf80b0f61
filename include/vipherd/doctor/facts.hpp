// What a host is like, as far as it can be read: plain values, filled by look(), evaluated by
// examine(). What could not be read is an error that says why, and is never taken for good.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/doctor/report.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/status.hpp"

namespace vipherd::doctor {

/// "net/ipv4/conf/all/rp_filter" (names of interfaces may have dots) -> its text; nullopt: this
/// kernel has no such setting.
using Sysctls = std::map<std::string, Result<std::optional<std::string>>, std::less<>>;

struct InterfaceAddress {
  IpPrefix prefix;            ///< the address itself, not its network; with a peer a host route
  std::uint8_t protocol = 0;  ///< IFA_PROTO
  std::string label{};
  friend bool operator==(const InterfaceAddress&, const InterfaceAddress&) = default;
};

struct Interface {
  std::string name;
  std::uint32_t flags = 0;  ///< IFF_*
  bool vrf_device = false;
  std::string vrf{};  ///< that it belongs to; empty: the default one
  std::vector<InterfaceAddress> addresses{};
  /// Whether the IPv4 default route of its VRF leaves by it; nullopt: it cannot be told.
  std::optional<bool> default_v4{};
  std::uint32_t mtu = 0;  ///< 0: not known
  friend bool operator==(const Interface&, const Interface&) = default;
};

struct KernelFacts {
  Result<std::string> release = fail("not looked at");
  Sysctls sysctls;
  /// CONFIG_IP_ROUTE_MULTIPATH, from the boot directory; nullopt: not mentioned there.
  Result<std::optional<bool>> multipath_built_in = fail("not looked at");
  Result<std::vector<Interface>> interfaces = fail("not looked at");
};

/// A socket that waits for connections or datagrams.
struct Listener {
  bool udp = false;
  IpAddress address;  ///< unspecified: the wildcard
  std::uint16_t port = 0;
  friend bool operator==(const Listener&, const Listener&) = default;
};

/// One daemon of FRR.
struct DaemonFacts {
  Result<std::string> running = fail("not looked at");  ///< `show running-config`
  bool absent = false;                                  ///< nothing listens at its VTY socket
  /// By VRF, what it says of its neighbours: `show bgp summary json` and the like.
  std::map<std::string, Result<std::string>, std::less<>> neighbours{};
  /// By VRF, the router id that it uses, of bgpd and of those of OSPF that have an instance.
  std::map<std::string, Result<IpAddress>, std::less<>> router_ids{};
  /// By VRF, of ospfd: the network LSAs, in which each router of a link is named.
  std::map<std::string, Result<std::string>, std::less<>> network_lsas{};
};

struct FrrFacts {
  bool installed = true;  ///< /etc/frr/daemons is there, or zebra listens
  Result<std::string> enabled = fail("not looked at");      ///< the file /etc/frr/daemons
  std::map<std::string, DaemonFacts, std::less<>> daemons;  ///< by name
  Result<std::string> version = fail("not looked at");      ///< "8.4.4", as zebra tells
  Result<void> zserv = fail("not looked at");               ///< whether zserv.api can be opened
  bool zserv_absent = false;
  /// Sockets, each with its rights, that this user may not open; asked of the agent's user, if it
  /// is known and not root.
  std::vector<std::string> closed{};
  Result<std::string> saved = fail("not looked at");  ///< frr.conf
};

/// Files of network managers that are there.
struct ManagerFacts {
  std::map<std::string, std::string> files;       ///< path -> text
  std::vector<std::string> unreadable;            ///< sentences
  Result<bool> networkd = fail("not looked at");  ///< systemd-networkd runs
  std::optional<std::string> networkd_lo{};       ///< its state of lo: "unmanaged", "configured"
};

/// What systemd holds of the agent's unit.
struct UnitFacts {
  std::string load_state;  ///< "loaded", "masked", "not-found"
  std::string unit_file_state;
  std::string restart;
  std::string user;
  std::string group{};  ///< empty: the user's own
  std::vector<std::string> supplementary_groups{};
  std::string active_state;                    ///< "active", "failed"
  std::optional<std::uint64_t> watchdog_us{};  ///< nullopt: told only while the unit runs
  std::uint64_t open_files = 0;
  std::uint64_t stop_timeout_us = 0;
  bool cleans_up = false;                  ///< has an ExecStopPost
  std::uint64_t ambient_capabilities = 0;  ///< a bit each
  friend bool operator==(const UnitFacts&, const UnitFacts&) = default;
};

struct AgentFacts {
  bool systemd = false;  ///< the machine was booted with it
  Result<UnitFacts> unit = fail("not looked at");
  /// Mode bits of the control socket and who its group is, nullopt: there is none.
  struct Socket {
    std::uint32_t mode = 0;
    std::string group;
    std::vector<std::string> members{};
  };
  Result<std::optional<Socket>> control = fail("not looked at");
};

/// What a program printed; nullopt: there is no such program here.
using Output = Result<std::optional<std::string>>;

/// What a node's relay depends on, besides the kernel and the unit. Looked at where one is
/// configured.
struct RelayFacts {
  bool built_in = true;
  /// What is wrong with its key's file, as a sentence: it is not there, the agent cannot read it,
  /// it holds no key. nullopt: nothing, or there is none.
  Result<std::optional<std::string>> key = std::optional<std::string>();
  std::optional<std::uint32_t> key_mode{};                    ///< of the key's file
  Result<model::RelayStatus> status = fail("not looked at");  ///< as the running agent has it
  /// `nft --json list ruleset`, asked for where a sibling is silent or that is not known.
  Output nftables = std::optional<std::string>();
};

/// `ip -json`, of what one connection over several uplinks takes.
struct MptcpFacts {
  Output endpoints = fail("not looked at");  ///< `mptcp endpoint show`
  Output limits = fail("not looked at");     ///< `mptcp limits show`
  Output rules_v4 = fail("not looked at");   ///< `rule show`
  Output rules_v6 = fail("not looked at");
};

struct Facts {
  std::string host;
  Role role = Role::node;
  std::optional<model::Config> config{};  ///< of a node, where it is valid
  std::vector<std::string> config_errors{};
  model::FrrConfig frr_config{};  ///< what can be known of it
  KernelFacts kernel;
  Result<std::vector<Listener>> listeners = fail("not looked at");
  FrrFacts frr;
  ManagerFacts managers;
  AgentFacts agent;
  RelayFacts relay;
  MptcpFacts mptcp;
};

/// Every rule that concerns the role, in the order of topics().
Report examine(const Facts& facts);

}  // namespace vipherd::doctor
