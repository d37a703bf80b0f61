#include "vipherd/wire/vty/vty.hpp"

#include <algorithm>
#include <cstring>

#include "vipherd/base/assert.hpp"
#include "vipherd/base/numbers.hpp"
#include "wire/vty/text.hpp"

namespace vipherd::wire::vty {
namespace {

constexpr std::size_t kNuls = 3;
constexpr std::size_t kMostClients = 4096;

/// Reads a whole number and what must follow it.
bool eat_number(std::string_view& text, std::uint32_t& number, char follower) {
  const auto read = take_number<std::uint32_t>(text);
  if (!read || !text.starts_with(follower)) return false;
  number = *read;
  text.remove_prefix(1);
  return true;
}

/// "openfabric" or "openfabric[7:0]".
std::optional<Client> parse_client_name(std::string_view name) {
  const std::size_t bracket = name.find('[');
  Client client;
  client.route_type = name.substr(0, bracket);
  if (client.route_type.empty()) return std::nullopt;
  if (bracket == std::string_view::npos) return client;
  std::string_view numbers = name.substr(bracket + 1);
  if (!eat_number(numbers, client.instance, ':') || !eat_number(numbers, client.session, ']') ||
      !numbers.empty()) {
    return std::nullopt;
  }
  return client;
}

}  // namespace

Result<std::optional<Response>> next_response(std::span<const std::uint8_t> stream) {
  // memchr: a long answer arrives in many pieces, and is looked through again with each.
  const void* nul = stream.empty() ? nullptr : std::memchr(stream.data(), 0, stream.size());
  const std::size_t length =
      nul == nullptr
          ? stream.size()
          : static_cast<std::size_t>(static_cast<const std::uint8_t*>(nul) - stream.data());
  if (length > kMaxText) return fail("more than " + std::to_string(kMaxText) + " bytes of text");
  const std::span trailer = stream.subspan(length);
  const std::span nuls = trailer.first(std::min(trailer.size(), kNuls));
  if (!std::ranges::all_of(nuls, [](std::uint8_t byte) { return byte == 0; })) {
    return fail("text within the NULs that end an answer");
  }
  if (trailer.size() <= kNuls) return std::optional<Response>();
  Response response;
  response.text = {reinterpret_cast<const char*>(stream.data()), length};
  response.status = trailer[kNuls];
  response.size = length + kNuls + 1;
  return std::optional(response);
}

void encode_command(std::vector<std::uint8_t>& out, std::string_view command) {
  VIPHERD_ASSERT(command.find('\0') == std::string_view::npos);
  out.insert(out.end(), command.begin(), command.end());
  out.push_back(0);
}

Result<std::string> parse_version(std::string_view text) {
  constexpr std::string_view kName = "FRRouting ";
  constexpr std::size_t kLongest = 64;
  std::string_view line = cut_line(text);
  if (!line.starts_with(kName)) return fail("no FRRouting version");
  line.remove_prefix(kName.size());
  const std::string_view version = line.substr(0, line.find(' '));
  const bool printable = std::ranges::all_of(version, [](char c) { return c > ' ' && c <= '~'; });
  if (version.empty() || version.size() > kLongest || !printable) {
    return fail("no FRRouting version");
  }
  // Named: Error can be made of a string too.
  return {boost::system::in_place_value, version};
}

Result<std::vector<Client>> parse_clients(std::string_view text) {
  if (!cut_line(text).starts_with("Name ") || !cut_line(text).starts_with("----")) {
    return fail("the list of zebra's clients has an unknown form");
  }
  std::vector<Client> clients;
  while (!text.empty()) {
    const std::string_view line = cut_line(text);
    if (line.empty() || line.starts_with("Routes column")) continue;
    const auto client = parse_client_name(line.substr(0, line.find(' ')));
    if (!client || clients.size() == kMostClients) {
      return fail("the list of zebra's clients has an unknown form");
    }
    clients.push_back(*client);
  }
  return clients;
}

}  // namespace vipherd::wire::vty
