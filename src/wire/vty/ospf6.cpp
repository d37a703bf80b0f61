// ospf6d's answers, all of them tables for people.
#include <algorithm>
#include <array>
#include <utility>

#include "vipherd/wire/vty/ospf.hpp"
#include "vipherd/wire/vty/vty.hpp"
#include "wire/vty/text.hpp"

namespace vipherd::wire::vty {
namespace {

constexpr std::uint32_t kMaxLsaAge = 3600;  // RFC 5340 keeps RFC 2328's

std::optional<IpAddress> parse_router_id(std::string_view text) {
  const auto address = IpAddress::parse(trim(text));
  if (!address || !address->is_v4()) return std::nullopt;
  return *address;
}

/// How long an adjacency has been in its state: "00:05:29", "12d00:05:29". Nothing where it is
/// written in another way.
std::optional<std::chrono::seconds> parse_age(std::string_view text) {
  std::int64_t days = 0;
  if (const std::size_t end = text.find('d'); end != std::string_view::npos) {
    const auto number = parse_number<std::uint32_t>(text.substr(0, end));
    if (!number) return std::nullopt;
    days = *number;
    text.remove_prefix(end + 1);
  }
  std::int64_t seconds = 0;
  for (int part = 0; part < 3; ++part) {
    const std::size_t colon = text.find(':');
    const auto number = parse_number<std::uint32_t>(text.substr(0, colon));
    if (!number || (colon == std::string_view::npos) != (part == 2)) return std::nullopt;
    seconds = seconds * 60 + *number;
    text.remove_prefix(part == 2 ? text.size() : colon + 1);
  }
  return std::chrono::hours(24 * days) + std::chrono::seconds(seconds);
}

/// "2001:db8:10::10/128"
std::optional<IpAddress> parse_host(std::string_view prefix) {
  if (!prefix.ends_with("/128")) return std::nullopt;
  const auto host = IpAddress::parse(prefix.substr(0, prefix.size() - 4));
  if (!host || host->is_v4()) return std::nullopt;
  return *host;
}

/// "ASE  0.0.0.1        192.168.100.2    29 80000001            2001:db8:10::10/128": the columns
/// before the sequence number are 5, 15, 15 and 4 wide and touch where a value fills its own.
std::optional<HostLsa> parse_lsa_line(std::string_view line) {
  constexpr std::size_t kRouter = 20;
  constexpr std::size_t kAge = 35;
  constexpr std::size_t kAgeEnd = 39;
  if (line.size() <= kAgeEnd) return std::nullopt;
  const auto router = parse_router_id(line.substr(kRouter, kAge - kRouter));
  const auto age = leading_number(trim(line.substr(kAge, kAgeEnd - kAge)));
  if (!router || !age || *age >= kMaxLsaAge) return std::nullopt;
  std::string_view rest = line.substr(kAgeEnd);
  cut_word(rest);  // the sequence number
  const auto host = parse_host(cut_word(rest));
  if (!host) return std::nullopt;
  return HostLsa{*host, *router};
}

/// " Area 1[NSSA]", " Area 0.0.0.0": a new area, or nothing.
std::optional<Ospf6Area> parse_area_line(std::string_view line) {
  const auto rest = value_of(line, "Area ");
  if (!rest) return std::nullopt;
  const std::size_t bracket = rest->find('[');
  const auto id = parse_area_id(trim(rest->substr(0, bracket)));
  if (!id) return std::nullopt;
  Ospf6Area area{.id = *id, .interfaces = {}};
  if (rest->find("[Stub") != std::string_view::npos) area.kind = AreaKind::stub;
  if (rest->find("[NSSA") != std::string_view::npos) area.kind = AreaKind::nssa;
  return area;
}

/// "        Area Scoped Link State Database (Area 1)"
std::optional<IpAddress> parse_database_heading(std::string_view line) {
  constexpr std::string_view kArea = "Database (Area ";
  const std::size_t at = line.find(kArea);
  if (at == std::string_view::npos) return std::nullopt;
  line.remove_prefix(at + kArea.size());
  return parse_area_id(line.substr(0, line.find(')')));
}

/// Reads external LSAs in detail, line by line.
class DetailReader {
 public:
  std::vector<HostLsa> take_hosts() { return std::move(hosts_); }
  void take(std::string_view line) {
    if (const auto age = value_of(line, "Age:")) {
      const auto seconds = leading_number(*age);
      alive_ = seconds && *seconds < kMaxLsaAge;
      least_preferred_ = false;
      open_ = false;
      router_.reset();
    } else if (const auto id = value_of(line, "Advertising Router:")) {
      router_ = parse_router_id(*id);
    } else if (const auto metric = value_of(line, "Metric:")) {
      least_preferred_ = leading_number(*metric) >= kLeastPreferred;
    } else if (const auto prefix = value_of(line, "Prefix:")) {
      const auto host = parse_host(*prefix);
      open_ = alive_ && router_ && host;
      if (open_) hosts_.push_back({*host, *router_, least_preferred_, LsaScope::as, {}, {}});
    } else if (const auto address = value_of(line, "Forwarding-Address:")) {
      const auto forward = IpAddress::parse(*address);
      if (open_ && forward) hosts_.back().forward = *forward;
    }
  }

