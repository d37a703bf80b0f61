// Router and network LSAs, of ospfd and of ospf6d. The text is the same in FRR 7.5 to 10.7.
#include <optional>
#include <utility>

#include "vipherd/wire/vty/ospf.hpp"
#include "wire/vty/text.hpp"

namespace vipherd::wire::vty {
namespace {

constexpr std::uint32_t kMaxAgeOfLsa = 3600;  // RFC 2328 appendix B, RFC 5340

std::optional<IpAddress> dotted(std::string_view text) {
  const auto address = IpAddress::parse(trim(text));
  return address && address->is_v4() ? std::optional(*address) : std::nullopt;
}

/// Collects LSAs line by line; how a line is written is the reader's business.
class LsaCollector {
 public:
  void begin(std::string_view age) {
    end();
    const auto seconds = leading_number(age);
    open_ = seconds && *seconds < kMaxAgeOfLsa;
    if (open_) lsa_.age = *seconds;
  }
  void end() {
    if (open_ && has_router_) lsas_.push_back(std::move(lsa_));
    lsa_ = {};
    open_ = has_router_ = has_content_ = false;
  }
  void router(std::string_view id) {
    const auto parsed = dotted(id);
    if (!parsed) return;
    lsa_.router = *parsed;
    has_router_ = true;
  }
  void network() { lsa_.network = true; }
  void sequence(std::string_view text) {
    if (text.starts_with("0x")) text.remove_prefix(2);
    lsa_.sequence = printable(cut_word(text));
  }
  /// From here on every line belongs to the content.
  void begin_content() { has_content_ = true; }
  void content(std::string_view line) {
    if (has_content_) lsa_.content.append(trim(line)).append("\n");
  }
  void names_router(std::string_view id) {
    if (const auto parsed = dotted(id)) lsa_.routers.push_back(*parsed);
  }
  void names_designated(std::string_view id) {
    if (const auto parsed = dotted(id)) lsa_.designated.push_back(*parsed);
  }
  std::vector<TopologyLsa> take() {
    end();
    return std::move(lsas_);
  }

 private:
  TopologyLsa lsa_;
  bool open_ = false;
  bool has_router_ = false;
  bool has_content_ = false;
  std::vector<TopologyLsa> lsas_;
};

}  // namespace

Result<OspfTopology> parse_ospf_topology(std::string_view text) {
  constexpr std::string_view kHead = "OSPF Router with ID (";
  const std::size_t head = text.find(kHead);
  if (head == std::string_view::npos) return fail(complaint(text, "the link state database"));
  text.remove_prefix(head + kHead.size());
  const auto own_id = dotted(text.substr(0, text.find(')')));
  if (!own_id) return fail("the link state database was not understood");
  cut_line(text);
  LsaCollector lsas;
  while (!text.empty()) {
    const std::string_view line = cut_line(text);
    if (trim(line).empty()) continue;
    if (line.find(" Link States") != std::string_view::npos) {
      lsas.end();
    } else if (const auto age = value_of(line, "LS age:")) {
      lsas.begin(*age);
    } else if (const auto router = value_of(line, "Advertising Router:")) {
      lsas.router(*router);
    } else if (const auto sequence = value_of(line, "LS Seq Number:")) {
      lsas.sequence(*sequence);
    } else if (value_of(line, "LS Type:") == "network-LSA") {
      lsas.network();
    } else if (value_of(line, "Length:")) {
      lsas.begin_content();
    } else {
      lsas.content(line);
      for (const auto key : {"Attached Router:", "(Link ID) Neighboring Router ID:"}) {
        if (const auto id = value_of(line, key)) lsas.names_router(*id);
      }
      if (const auto address = value_of(line, "(Link ID) Designated Router address:")) {
        lsas.names_designated(*address);
      }
    }
  }
  return OspfTopology{*own_id, lsas.take()};
}

Result<std::vector<TopologyLsa>> parse_ospf6_topology(std::string_view text) {
  const std::string_view answer = text;
  bool known_form = trim(text).empty();
  bool point_to_point = false;
  bool transit = false;
  LsaCollector lsas;
  while (!text.empty()) {
    const std::string_view line = cut_line(text);
    if (trim(line).empty()) continue;
    if (line.find("Link State Database") != std::string_view::npos) {
      known_form = true;
      lsas.end();
    } else if (const auto age = value_of(line, "Age:")) {
      lsas.begin(*age);
    } else if (const auto router = value_of(line, "Advertising Router:")) {
      lsas.router(*router);
    } else if (const auto sequence = value_of(line, "LS Sequence Number:")) {
      lsas.sequence(*sequence);
    } else {
      if (value_of(line, "Bits:")) lsas.begin_content();
      lsas.content(line);
      if (const auto type = value_of(line, "Type:")) {
        point_to_point = type->starts_with("Point-To-Point");
        transit = type->starts_with("Transit-Network");
      } else if (const auto id = value_of(line, "Neighbor Router ID:")) {
        if (point_to_point) lsas.names_router(*id);
        if (transit) lsas.names_designated(*id);
      }
    }
  }
  if (!known_form) return fail(complaint(answer, "the link state database"));
  return lsas.take();
}

}  // namespace vipherd::wire::vty
