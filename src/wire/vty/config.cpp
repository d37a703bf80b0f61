#include "vipherd/wire/vty/config.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "vipherd/base/join.hpp"
#include "vipherd/base/lines.hpp"
#include "vipherd/base/numbers.hpp"
#include "vipherd/wire/vty/vty.hpp"

namespace vipherd::wire::vty {
namespace {

constexpr std::uint32_t kDrainedTag = 200;
constexpr std::uint32_t kWorstMed = 16777214;  // as deploy/frr has it for the other announcer
constexpr int kMostHostBits = 16;

/// Cuts `words` off the front of `line` if it begins so.
bool eat(std::string_view& line, std::string_view words) {
  if (!line.starts_with(words)) return false;
  line.remove_prefix(words.size());
  return true;
}

/// A name of ours, taken apart: MARK, MARK-SUFFIX, MARK@VRF or MARK-SUFFIX@VRF.
struct OwnName {
  std::string_view suffix;  ///< of a route-map 16 digits, of a prefix-list a tag or nothing
  std::string_view vrf;     ///< empty: the default one

  bool is_map() const {
    return suffix.size() == 16 &&
           suffix.find_first_not_of("0123456789ABCDEF") == std::string_view::npos;
  }
  bool is_list() const { return suffix.find_first_not_of("0123456789") == std::string_view::npos; }
};

std::optional<OwnName> own_name(std::string_view name) {
  if (!eat(name, kMark)) return std::nullopt;
  OwnName own;
  // The first: what is before it has none, the name of a VRF may.
  if (const std::size_t at = name.find('@'); at != std::string_view::npos) {
    own.vrf = name.substr(at + 1);
    name = name.substr(0, at);
    if (own.vrf.empty()) return std::nullopt;
  }
  if (name.empty()) return own;
  if (!eat(name, "-") || name.empty()) return std::nullopt;
  own.suffix = name;
  return own;
}

std::string make_own_name(const std::string& suffix, std::string_view vrf) {
  std::string name(kMark);
  if (!suffix.empty()) name += "-" + suffix;
  if (!vrf.empty()) name += "@" + std::string(vrf);
  return name;
}

bool is_own_map(std::string_view name, std::string_view vrf) {
  const auto own = own_name(name);
  return own && own->is_map() && own->vrf == vrf;
}

bool is_own_list(std::string_view name, std::string_view vrf) {
  const auto own = own_name(name);
  return own && own->is_list() && own->vrf == vrf;
}

/// Calls back with each line and the top-level line that it stands under (itself, at the top).
template <class Each>
void each_line(std::string_view text, Each each) {
  std::string_view block;
  while (!text.empty()) {
    const std::string_view line = cut_line(text);
    if (line.empty() || line.starts_with('!')) continue;
    if (!line.starts_with(' ')) block = line;
    each(block, trim(line));
  }
}

/// The AS of `router bgp AS` or `router bgp AS vrf VRF`; another VRF's or a view's instance is none
/// of ours.
std::string_view as_in(std::string_view vrf, std::string_view line) {
  if (!eat(line, "router bgp ")) return {};
  const std::string_view as_number = cut_word(line);
  if (!vrf.empty() && (cut_word(line) != "vrf" || cut_word(line) != vrf)) return {};
  return line.empty() || line.starts_with("as-notation ") ? as_number : std::string_view{};
}

std::string place(std::string_view vrf) {
  return vrf.empty() ? "the default VRF" : "VRF " + std::string(vrf);
}

/// FNV-1a: the same in every run, unlike std::hash.
std::string fingerprint(const std::vector<std::string>& lines) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const std::string& line : lines) {
    for (const char c : line + '\n') {
      hash = (hash ^ static_cast<std::uint8_t>(c)) * 1099511628211ULL;
    }
  }
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789ABCDEF"[(hash >> shift) & 15];
  return text;
}

/// The bits of `address` after `length` cleared.
IpPrefix truncated(const IpAddress& address, std::uint8_t length) {
  std::array<std::uint8_t, 16> bytes{};
  const auto from = address.bytes();
  for (std::size_t byte = 0; byte < from.size(); ++byte) {
    const int kept = std::clamp(int{length} - static_cast<int>(byte) * 8, 0, 8);
    bytes[byte] = static_cast<std::uint8_t>(from[byte] & (0xff00 >> kept));
  }
  return {IpAddress::from_bytes(std::span(bytes).first(from.size())), length};
}

IpAddress successor(const IpAddress& address) {
  std::array<std::uint8_t, 16> bytes{};
  const std::size_t size = address.bytes().size();
  std::ranges::copy(address.bytes(), bytes.begin());
  for (std::size_t byte = size; byte-- > 0;) {
    if (++bytes[byte] != 0) break;
  }
  return IpAddress::from_bytes(std::span(bytes).first(size));
}

}  // namespace

bool is_taken(std::uint8_t status) { return status == kSuccess || status == kNothingToDo; }

