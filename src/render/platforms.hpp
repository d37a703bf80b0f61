// The configuration of each kind of router, a file each. The subject has no errors.
#pragma once

#include <string>

#include "render/subject.hpp"

namespace vipherd::render {

std::string frr_router(const Subject& subject);
std::string frr_router_ospf(const Values& values);  ///< a part of it
std::string bird(const Subject& subject);
std::string gobgp(const Subject& subject);
std::string cumulus_nclu(const Subject& subject);
std::string cumulus_nvue(const Subject& subject);
std::string routeros(const Subject& subject);
std::string iproute2(const Subject& subject);
std::string openwrt(const Subject& subject);
std::string arista(const Subject& subject);
std::string cisco_iosxe(const Subject& subject);
std::string junos(const Subject& subject);

}  // namespace vipherd::render