 private:
  std::vector<HostLsa> hosts_;
  bool open_ = false;  ///< the last of hosts_ is still being read
  bool alive_ = false;
  bool least_preferred_ = false;
  std::optional<IpAddress> router_;
};

}  // namespace

std::string show_ospf6(std::string_view what, const std::string& vrf) {
  return "show ipv6 ospf6" + in_vrf(vrf) + (what.empty() ? "" : " ") + std::string(what);
}

Result<std::vector<OspfNeighbour>> parse_ospf6_neighbours(std::string_view text) {
  std::vector<OspfNeighbour> neighbours;
  if (trim(text).empty()) return neighbours;
  if (!text.starts_with("Neighbor ID")) return fail(complaint(text, "the list of neighbours"));
  cut_line(text);
  while (!text.empty()) {
    std::string_view line = cut_line(text);
    if (trim(line).empty()) continue;
    std::array<std::string_view, 6> words;  // id, priority, dead time, state/role, duration, place
    for (std::string_view& word : words) word = cut_word(line);
    const auto router = parse_router_id(words[0]);
    if (!router || words[5].empty()) return fail("the list of neighbours was not understood");
    neighbours.push_back({router->to_string(), printable(words[5].substr(0, words[5].find('['))),
                          printable(words[3].substr(0, words[3].find('/')))});
    neighbours.back().stands_for = parse_age(words[4]);
  }
  return neighbours;
}

Result<Ospf6Process> parse_ospf6_process(std::string_view text) {
  constexpr std::string_view kBefore = "with Router-ID ";
  std::string_view line = text.substr(0, text.find('\n'));
  const std::size_t found = line.find(kBefore);
  if (found == std::string_view::npos) return fail(complaint(text, "the router id"));
  line.remove_prefix(found + kBefore.size());
  const auto router = parse_router_id(cut_word(line));
  if (!router) return fail("the router id was not understood");
  Ospf6Process process{*router, {}};
  while (!text.empty()) {
    line = cut_line(text);
    if (auto area = parse_area_line(line)) {
      process.areas.push_back(std::move(*area));
    } else if (auto names = value_of(line, "Interface attached to this area:")) {
      while (!process.areas.empty() && !trim(*names).empty()) {
        process.areas.back().interfaces.insert(printable(cut_word(*names)));
      }
    }
  }
  return process;
}

Result<std::set<IpAddress>> parse_ospf6_border_routers(std::string_view text) {
  std::set<IpAddress> routers;
  if (trim(text).empty()) return routers;
  if (!text.starts_with("Router-ID ")) {
    return fail(complaint(text, "the list of reachable routers"));
  }
  cut_line(text);
  while (!text.empty()) {
    std::string_view line = cut_line(text);
    if (trim(line).empty()) continue;
    const auto router = parse_router_id(cut_word(line));
    if (!router) return fail("the list of reachable routers was not understood");
    routers.insert(*router);
  }
  return routers;
}

Result<std::vector<HostLsa>> parse_ospf6_lsas(std::string_view text, LsaScope scope) {
  const std::string_view answer = text;
  bool known_form = trim(text).empty();
  std::optional<IpAddress> area;
  std::vector<HostLsa> lsas;
  std::size_t first = 0;  // of those below the last heading
  DetailReader details;
  const auto close_area = [&] {
    const std::vector<HostLsa> told = std::exchange(details, {}).take_hosts();
    lsas.insert(lsas.end(), told.begin(), told.end());
    for (; first < lsas.size(); ++first) {
      lsas[first].scope = scope;
      lsas[first].area = area;
    }
  };
  while (!text.empty()) {
    const std::string_view line = cut_line(text);
    if (line.find("Link State Database") != std::string_view::npos) {
      known_form = true;
      close_area();
      area = parse_database_heading(line);
    } else if (line.starts_with("Type LSId")) {
      known_form = true;
    } else if (const auto listed = parse_lsa_line(line)) {
      lsas.push_back(*listed);
    } else {
      details.take(line);
    }
  }
  close_area();
  if (!known_form) return fail(complaint(answer, "the link state database"));
  return lsas;
}

std::string ospf6_router_lsas(std::string_view router_id) {
  return "database router adv-router " + std::string(router_id) + " detail";
}

}  // namespace vipherd::wire::vty