std::string first_words(std::string_view text) {
  constexpr std::size_t kLongest = 160;
  std::string_view line = trim(cut_line(text));
  if (eat(line, "%")) line = trim(line);
  std::string words(line.substr(0, kLongest));
  std::ranges::replace_if(
      words, [](char c) { return c < ' ' || c > '~'; }, '?');
  return words.empty() ? "without a word" : words;
}

// -------------------------------------------------------------------------------- bgpd

Result<BgpConfig> parse_bgp_config(std::string_view running, std::string_view vrf) {
  BgpConfig config;
  each_line(running, [&](std::string_view block, std::string_view line) {
    if (const std::string_view as_number = as_in(vrf, line); !as_number.empty()) {
      config.as_number = as_number;
    } else if (std::string_view entry = block; eat(entry, "route-map ")) {
      const std::string_view name = cut_word(entry);
      if (!is_own_map(name, vrf)) return;
      std::set<std::string>& lines = config.route_maps[std::string(name)][std::string(entry)];
      if (line != block) lines.emplace(line);
    } else if (!as_in(vrf, block).empty() && eat(line, "network ")) {
      const auto prefix = IpPrefix::parse(cut_word(line));
      const std::string_view route_map = word_after(line, "route-map");
      if (prefix && prefix->is_host_route() && is_own_map(route_map, vrf)) {
        config.networks.emplace(prefix->address, route_map);
      }
    }
  });
  if (config.as_number.empty()) return fail("bgpd has no \"router bgp\" in " + place(vrf));
  return config;
}

RouteMapEntries RouteMap::entries() const {
  return {{std::string(kMapEntry), {lines.begin(), lines.end()}}};
}

RouteMap make_route_map(const model::RouteAttributes& route, std::string_view as_number,
                        std::string_view vrf) {
  const model::RoutePolicy& policy = route.announce;
  const bool drained = route.tag == kDrainedTag;
  std::vector<std::string> communities = policy.communities;
  if (drained && communities.empty()) communities.emplace_back("graceful-shutdown");
  RouteMap map;
  map.lines.push_back("set metric " +
                      std::to_string(policy.med.value_or(drained ? kWorstMed : route.metric)));
  map.lines.push_back("set tag " + std::to_string(route.tag));
  if (!communities.empty())
    map.lines.push_back("set community " + join(communities, " ") + " additive");
  if (!policy.large_communities.empty()) {
    map.lines.push_back("set large-community " + join(policy.large_communities, " ") + " additive");
  }
  if (policy.prepend > 0) {
    map.lines.push_back("set as-path prepend " + join(std::vector(policy.prepend, as_number), " "));
  }
  if (policy.bandwidth) {
    map.lines.push_back("set extcommunity bandwidth " + std::to_string(*policy.bandwidth));
  }
  map.name = make_own_name(fingerprint(map.lines), vrf);
  return map;
}

// --------------------------------------------------------------------- ospfd and ospf6d

namespace {

/// An entry of our form, however FRR writes the address.
std::string normal_entry(std::string_view entry) {
  std::string_view line = entry;
  eat(line, "permit ");
  const auto prefix = IpPrefix::parse(cut_word(line));
  if (!prefix) return std::string(entry);
  const std::string ge = "ge " + std::to_string(prefix->address.host_length());
  const bool ours = prefix->is_host_route() ? line.empty() : line == ge;
  return ours ? permit(*prefix) : std::string(entry);
}

/// What the lines of an OSPF daemon's configuration say of our lists, before it is known which
/// of its route-maps are in force.
class OspfReader {
 public:
  OspfReader(Family family, std::string_view vrf)
      : v4_(family == Family::ipv4),
        vrf_(vrf),
        instance_(std::string(v4_ ? "router ospf" : "router ospf6") + in_vrf(vrf_)) {}

  void read(std::string_view block, std::string_view line) {
    if (eat(line, v4_ ? "ip prefix-list " : "ipv6 prefix-list ")) return read_entry(line);
    if (eat(line, v4_ ? "match ip address prefix-list " : "match ipv6 address prefix-list ")) {
      std::string_view map = block;
      if (is_own_list(line, vrf_) && eat(map, "route-map ")) {
        lists_of_map_[std::string(cut_word(map))].emplace(line);
      }
    } else if (block == instance_ && line.starts_with("redistribute ")) {
      redistributions_.emplace_back(line);
    } else if (!v4_ && block.starts_with("interface ") &&
               line.starts_with("ipv6 ospf6 advertise prefix-list ")) {
      read_advertisement(block, line);
    }
  }

  OspfConfig finish() {
    for (const std::string& line : redistributions_) {
      const auto lists = lists_of_map_.find(std::string(word_after(line, "route-map")));
      if (lists == lists_of_map_.end()) continue;
      config_.referred.insert(lists->second.begin(), lists->second.end());
      // ospf6d takes the same line again for no change.
      if (v4_) config_.reapply[instance_].insert(line);
    }
    return std::move(config_);
  }

