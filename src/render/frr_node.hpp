// The parts of a load balancer's frr.conf. Of the values that all templates have see values.hpp.
#pragma once

#include <string>

#include "render/template.hpp"

namespace vipherd::render {

std::string frr_node(const Values& values);

std::string frr_node_bgp(const Values& values);
std::string frr_node_ospf(const Values& values);
/// What an unnumbered node still needs.
std::string frr_node_afterword();

}  // namespace vipherd::render
