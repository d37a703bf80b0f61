// The VTY sockets of FRR's daemons: a command ends in one NUL; the answer is text, three NULs
// and a status byte (lib/vty.c, lib/command.h). Also the meaning of the few answers that
// vipherd reads. Pure and bounded; trusts no byte it is given, knows no sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/model/event.hpp"

namespace vipherd::wire::vty {

/// An answer longer than this is refused. The longest we ask for is ospf6d's whole database, 80
/// bytes an LSA: room for 50,000.
inline constexpr std::size_t kMaxText = std::size_t{16} << 20;

/// CMD_SUCCESS. CMD_WARNING is no failure: `show ip route P json` ends so when there is none.
inline constexpr std::uint8_t kSuccess = 0;
inline constexpr std::uint8_t kWarning = 1;
inline constexpr std::uint8_t kNoMatch = 2;  ///< unknown command, also in this node

struct Response {
  std::string_view text;  ///< points into the input
  std::uint8_t status = kSuccess;
  std::size_t size = 0;  ///< bytes of the stream, trailer included
};

/// The answer at the front of a stream: none yet if it is incomplete, an error if the stream is
/// no VTY socket's or the text exceeds kMaxText.
Result<std::optional<Response>> next_response(std::span<const std::uint8_t> stream);

/// Appends `command` with its NUL. The command must hold none itself.
void encode_command(std::vector<std::uint8_t>& out, std::string_view command);

/// The version in the first line of `show version`: "8.4.4".
Result<std::string> parse_version(std::string_view text);

/// `show zebra client summary` wants ENABLE: in VIEW zebra calls it unknown.
inline constexpr std::string_view kShowVersion = "show version";
inline constexpr std::string_view kEnable = "enable";
inline constexpr std::string_view kShowClients = "show zebra client summary";

/// One client of zebra by the name of its route type: openfabric, or openfabric[7:0] with an
/// instance or session. A client that has not said HELLO is called system.
struct Client {
  std::string route_type;
  std::uint32_t instance = 0;
  std::uint32_t session = 0;
  friend bool operator==(const Client&, const Client&) = default;
};
Result<std::vector<Client>> parse_clients(std::string_view text);

/// " vrf blue" to follow the protocol's name in a command; nothing for the default VRF.
std::string in_vrf(const std::string& vrf);
/// What to tell a person of a VRF that zebra does not know.
std::string unknown_vrf(const std::string& vrf);

/// `show ip route P json` or `show ipv6 route P json` for a host route.
std::string show_route_command(const IpAddress& vip, const std::string& vrf = {});

struct RibEntry {
  model::RibState state = model::RibState::unknown;
  std::string detail;  ///< for a person; says more than the state for `losing` and `unknown`
  friend bool operator==(const RibEntry&, const RibEntry&) = default;
};
/// The route type of what zebra makes of an address by itself. (FRR 10 makes a second one, "local",
/// which it installs but does not select.)
inline constexpr std::string_view kConnected = "connected";
/// What the answer to show_route_command says of the route of our type, instance 0. An answer
/// that is not understood is `unknown`, with the reason.
/// In a VRF that zebra does not know our route is `losing`: what it lacks is that.
RibEntry parse_route(std::string_view text, const IpAddress& vip, std::string_view route_type,
                     const std::string& vrf = {});
/// What the same answer says zebra has selected, of whatever type: `selected` with the route as the
/// detail
/// ("connected route on lo"), `absent`, or `unknown` with the reason.
RibEntry parse_selected(std::string_view text, const IpAddress& vip, const std::string& vrf = {});

}  // namespace vipherd::wire::vty