 private:
  void read_entry(std::string_view line) {
    const std::string list(cut_word(line));
    if (!is_own_list(list, vrf_) || cut_word(line) != "seq") return;
    const auto number = parse_number<std::uint32_t>(cut_word(line));
    if (!number) return;
    if (line.starts_with("permit ")) {
      config_.lists[list].emplace(*number, normal_entry(line));
    } else {
      config_.taken[list].insert(*number);
    }
  }

  void read_advertisement(std::string_view block, std::string_view line) {
    const std::string_view list = word_after(line, "prefix-list");
    if (!is_own_list(list, vrf_)) return;
    config_.referred.emplace(list);
    config_.reapply[std::string(block)].emplace(line);
    config_.advertises = true;
  }

  bool v4_;
  std::string vrf_;
  std::string instance_;
  OspfConfig config_;
  std::vector<std::string> redistributions_;
  std::map<std::string, std::set<std::string>> lists_of_map_;
};

}  // namespace

Result<OspfConfig> parse_ospf_config(std::string_view running, Family family,
                                     std::string_view vrf) {
  OspfReader reader(family, vrf);
  each_line(running,
            [&](std::string_view block, std::string_view line) { reader.read(block, line); });
  OspfConfig config = reader.finish();
  if (config.referred.empty()) {
    const std::string list = make_own_name("", vrf);
    return fail(family == Family::ipv4
                    ? "ospfd has no \"redistribute connected route-map ...\" whose map matches the "
                      "prefix-list " +
                          list
                    : "ospf6d has no \"ipv6 ospf6 advertise prefix-list " + list +
                          "\" on an interface");
  }
  return config;
}

bool selects(std::string_view list, std::uint32_t tag, std::string_view vrf) {
  const auto own = own_name(list);
  return own && own->vrf == vrf && (own->suffix.empty() || own->suffix == std::to_string(tag));
}

std::vector<IpPrefix> cover(const std::set<IpAddress>& addresses) {
  std::vector<IpPrefix> prefixes;
  for (const IpAddress& address : addresses) {  // in order, so siblings meet at the end
    prefixes.push_back({address, address.host_length()});
    while (prefixes.size() > 1) {
      const IpPrefix& last = prefixes.back();
      const IpPrefix& before = prefixes[prefixes.size() - 2];
      if (last.length != before.length || last.length == 0 ||
          last.address.family() != before.address.family()) {
        break;
      }
      const auto length = static_cast<std::uint8_t>(last.length - 1);
      const IpPrefix parent = truncated(last.address, length);
      if (parent != truncated(before.address, length)) break;
      prefixes.pop_back();
      prefixes.back() = parent;
    }
  }
  return prefixes;
}

std::string permit(const IpPrefix& prefix) {
  std::string text = "permit " + prefix.to_string();
  if (!prefix.is_host_route()) {
    text += " ge " + std::to_string(prefix.address.host_length());
  }
  return text;
}

std::set<IpAddress> permitted(std::string_view entry) {
  std::string_view line = entry;
  if (!eat(line, "permit ")) return {};
  const auto prefix = IpPrefix::parse(cut_word(line));
  if (!prefix || permit(*prefix) != entry) return {};
  const int bits = prefix->address.host_length() - prefix->length;
  if (bits > kMostHostBits) return {};
  std::set<IpAddress> addresses;
  IpAddress address = prefix->address;
  for (std::uint32_t count = 1U << bits; count > 0; --count) {
    addresses.insert(addresses.end(), address);
    address = successor(address);
  }
  return addresses;
}

// ------------------------------------------------------------------- saved configuration

namespace {

/// The name in a line that announces, if it is one of ours, of whatever VRF.
std::optional<OwnName> announced_by(std::string_view line) {
  if (line.starts_with("network ")) {
    const auto own = own_name(word_after(line, "route-map"));
    return own && own->is_map() ? own : std::nullopt;
  }
  if (line.starts_with("ip prefix-list ") || line.starts_with("ipv6 prefix-list ")) {
    const auto own = own_name(word_after(line, "prefix-list"));
    const bool permits = !word_after(line, "permit").empty();
    return own && own->is_list() && permits ? own : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::set<std::string> vrfs_with_own_lines(std::string_view running) {
  std::set<std::string> vrfs;
  each_line(running, [&](std::string_view, std::string_view line) {
    auto own = announced_by(line);
    if (!own && eat(line, "route-map ")) own = own_name(cut_word(line));
    if (own && (own->is_map() || own->is_list()) && !own->vrf.empty()) vrfs.emplace(own->vrf);
  });
  return vrfs;
}

bool has_own_lines(std::string_view saved) {
  bool found = false;
  each_line(saved, [&](std::string_view, std::string_view line) {
    found = found || announced_by(line).has_value();
  });
  return found;
}

}  // namespace vipherd::wire::vty
