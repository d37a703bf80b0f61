#include "vipherd/model/config.hpp"

#include <utility>

namespace vipherd::model {

std::string_view to_string(RouteType type) {
  switch (type) {
    case RouteType::openfabric:
      return "openfabric";
    case RouteType::babel:
      return "babel";
  }
  return "";
}

std::string_view to_string(Protocol protocol) {
  switch (protocol) {
    case Protocol::bgp:
      return "bgp";
    case Protocol::ospf:
      return "ospf";
  }
  return "";
}

const RouteAttributes& ServiceConfig::route_of(const IpAddress& vip) const {
  const auto own = own_routes.find(vip);
  return own == own_routes.end() ? route : own->second;
}

std::string FrrConfig::vty_socket(std::string_view daemon) const {
  const std::size_t slash = zebra_vty_socket.rfind('/');
  return zebra_vty_socket.substr(0, slash == std::string::npos ? 0 : slash + 1) +
         std::string(daemon) + ".vty";
}

std::string_view FrrConfig::redistributed() const {
  if (traits().writes_lines) return "";
  return traits().attachment_announces ? "connected" : to_string(route_type);
}

Result<std::string> to_relay_key(std::string text) {
  constexpr std::size_t kShortest = 16;
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  if (text.size() >= kShortest) {
    return Result<std::string>(boost::system::in_place_value, std::move(text));
  }
  return fail("holds " + std::to_string(text.size()) + " bytes, expected a key of at least " +
              std::to_string(kShortest));
}

}  // namespace vipherd::model
