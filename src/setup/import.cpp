#include "vipherd/setup/import.hpp"

#include <set>

#include "setup/import_words.hpp"
#include "vipherd/base/ip_prefix.hpp"

namespace vipherd::setup {
namespace {

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

const Texts& remarks_of(Tool tool) {
  static const Texts kExabgp{
      "ExaBGP spoke BGP itself; now FRR does: `vipherd render node` writes its configuration, with "
      "the neighbours.",
      "ExaBGP raised the MED of a service that is down unless told --withdraw-on-down; vipherd "
      "withdraws."};
  static const Texts kAnycast{
      "BIRD announced what anycast_healthchecker wrote for it; now FRR does: `vipherd render node` "
      "writes frr.conf."};
  static const Texts kKeepalived{
      "keepalived checked real servers from the director, and moved addresses by VRRP. vipherd "
      "runs on each real",
      "server, checks it there, and routers divide the traffic: there is no director any more."};
  switch (tool) {
    case Tool::exabgp:
      return kExabgp;
    case Tool::anycast_healthchecker:
      return kAnycast;
    case Tool::keepalived:
      return kKeepalived;
  }
  return kExabgp;
}

/// A VIP is not there while its service is down, unless it is told to be: a check that asks it
/// would never pass again.
void keep_vips_that_are_asked(DraftService& service) {
  for (const DraftCheck& check : service.checks) {
    for (const DraftKey& key : check.keys) {
      for (const std::string& vip : service.vips) {
        if (!has(key.value, vip)) continue;
        service.keys.push_back({"attach", "\"always\"", "a check asks the VIP " + vip});
        return;
      }
    }
  }
}

}  // namespace

std::optional<Tool> guess_tool(std::string_view text) {
  if (has(text, "virtual_server") || has(text, "vrrp_instance")) return Tool::keepalived;
  if (has(text, "check_cmd")) return Tool::anycast_healthchecker;
  const bool process = has(text, "process") && has(text, "healthcheck");
  if (process || has(text, "command") || has(text, "cmd")) return Tool::exabgp;
  return std::nullopt;
}

void finish_import(Draft& draft, Tool tool) {
  draft.remarks = {
      "Taken over by `vipherd import`: see vipherd.toml(5). \"no equivalent\" marks what was not.",
      "docs/migrating.md tells what to do about each of them.", ""};
  draft.remarks.insert(draft.remarks.end(), remarks_of(tool).begin(), remarks_of(tool).end());
  draft.protocols = tool == Tool::exabgp ? Texts{"bgp"} : Texts{"bgp", "ospf"};
  std::set<std::string> pool;
  for (DraftService& service : draft.services) {
    keep_vips_that_are_asked(service);
    for (const std::string& vip : service.vips) {
      const auto address = IpAddress::parse(vip);
      if (address) pool.insert(vip + (address->family() == Family::ipv4 ? "/32" : "/128"));
    }
  }
  draft.pool.assign(pool.begin(), pool.end());
}

}  // namespace vipherd::setup
