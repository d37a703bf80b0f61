// One blocking request, for commands that ask the running agent. Bounded in time and size.
#pragma once

#include <chrono>
#include <string>

#include "vipherd/base/result.hpp"

namespace vipherd::cli {

/// Where an agent is asked: its control socket, or the endpoint that everybody may read, at which
/// also anybody may answer: only asked if its URL was given.
struct Door {
  std::string socket;  ///< a path; empty: `url`
  std::string url;     ///< "http://127.0.0.1:21180"
  /// For the whole answer.
  std::chrono::milliseconds patience = std::chrono::seconds(5);
};

struct Answer {
  long status = 0;
  std::string body;
};

/// `method` is "GET" or "POST" (without a body). Any answer is one; an error is that there was
/// none, as a sentence that names the request.
Result<Answer> ask(const Door& door, const std::string& method, const std::string& path);

/// The body of a 200 answer; anything else is an error that says what happened.
Result<std::string> ask_for_200(const Door& door, const std::string& method,
                                const std::string& path);

/// Whether a connection to the socket can be made: it is there, allowed, and somebody listens.
bool somebody_listens(const std::string& socket);

}  // namespace vipherd::cli
