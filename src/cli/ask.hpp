// One blocking request, for commands that ask the running agent. Bounded in time and size.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "vipherd/base/result.hpp"

namespace vipherd::cli {

/// Where an agent is asked: its control socket, or the endpoint that everybody may read, at which
/// also anybody may answer: only asked if its URL was given.
struct Endpoint {
  std::string socket;  ///< a path; empty: `url`
  std::string url;     ///< "http://127.0.0.1:21180"
  /// For the whole answer.
  std::chrono::milliseconds patience = std::chrono::seconds(5);
};

/// The endpoint if its URL was given, else the socket.
Endpoint endpoint_of(const std::string& socket, const std::string& url);

struct Answer {
  long status = 0;
  std::string body;
};

/// `method` is "GET" or "POST" (without a body). Any answer is one; an error is that there was
/// none, as a sentence that names the request.
Result<Answer> ask(const Endpoint& endpoint, const std::string& method, const std::string& path);

/// The body of a 200 answer; anything else is an error that says what happened.
Result<std::string> ask_for_200(const Endpoint& endpoint, const std::string& method,
                                const std::string& path);

/// Reads an answer that goes on: `take` gets each piece, and ends it by returning false. Returns
/// when the connection has ended; fails if there was none, or no answer of status 200. Not bounded
/// in time, but by a minute without a byte.
Result<void> follow(const Endpoint& endpoint, const std::string& path,
                    const std::function<bool(std::string_view)>& take);

/// Whether a connection to the socket can be made: it is there, allowed, and a process listens.
bool is_listened_to(const std::string& socket);

}  // namespace vipherd::cli
