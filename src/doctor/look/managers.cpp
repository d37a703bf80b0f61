// The files of networkd, netplan, NetworkManager and ifupdown.
#include <algorithm>
#include <array>
#include <filesystem>

#include "doctor/look/parts.hpp"
#include "vipherd/base/lines.hpp"
#include "vipherd/files/files.hpp"

namespace vipherd::doctor {
namespace {

struct Place {
  const char* directory;
  std::array<std::string_view, 2> ends;  ///< of the names that count; the second may be empty
};
constexpr std::array kPlaces{
    Place{"/etc/systemd/network", {".network", ""}},
    Place{"/run/systemd/network", {".network", ""}},
    Place{"/etc/systemd/networkd.conf.d", {".conf", ""}},
    Place{"/run/systemd/networkd.conf.d", {".conf", ""}},
    Place{"/usr/lib/systemd/networkd.conf.d", {".conf", ""}},
    Place{"/etc/netplan", {".yaml", ".yml"}},
    Place{"/etc/network/interfaces.d", {"", ""}},
    Place{"/etc/NetworkManager/system-connections", {".nmconnection", ""}},
    Place{"/run/NetworkManager/system-connections", {".nmconnection", ""}},
};
constexpr std::array kFiles{"/etc/systemd/networkd.conf", "/etc/network/interfaces"};
constexpr std::size_t kMostFiles = 1000;
/// lo is the first interface of every network namespace.
constexpr const char* kNetworkdLinks = "/run/systemd/netif/links";

void read_into(ManagerFacts& facts, const std::string& path) {
  const auto text = files::read_if_there(path, kMostOfFile);
  if (!text) {
    facts.unreadable.push_back(text.error().what);
  } else if (*text) {
    facts.files.emplace(path, **text);
  }
}

bool counts(const Place& place, const std::string& name) {
  return std::ranges::any_of(place.ends, [&](std::string_view end) {
    return (!end.empty() || place.ends[0].empty()) && name.ends_with(end);
  });
}

std::optional<std::string> admin_state(std::string_view text) {
  constexpr std::string_view kKey = "ADMIN_STATE=";
  while (!text.empty()) {
    const std::string_view line = cut_line(text);
    if (line.starts_with(kKey)) return std::string(line.substr(kKey.size()));
  }
  return std::nullopt;
}

}  // namespace

ManagerFacts look_at_manager_files() {
  ManagerFacts facts;
  for (const char* path : kFiles) read_into(facts, path);
  for (const Place& place : kPlaces) {
    std::error_code error;
    std::filesystem::directory_iterator entry(place.directory, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
      if (facts.files.size() >= kMostFiles) break;
      const std::string name = entry->path().filename().string();
      if (counts(place, name)) read_into(facts, entry->path().string());
    }
    const bool missing = error == std::errc::no_such_file_or_directory;
    if (error && !missing) {
      facts.unreadable.push_back("cannot read " + std::string(place.directory) + ": " +
                                 error.message());
    }
  }
  // The directory of its states tells nothing: it is made at every boot, with or without it.
  facts.networkd = is_running("systemd-networkd.service");
  const auto lo = files::read_if_there(std::string(kNetworkdLinks) + "/1", kMostOfFile);
  if (lo && *lo) facts.networkd_lo = admin_state(**lo);
  return facts;
}

}  // namespace vipherd::doctor
