// Programs that configure the network, and may take away what they did not make.
#include <algorithm>
#include <array>

#include "doctor/rules/findings.hpp"
#include "vipherd/base/lines.hpp"

namespace vipherd::doctor {
namespace {

constexpr Rule kForeignRoutes{
    "networkd-foreign-routes", Severity::problem, Roles::both,
    "systemd-networkd removes the routes that it did not make, FRR's and vipherd's, from the "
    "interfaces "
    "that it manages, whenever it is restarted or reconfigures one.",
    "Tell it not to: ManageForeignRoutes=no in a file of /etc/systemd/networkd.conf.d."};
constexpr Rule kNetworkdLo{"networkd-lo", Severity::problem, Roles::node,
                           "systemd-networkd manages lo: it takes addresses and routes away that "
                           "it did not put there, VIPs "
                           "among them.",
                           "Take lo out of its .network files, or put Unmanaged=yes into the "
                           "[Link] section of the one that "
                           "matches it."};
constexpr Rule kNetworkManagerLo{
    "networkmanager-lo", Severity::problem, Roles::node,
    "NetworkManager has a connection for lo: whenever it is activated or changed, addresses and "
    "routes "
    "that are not in it go, VIPs among them.",
    "Delete the connection, and keep NetworkManager from lo: unmanaged-devices=interface-name:lo."};
constexpr Rule kVipInFiles{"vip-in-network-files", Severity::problem, Roles::node,
                           "The VIP becomes an address of an interface at the next boot: then it "
                           "is not announced, or announced "
                           "whatever the checks say.",
                           "Remove it there: vipherd alone makes VIPs local."};

constexpr std::array kManagerRules{&kForeignRoutes, &kNetworkdLo, &kNetworkManagerLo, &kVipInFiles};

/// Without what is a comment in all of these files.
std::string_view content(std::string_view line) {
  line = trim(line);
  return line.starts_with('#') || line.starts_with(';') ? std::string_view{} : line;
}

/// Whether a line of the file satisfies the predicate.
template <class Predicate>
bool has_line(std::string_view text, Predicate is_it) {
  while (!text.empty()) {
    const std::string_view line = content(cut_line(text));
    if (!line.empty() && is_it(line)) return true;
  }
  return false;
}

/// As systemd reads it (conf-parser.c, parse_boolean()): with blanks round =, and in any case.
bool is_off(std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return false;
  if (trim(line.substr(0, equals)) != "ManageForeignRoutes") return false;
  std::string value(trim(line.substr(equals + 1)));
  for (char& letter : value) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  constexpr std::array<std::string_view, 6> kFalse{"no", "n", "false", "f", "off", "0"};
  return std::ranges::find(kFalse, value) != kFalse.end();
}

bool names(std::string_view line, std::string_view address) {
  constexpr std::string_view kOfAddresses = "0123456789abcdefABCDEF:.";
  for (std::size_t at = line.find(address); at != std::string_view::npos;
       at = line.find(address, at + 1)) {
    const std::size_t end = at + address.size();
    const bool begins = at == 0 || kOfAddresses.find(line[at - 1]) == kOfAddresses.npos;
    if (begins && (end == line.size() || kOfAddresses.find(line[end]) == kOfAddresses.npos))
      return true;
  }
  return false;
}

void look_at_networkd(const Facts& facts, Findings& found) {
  const ManagerFacts& managers = facts.managers;
  if (!managers.networkd) {
    found.cannot_tell(kForeignRoutes, managers.networkd.error().what);
    found.cannot_tell(kNetworkdLo, managers.networkd.error().what);
    return;
  }
  if (!*managers.networkd) return;
  bool off = false;
  for (const auto& [path, text] : managers.files) {
    off = off || (path.find("networkd.conf") != std::string::npos && has_line(text, is_off));
  }
  if (!off) {
    found.add(kForeignRoutes, "systemd-networkd runs, and no file says ManageForeignRoutes=no")
        .commands = {"mkdir -p /etc/systemd/networkd.conf.d",
                     "printf '[Network]\\nManageForeignRoutes=no\\n' "
                     ">/etc/systemd/networkd.conf.d/60-vipherd.conf",
                     "systemctl try-restart systemd-networkd"};
  }
  if (!managers.networkd_lo) {
    found.cannot_tell(kNetworkdLo, "systemd-networkd runs, and its state of lo cannot be read");
  } else if (*managers.networkd_lo != "unmanaged") {
    found.add(kNetworkdLo, "its state of lo is \"" + *managers.networkd_lo + "\"");
  }
}

void look_at_network_manager(const Facts& facts, Findings& found) {
  for (const auto& [path, text] : facts.managers.files) {
    if (path.find("/system-connections/") == std::string::npos) continue;
    const bool of_lo = has_line(text, [](std::string_view line) {
      return line == "interface-name=lo" || line == "type=loopback";
    });
    if (of_lo) found.add(kNetworkManagerLo, path + " is a connection for lo", Certainty::likely);
  }
}

void look_for_vips(const Facts& facts, Findings& found) {
  for (const auto& [path, text] : facts.managers.files) {
    std::vector<std::string> there;
    for (const IpAddress& vip : vips_of(facts)) {
      const std::string address = vip.to_string();
      if (has_line(text, [&](std::string_view line) { return names(line, address); })) {
        there.push_back(address);
      }
    }
    if (!there.empty()) found.add(kVipInFiles, path + " has " + listed(there));
  }
  for (const std::string& why : facts.managers.unreadable) found.cannot_tell(kVipInFiles, why);
}

}  // namespace

const Topic kManagerTopic{"Network managers", kManagerRules};

void look_at_managers(const Facts& facts, Findings& found) {
  look_at_networkd(facts, found);
  if (facts.role != Role::node) return;
  look_at_network_manager(facts, found);
  look_for_vips(facts, found);
}

}  // namespace vipherd::doctor
