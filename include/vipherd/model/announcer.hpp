// The ways of announcing VIPs through FRR, a row each: configuration, core, kernel, doctor and
// clean-up ask for what a way has, never which one it is. One that is added needs its row, its
// files in frr (and a line in src/frr/announcer.cpp), its tables in the configuration, and its
// documentation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vipherd::model {

enum class Announcer : std::uint8_t {
  zapi,      ///< routes given to zebra over zserv.api, which FRR's configuration redistributes
  vty,       ///< lines written into the running configurations of bgpd, ospfd and ospf6d
  connected  ///< addresses on lo, which FRR's configuration redistributes
};

struct AnnouncerTraits {
  Announcer announcer;
  std::string_view name;  ///< as in frr.announcer
  /// VIPs are addresses on lo, with a lease, rather than local routes: those that zebra must not
  /// see as its own connected routes.
  bool attaches_by_address;
  /// The attachment is the announcement: it has no tag, no metric, no policy, so it cannot be
  /// preferred less, and the VIP cannot stay local after the withdrawal.
  bool attachment_announces;
  /// It says itself, route by route, with which MED, communities and so on bgpd announces.
  bool carries_policy;
  /// Over zserv.api: zebra must serve it, and withdraws when the agent is gone.
  bool speaks_zapi;
  /// What it wrote into the daemons that are told outlives the agent, and must never be saved.
  bool writes_lines;
};

inline constexpr std::array<AnnouncerTraits, 3> kAnnouncers{{
    {.announcer = Announcer::zapi,
     .name = "zapi",
     .attaches_by_address = false,
     .attachment_announces = false,
     .carries_policy = false,
     .speaks_zapi = true,
     .writes_lines = false},
    {.announcer = Announcer::vty,
     .name = "vty",
     .attaches_by_address = true,
     .attachment_announces = false,
     .carries_policy = true,
     .speaks_zapi = false,
     .writes_lines = true},
    {.announcer = Announcer::connected,
     .name = "connected",
     .attaches_by_address = true,
     .attachment_announces = true,
     .carries_policy = false,
     .speaks_zapi = false,
     .writes_lines = false},
}};

const AnnouncerTraits& traits_of(Announcer announcer);
constexpr auto words_of(Announcer) {
  std::array<std::string_view, kAnnouncers.size()> words;
  for (const AnnouncerTraits& row : kAnnouncers) {
    words[static_cast<std::size_t>(row.announcer)] = row.name;
  }
  return words;
}

}  // namespace vipherd::model
