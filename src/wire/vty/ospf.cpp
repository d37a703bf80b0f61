// ospfd's answers.
#include "vipherd/wire/vty/ospf.hpp"

#include <algorithm>
#include <limits>

#include "vipherd/wire/vty/vty.hpp"
#include "wire/vty/text.hpp"

namespace vipherd::wire::vty {
namespace {

using nlohmann::json;

constexpr std::uint32_t kMaxAge = 3600;  // RFC 2328 appendix B

/// "Full/DR" and, from FRR 8.5 on, the same under another key.
std::string read_state(const json& neighbour) {
  std::string state = text_of(neighbour, "nbrState");
  if (state.empty()) state = text_of(neighbour, "state");
  return state.substr(0, state.find('/'));
}

/// "eth1:192.168.100.2".
std::string read_interface(const json& neighbour) {
  const std::string name = text_of(neighbour, "ifaceName");
  return name.substr(0, name.rfind(':'));
}

/// "0.0.0.1 [NSSA]", "0.0.0.1 [Stub]" or "0.0.0.0".
void read_area(std::string_view text, OspfNeighbour& neighbour) {
  neighbour.area = parse_area_id(text.substr(0, text.find(' ')));
  if (text.find("[Stub") != std::string_view::npos) neighbour.kind = AreaKind::stub;
  if (text.find("[NSSA") != std::string_view::npos) neighbour.kind = AreaKind::nssa;
}

void read_adjacency(const json& adjacency, OspfNeighbour& neighbour) {
  const auto designated = IpAddress::parse(text_of(adjacency, "routerDesignatedId"));
  if (designated && designated->is_v4()) neighbour.designated = *designated;
  const json* changed = member(adjacency, "lastPrgrsvChangeMsec");
  if (changed != nullptr && changed->is_number_unsigned()) {
    // What does not fit has stood for long.
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
    neighbour.stands_for =
        std::chrono::seconds(std::min(changed->get<std::uint64_t>() / 1000, kMost));
  }
}

/// Reads the LSAs one after another, line by line.
class LsaReader {
 public:
  void take(std::string_view line) {
    if (line.find(" Link States") != std::string_view::npos) return enter(line);
    if (const auto age = value_of(line, "LS age:")) return begin(*age);
    if (const auto router = value_of(line, "Advertising Router:")) return set(router_, *router);
    if (const auto id = value_of(line, "Link State ID:")) {
      return set(host_, id->substr(0, id->find(' ')));
    }
    if (const auto net = value_of(line, "(Link ID) Net:")) return set(host_, *net);
    if (value_of(line, "Network Mask:") == "/32") return end();
    if (const auto metric = value_of(line, "Metric:")) return evaluate(*metric);
    for (const auto key : {"Forward Address:", "NSSA: Forward Address:"}) {
      if (const auto address = value_of(line, key)) return forward(*address);
    }
    if (value_of(line, "(Link Data) Network Mask:") == "255.255.255.255") return end();
  }
  std::vector<HostLsa> take_hosts() { return std::move(hosts_); }

 private:
  /// "NSSA-external Link States (Area 0.0.0.1 [NSSA])", "AS External Link States".
  void enter(std::string_view heading) {
    open_ = false;
    scope_ = heading.find("NSSA-external") != std::string_view::npos ? LsaScope::nssa
             : heading.find("AS External") != std::string_view::npos ? LsaScope::as
                                                                     : LsaScope::area;
    area_.reset();
    constexpr std::string_view kArea = "(Area ";
    const std::size_t at = heading.find(kArea);
    if (at == std::string_view::npos) return;
    heading.remove_prefix(at + kArea.size());
    area_ = parse_area_id(heading.substr(0, heading.find_first_of(" )")));
  }
  void begin(std::string_view age) {
    const auto seconds = leading_number(age);
    alive_ = seconds && *seconds < kMaxAge;
    open_ = false;
    router_.reset();
    host_.reset();
  }
  static void set(std::optional<IpAddress>& target, std::string_view text) {
    const auto address = IpAddress::parse(text);
    target.reset();
    if (address && address->is_v4()) target = *address;
  }
  void end() {
    open_ = alive_ && router_ && host_;
    if (open_) hosts_.push_back({*host_, *router_, false, scope_, area_, {}});
  }
  /// Of the external LSA that was read last: its metric stands below its mask.
  void evaluate(std::string_view metric) {
    if (open_) hosts_.back().least_preferred = leading_number(metric) >= kLeastPreferred;
  }

  void forward(std::string_view text) {
    const auto address = IpAddress::parse(text);
    if (open_ && address && *address != IpAddress{}) hosts_.back().forward = *address;
  }

  LsaScope scope_ = LsaScope::as;
  std::optional<IpAddress> area_;
  bool alive_ = false;
  bool open_ = false;  ///< the last of hosts_ is still being read
  std::optional<IpAddress> router_;
  std::optional<IpAddress> host_;
  std::vector<HostLsa> hosts_;
};

}  // namespace

std::string show_ospf(std::string_view what, const std::string& vrf) {
  return "show ip ospf" + in_vrf(vrf) + " " + std::string(what);
}

Result<std::vector<OspfNeighbour>> parse_ospf_neighbours(std::string_view text) {
  const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return fail(complaint(text, "the list of neighbours"));
  std::vector<OspfNeighbour> neighbours;
  const json* listed = member(within_vrf(document), "neighbors");
  if (listed == nullptr) return neighbours;
  if (!listed->is_object()) return fail("the list of neighbours was not understood");
  for (const auto& [router_id, adjacencies] : listed->items()) {
    if (!adjacencies.is_array()) return fail("the list of neighbours was not understood");
    for (const json& adjacency : adjacencies) {
      neighbours.push_back(
          {printable(router_id), read_interface(adjacency), read_state(adjacency)});
      read_area(text_of(adjacency, "areaId"), neighbours.back());
      read_adjacency(adjacency, neighbours.back());
    }
  }
  return neighbours;
}

Result<std::set<IpAddress>> parse_ospf_border_routers(std::string_view text) {
  std::set<IpAddress> routers;
  bool known_form = false;
  const std::string_view answer = text;
  while (!text.empty()) {
    std::string_view line = cut_line(text);
    if (line.find("router routing table") != std::string_view::npos) known_form = true;
    if (!line.starts_with("R ")) continue;
    cut_word(line);
    const auto router = IpAddress::parse(cut_word(line));
    if (!router) return fail(complaint(answer, "the list of reachable routers"));
    routers.insert(*router);
  }
  if (!known_form) return fail(complaint(answer, "the list of reachable routers"));
  return routers;
}

std::string ospf_external(const IpAddress& vip) { return "database external " + vip.to_string(); }

Result<OspfLsas> parse_ospf_lsas(std::string_view text) {
  constexpr std::string_view kHead = "OSPF Router with ID (";
  const std::size_t head = text.find(kHead);
  if (head == std::string_view::npos) return fail(complaint(text, "the link state database"));
  text.remove_prefix(head + kHead.size());
  std::string_view line = cut_line(text);
  const auto router_id = IpAddress::parse(line.substr(0, line.find(')')));
  if (!router_id) return fail("the link state database was not understood");
  LsaReader reader;
  while (!text.empty()) reader.take(cut_line(text));
  return OspfLsas{*router_id, reader.take_hosts()};
}

std::string ospf_router_lsas(std::string_view router_id) {
  return "database router " + std::string(router_id);
}

std::string ospf_network_lsa(const IpAddress& designated) {
  return "database network " + designated.to_string();
}

}  // namespace vipherd::wire::vty
