#include "cli/waiting.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "cli/output.hpp"
#include "vipherd/wire/json/status.hpp"

namespace vipherd::cli {
namespace {

constexpr auto kStatusPause = std::chrono::milliseconds(50);
constexpr Duration kLongestTimeout = std::chrono::hours(24);

int give_up(const std::string& why) {
  complain(why);
  return kFailure;
}

void tell_progress(const Progress& progress, bool json) {
  if (json) {
    out_json({{"done", progress.done}, {"progress", progress.text}});
  } else {
    out_line(progress.text);
  }
  std::fflush(stdout);
}

}  // namespace

Result<Duration> parse_timeout(const std::string& text) {
  const bool number = text.find_first_not_of("0123456789.") == text.npos;
  auto timeout = parse_duration(number ? text + "s" : text);
  if (timeout && *timeout <= kLongestTimeout) return timeout;
  return fail("expected a time of at most 24h (\"90s\", \"5m\", or a number of seconds), got \"" +
              text + "\"");
}

CLI::Option* add_timeout_option(CLI::App& command, Duration& timeout, const std::string& name) {
  return command
      .add_option_function<std::string>(
          name, [&timeout](const std::string& text) { timeout = *parse_timeout(text); },
          "Wait at most this long")
      ->default_str(format_duration(timeout))
      ->type_name("TIME")
      ->check([](const std::string& text) {
        const auto parsed = parse_timeout(text);
        return parsed ? "" : parsed.error().what;
      });
}

std::shared_ptr<Waiting> add_waiting_options(CLI::App& command, Duration usual) {
  auto waiting = std::make_shared<Waiting>();
  waiting->timeout = usual;
  command.add_flag("--wait", waiting->wait, "Show the progress and return when it is done");
  add_timeout_option(command, waiting->timeout);
  return waiting;
}

int wait_until_done(const Endpoint& endpoint, const ProgressOf& progress_of, Duration timeout,
                    bool json) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  std::string told;
  for (;;) {
    const auto body = ask_for_200(endpoint, "GET", "/v1/status");
    if (!body) return give_up(body.error().what);
    const auto status = wire::decode_status(*body);
    if (!status) return give_up(status.error().what);
    const Progress progress = progress_of(*status);
    // With --json also that it is done, if that is all that changed.
    if (progress.text != told || (json && progress.done)) tell_progress(progress, json);
    told = progress.text;
    if (progress.done) return kOk;
    if (std::chrono::steady_clock::now() > deadline) {
      return give_up("not done within " + format_duration(timeout));
    }
    std::this_thread::sleep_for(kStatusPause);
  }
}

}  // namespace vipherd::cli
