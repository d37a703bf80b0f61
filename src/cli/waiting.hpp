// The one form of waiting: --wait [--timeout TIME]. What was begun goes on if time runs out.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/ask.hpp"
#include "cli/drain_progress.hpp"
#include "vipherd/base/duration.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace vipherd::cli {

struct Waiting {
  bool wait = false;
  Duration timeout{};
};

/// "90s", "2m", or a number of seconds, of 0 to 24 h.
Result<Duration> parse_timeout(const std::string& text);

/// --timeout, or what else it was called.
CLI::Option* add_timeout_option(CLI::App& command, Duration& timeout,
                                const std::string& name = "--timeout");
/// --wait and --timeout.
std::shared_ptr<Waiting> add_waiting_options(CLI::App& command, Duration usual);

/// How far it has come, from the agent's status.
using ProgressOf = std::function<Progress(const model::Status&)>;
/// Prints each step until all is done. An exit code: also of a time that ran out.
int wait_until_done(const Endpoint& endpoint, const ProgressOf& progress_of, Duration timeout,
                    bool json);

}  // namespace vipherd::cli
