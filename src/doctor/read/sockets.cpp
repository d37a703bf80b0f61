#include "doctor/read/sockets.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "vipherd/base/lines.hpp"
#include "vipherd/base/numbers.hpp"

namespace vipherd::doctor {
namespace {

constexpr std::string_view kTcpListen = "0A";
constexpr std::string_view kUdpUnconnected = "07";  // TCP_CLOSE
constexpr std::size_t kWordDigits = 8;

/// Words of 32 bits, each as this machine has it.
std::optional<IpAddress> address_of(std::string_view digits) {
  if (digits.size() != kWordDigits && digits.size() != 4 * kWordDigits) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t word = 0; word < digits.size() / kWordDigits; ++word) {
    const auto value =
        parse_number<std::uint32_t>(digits.substr(word * kWordDigits, kWordDigits), 16);
    if (!value) return std::nullopt;
    const auto four = std::bit_cast<std::array<std::uint8_t, 4>>(*value);
    std::ranges::copy(four, bytes.begin() + static_cast<std::ptrdiff_t>(word * 4));
  }
  return IpAddress::from_bytes(std::span(bytes).first(digits.size() / 2));
}

}  // namespace

void append_listeners(std::vector<Listener>& out, std::string_view text, bool udp) {
  while (!text.empty()) {
    std::string_view line = cut_line(text);
    cut_word(line);  // its number
    const std::string_view local = cut_word(line);
    cut_word(line);  // the other end
    if (cut_word(line) != (udp ? kUdpUnconnected : kTcpListen)) continue;
    const std::size_t colon = local.find(':');
    if (colon == std::string_view::npos) continue;
    const auto address = address_of(local.substr(0, colon));
    const auto port = parse_number<std::uint16_t>(local.substr(colon + 1), 16);
    if (address && port) out.push_back({udp, *address, *port});
  }
}

}  // namespace vipherd::doctor
