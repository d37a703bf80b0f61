#include "doctor/read/mptcp.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

namespace vipherd::doctor {
namespace {

using Json = nlohmann::json;

/// Nothing to show is an empty list, or no text at all. What is no JSON is no array.
Json parse_list(std::string_view text) {
  if (text.find_first_not_of(" \r\n\t") == std::string_view::npos) return Json::array();
  return Json::parse(text, nullptr, false);
}

Error no_list() { return fail("ip prints no list as JSON"); }

std::optional<IpAddress> address_in(const Json& entry, const char* key) {
  if (!entry.is_object()) return std::nullopt;
  const auto found = entry.find(key);
  if (found == entry.end() || !found->is_string()) return std::nullopt;
  const auto address = IpAddress::parse(found->get_ref<const std::string&>());
  if (!address) return std::nullopt;
  return *address;
}

/// Everything else is looked up there, too.
bool is_usual(const Json& table) {
  return table == "main" || table == "default" || table == "local";
}

}  // namespace

Result<std::vector<IpAddress>> read_signalled(std::string_view text) {
  const Json list = parse_list(text);
  if (!list.is_array()) return no_list();
  std::vector<IpAddress> signalled;
  for (const Json& entry : list) {
    const auto address = address_in(entry, "address");
    if (address && entry.contains("signal")) signalled.push_back(*address);
  }
  return signalled;
}

std::optional<unsigned> read_most_subflows(std::string_view text) {
  const std::size_t name = text.find("subflows");
  if (name == std::string_view::npos) return std::nullopt;
  const std::size_t begin = text.find_first_of("0123456789", name);
  if (begin == std::string_view::npos) return std::nullopt;
  unsigned most = 0;
  const char* end = text.data() + text.size();
  if (std::from_chars(text.data() + begin, end, most).ec != std::errc()) return std::nullopt;
  return most;
}

Result<std::vector<IpPrefix>> read_rule_sources(std::string_view text) {
  const Json list = parse_list(text);
  if (!list.is_array()) return no_list();
  std::vector<IpPrefix> sources;
  for (const Json& entry : list) {
    const auto source = address_in(entry, "src");
    if (!source || entry.contains("not") || entry.contains("fwmark")) continue;
    const auto table = entry.find("table");
    if (table != entry.end() && is_usual(*table)) continue;
    // A network has its length beside it; a single address has none.
    const auto length = entry.find("srclen");
    const bool is_network = length != entry.end() && length->is_number_unsigned() &&
                            length->get<std::uint64_t>() <= source->host_length();
    sources.push_back({*source, is_network ? length->get<std::uint8_t>() : source->host_length()});
  }
  return sources;
}

}  // namespace vipherd::doctor
