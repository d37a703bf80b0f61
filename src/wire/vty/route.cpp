// `show ip route P json`: which of zebra's entries for a prefix is selected, and is it ours.
#include "vipherd/wire/vty/vty.hpp"
#include "wire/vty/text.hpp"

namespace vipherd::wire::vty {
namespace {

using model::RibState;
using nlohmann::json;

/// The number, or 0: FRR omits keys that are zero in some versions.
std::uint64_t number(const json& entry, const char* key) {
  const auto found = entry.find(key);
  return found != entry.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

/// "10.0.0.1" or "lo" or nothing.
std::string where(const json& entry) {
  const auto nexthops = entry.find("nexthops");
  if (nexthops == entry.end() || !nexthops->is_array() || nexthops->empty()) return {};
  const json& first = nexthops->front();
  if (!first.is_object()) return {};
  if (const std::string gateway = text_of(first, "ip"); !gateway.empty()) return " via " + gateway;
  if (const std::string name = text_of(first, "interfaceName"); !name.empty()) return " on " + name;
  return {};
}

std::string name_of_route(const json& entry) {
  return text_of(entry, "protocol") + " route" + where(entry);
}

std::string describe(const json& entry) {
  return name_of_route(entry) + " is selected (distance " +
         std::to_string(number(entry, "distance")) + ")";
}

RibEntry not_understood() {
  return {RibState::unknown, "zebra's answer about the route was not understood"};
}

RibEntry evaluate(const json& entries, std::string_view route_type) {
  const json* ours = nullptr;
  const json* selected = nullptr;
  for (const json& entry : entries) {
    if (!entry.is_object()) return not_understood();
    if (flag(entry, "selected")) selected = &entry;
    if (text_of(entry, "protocol") != route_type || number(entry, "instance") != 0) continue;
    // Of several connected ones the selected one: two addresses may be of one prefix.
    if (ours == nullptr || &entry == selected) ours = &entry;
  }
  if (ours == nullptr) return {RibState::absent, ""};
  if (selected == nullptr) return {RibState::unknown, "zebra has selected no route yet"};
  if (selected != ours) return {RibState::not_selected, describe(*selected)};
  if (flag(*ours, "installed")) return {RibState::selected, ""};
  return {RibState::unknown, "our route is selected but not in the kernel"};
}

}  // namespace

std::string in_vrf(const std::string& vrf) { return vrf.empty() ? "" : " vrf " + vrf; }

std::string unknown_vrf(const std::string& vrf) { return "FRR knows no VRF " + vrf; }

std::string show_route_command(const IpAddress& vip, const std::string& vrf) {
  const IpPrefix prefix{vip, vip.host_length()};
  return std::string(vip.is_v4() ? "show ip route" : "show ipv6 route") + in_vrf(vrf) + " " +
         prefix.to_string() + " json";
}

RibEntry parse_selected(std::string_view answer, const IpAddress& vip, const std::string& vrf) {
  if (!vrf.empty() && answer.starts_with("% VRF " + vrf + " not found")) {
    return {RibState::absent, ""};
  }
  const json document = json::parse(answer, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return not_understood();
  if (document.empty()) return {RibState::absent, ""};
  const auto entries = document.find(IpPrefix{vip, vip.host_length()}.to_string());
  if (entries == document.end() || !entries->is_array()) return not_understood();
  for (const json& entry : *entries) {
    if (!entry.is_object()) return not_understood();
    if (flag(entry, "selected")) return {RibState::selected, name_of_route(entry)};
  }
  return {RibState::absent, ""};
}

RibEntry parse_route(std::string_view answer, const IpAddress& vip, std::string_view route_type,
                     const std::string& vrf) {
  if (!vrf.empty() && answer.starts_with("% VRF " + vrf + " not found")) {
    return {RibState::not_selected, unknown_vrf(vrf)};
  }
  const json document = json::parse(answer, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return not_understood();
  if (document.empty()) return {RibState::absent, ""};
  const auto entries = document.find(IpPrefix{vip, vip.host_length()}.to_string());
  if (entries == document.end() || !entries->is_array()) return not_understood();
  return evaluate(*entries, route_type);
}

}  // namespace vipherd::wire::vty
