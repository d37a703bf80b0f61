// A request to the endpoint or to the control socket, and its answer, without how they travel.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace vipherd::api {

/// The header with Request::login.
inline constexpr const char* kLoginField = "Vipherd-Login";

struct Request {
  /// "GET" or "HEAD" (whose answer is sent without its body); over a UNIX socket also "POST".
  std::string_view method;
  std::string_view path;   ///< without the query
  std::string_view query;  ///< what follows the '?', as it came
  std::string_view body;
  std::string_view last_event_id{};     ///< of a client of a stream that comes again; empty: none
  std::optional<std::uint32_t> user{};  ///< over a UNIX socket: who asks, as the kernel says
  std::string_view login{};             ///< as who that one has logged in, as the client says
};

/// The body of an answer that goes on until the client leaves. The client sets the pace: nothing
/// waits in memory for one that is slow.
struct Stream {
  /// The next piece, asked for when the one before was sent; empty: there is none now.
  std::function<std::string()> next;
  /// To be called when there is one again. Set by the server; may be called at any time.
  std::function<void()> wake{[] {}};
};

struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string allow{};               ///< of a 405: the methods of this path
  std::string security_policy{};     ///< of a page: what a browser may load and run for it
  std::shared_ptr<Stream> stream{};  ///< in place of the body; the agent keeps no hold of it
};

}  // namespace vipherd::api
