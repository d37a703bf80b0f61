#include "vipherd/render/render.hpp"

#include <algorithm>

#include "render/frr_node.hpp"
#include "render/platforms.hpp"
#include "render/subject.hpp"
#include "vipherd/base/join.hpp"

namespace vipherd::render {
namespace {

void set_protocols(Subject& subject, model::Routing routing) {
  subject.bgp = routing != model::Routing::ospf;
  subject.ospf = routing != model::Routing::bgp;
}

model::Routing routing_of(const model::FrrConfig& frr) {
  const bool bgp = std::ranges::count(frr.protocols, model::Protocol::bgp) > 0;
  const bool ospf = std::ranges::count(frr.protocols, model::Protocol::ospf) > 0;
  if (bgp && ospf) return model::Routing::both;
  return bgp ? model::Routing::bgp : model::Routing::ospf;
}

/// Which tags the services use, with weights, and for VIPs of their own.
void collect_tags(Subject& subject, const model::ServiceConfig& service) {
  const auto add = [&](const model::RouteAttributes& route) {
    subject.up_tags.insert(route.tag);
    if (service.weighting != model::Weighting::bandwidth) return;
    for (std::uint32_t step = 1; step <= 10; ++step) subject.up_tags.insert(route.tag + step);
  };
  add(service.route);
  for (const auto& [vip, route] : service.own_routes) add(route);
  subject.drain_tags.insert(service.drain.route.tag);
}

/// One rendering has the instances of one VRF.
std::string choose_vrf(Subject& subject, const model::Config& config) {
  std::set<std::string> vrfs;
  for (const model::ServiceConfig& service : config.services) vrfs.insert(service.vrf);
  if (subject.answers.vrf) {
    subject.vrf = *subject.answers.vrf;
    return "";
  }
  if (vrfs.size() == 1) subject.vrf = *vrfs.begin();
  if (vrfs.size() < 2) return "";
  const auto name_of = [](const std::string& vrf) { return vrf.empty() ? "default" : vrf; };
  return "the services are in several VRFs (" + join(vrfs, ", ", name_of) +
         "), and one rendering has the instances of one: --vrf NAME (or default), for each";
}

}  // namespace

Rendered render_node(const model::Config& config, const model::RenderAnswers& answers) {
  Subject subject;
  subject.pool = config.vips.pool;
  subject.answers = answers;
  // Without addresses there is BGP alone; that vipherd asks OSPF's daemons too is another matter.
  const model::Routing routing =
      subject.unnumbered() ? model::Routing::bgp : routing_of(config.frr);
  set_protocols(subject, answers.protocol.value_or(routing));
  subject.announcer = config.frr.announcer;
  subject.route_type = config.frr.route_type;
  for (const model::ServiceConfig& service : config.services) collect_tags(subject, service);
  Rendered rendered;
  const std::string several = choose_vrf(subject, config);
  rendered.errors = find_errors(subject, nullptr);
  if (!several.empty()) rendered.errors.push_back(several);
  if (rendered.errors.empty()) rendered.text = frr_node(values_of(subject));
  return rendered;
}

Rendered render_router(const Platform& platform, const std::vector<IpPrefix>& pool,
                       const model::RenderAnswers& answers) {
  Subject subject;
  subject.pool = pool;
  subject.answers = answers;
  const model::Routing routing =
      subject.unnumbered() || !platform.ospf ? model::Routing::bgp : model::Routing::both;
  set_protocols(subject, answers.protocol.value_or(routing));
  // What a platform cannot do is left to the other protocol.
  if (platform.bgp) subject.ospf = subject.ospf && platform.ospf;
  Rendered rendered;
  rendered.errors = find_errors(subject, &platform);
  if (rendered.errors.empty()) rendered.text = platform.render(subject);
  return rendered;
}

std::string without_comments(std::string_view text, std::string_view comment) {
  std::string kept;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t first = line.find_first_not_of(" \t\r");
    // "#!/bin/sh" is none.
    const bool is_comment =
        first != line.npos && line.substr(first).starts_with(comment) && !line.starts_with("#!");
    if (first != line.npos && !is_comment) kept.append(line).append("\n");
  }
  return kept;
}

}  // namespace vipherd::render
