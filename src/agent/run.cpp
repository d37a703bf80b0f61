#include "vipherd/agent/run.hpp"

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "agent/agent.hpp"
#include "agent/log.hpp"
#include "vipherd/agent/config_files.hpp"
#include "vipherd/base/assert.hpp"
#include "vipherd/base/printable.hpp"
#include "vipherd/files/worker.hpp"
#include "vipherd/kernel/owner_lock.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd::agent {
namespace {

/// What may still be waited for when everything else is done.
constexpr auto kLogLimit = std::chrono::seconds(1);
constexpr auto kWriteLimit = std::chrono::seconds(1);

int run_agent(const RunOptions& options) {
  config::Loaded loaded = load_config(options.config_path, probe::check_schemas());
  if (!loaded.config) {
    for (const config::ConfigError& error : loaded.errors) {
      std::fprintf(stderr, "%s\n", printable(config::to_string(error)).c_str());
    }
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  start_log(options.log_level.value_or(loaded.config->log.level), options.log_format);
  log(model::LogLevel::info, "vipherd " VIPHERD_VERSION " starts on node " +
                                 loaded.config->node.name + " with " + options.config_path);
  // A second agent would take these routes for left over ones of its own.
  const std::uint8_t route_protocol = loaded.config->vips.route_protocol;
  auto lock = kernel::OwnerLock::take(route_protocol);
  if (lock && !*lock) {
    log(model::LogLevel::error, another_agent(route_protocol));
    return 1;
  }
  boost::asio::io_context io(1);
  Agent agent(io, options, std::move(*loaded.config), lock ? std::move(*lock) : std::nullopt);
  const auto started = agent.start();
  if (!started) {
    log(model::LogLevel::error, started.error().what);
    return 1;
  }
  io.run();
  agent.end_writing(kWriteLimit);
  return agent.exit_code();
}

}  // namespace

int run(const RunOptions& options) {
  static const std::terminate_handler usual = std::set_terminate([] {
    end_within_a_second();
    usual();
  });
  const int code = run_agent(options);
  // A thread that waits (for a disk, for the log's reader) must not be waited for in turn.
  const bool log_written = end_log(kLogLimit);
  if (!log_written || files::Worker::left_any_behind()) std::_Exit(code);
  return code;
}

}  // namespace vipherd::agent
