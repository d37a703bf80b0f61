// Every key of the configuration. A key that is not here is a fault, and one that
// docs/configuration.md does not explain fails a test.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace vipherd::config::keys {

using Word = std::string_view;

inline constexpr std::array<Word, 7> kFile{"node", "log",      "api",   "frr",
                                           "vips", "services", "render"};
inline constexpr std::array<Word, 4> kNode{"name", "shutdown_timeout", "weight", "state_file"};
inline constexpr std::array<Word, 1> kLog{"level"};
inline constexpr std::array<Word, 3> kApi{"listen", "hosts", "control_socket"};
inline constexpr std::array<Word, 8> kFrr{
    "announcer",        "route_type",          "dialect",       "protocols", "zserv_socket",
    "zebra_vty_socket", "min_change_interval", "reach_deadline"};
inline constexpr std::array<Word, 4> kVips{"pool", "route_protocol", "detach_delay", "lease"};
inline constexpr std::array<Word, 12> kRender{
    "protocol",  "node_as",    "router_as",     "routers", "nodes", "interfaces",
    "router_id", "unnumbered", "default_route", "timers",  "bfd",   "vrf"};
inline constexpr std::array<Word, 18> kService{
    "enabled",     "vips",     "vrf",       "needs",   "attach",    "tag",
    "metric",      "announce", "drain",     "weight",  "weighting", "weigh_health",
    "on_all_down", "guard",    "fail_open", "damping", "watch",     "checks"};
inline constexpr std::array<Word, 4> kVip{"address", "tag", "metric", "announce"};
inline constexpr std::array<Word, 4> kAnnounce{"med", "communities", "large_communities",
                                               "prepend"};
inline constexpr std::array<Word, 8> kDrain{
    "hold", "timeout", "tag", "metric", "med", "communities", "large_communities", "prepend"};
inline constexpr std::array<Word, 1> kGuard{"min_announcers"};
inline constexpr std::array<Word, 4> kDamping{"half_life", "suppress", "reuse", "max_hold"};
inline constexpr std::array<Word, 2> kWatch{"unit", "pid_file"};
inline constexpr std::array<Word, 13> kCheck{
    "type", "interval", "fast_interval", "down_interval", "jitter", "timeout",         "rise",
    "fall", "advisory", "weight",        "via_vip",       "vrf",    "watch_connection"};

struct Section {
  Word title;  ///< as a heading of the documentation
  std::span<const Word> keys;
};
inline constexpr std::array<Section, 14> kSections{{{"[node]", kNode},
                                                    {"[log]", kLog},
                                                    {"[api]", kApi},
                                                    {"[frr]", kFrr},
                                                    {"[vips]", kVips},
                                                    {"[render]", kRender},
                                                    {"[services.NAME]", kService},
                                                    {"[[services.NAME.vips]]", kVip},
                                                    {"[services.NAME.announce]", kAnnounce},
                                                    {"[services.NAME.drain]", kDrain},
                                                    {"[services.NAME.guard]", kGuard},
                                                    {"[services.NAME.damping]", kDamping},
                                                    {"[services.NAME.watch]", kWatch},
                                                    {"[services.NAME.checks.NAME]", kCheck}}};

}  // namespace vipherd::config::keys
