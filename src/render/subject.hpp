// What a configuration is about: the answers, checked and completed, with what vipherd.toml says.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "render/template.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/render.hpp"
#include "vipherd/render/render.hpp"

namespace vipherd::render {

struct Subject {
  std::vector<IpPrefix> pool{};
  model::RenderAnswers answers{};
  bool bgp = false;
  bool ospf = false;
  // Of a node only:
  model::Announcer announcer = model::Announcer::zapi;
  model::RouteType route_type = model::RouteType::openfabric;
  std::string vrf{};
  /// Tags of vipherd.toml besides the usual ones, by what they mean.
  std::set<std::uint32_t> up_tags{};
  std::set<std::uint32_t> drain_tags{};

  bool has(Family family) const;
  bool unnumbered() const { return answers.unnumbered.value_or(false); }
  /// On links without addresses there is no other way to have one.
  bool default_route() const { return answers.default_route.value_or(unnumbered()); }
  model::RenderTimers timers() const { return answers.timers.value_or(model::RenderTimers::tuned); }
  bool bfd() const { return answers.bfd.value_or(timers() != model::RenderTimers::standard); }
};

/// Everything that is missing or makes no sense, as sentences that name the options. `platform`:
/// of a router; nullptr for a node.
std::vector<std::string> find_errors(const Subject& subject, const Platform* platform);

/// What the templates may name: see values.cpp. The subject has no errors.
Values values_of(const Subject& subject);

/// Those of one family.
std::vector<IpAddress> of_family(const std::vector<IpAddress>& addresses, Family family);

}  // namespace vipherd::render
