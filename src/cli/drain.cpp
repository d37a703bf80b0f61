// drain and resume: a word to the agent, and what comes of it.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/drain_progress.hpp"
#include "cli/operate.hpp"
#include "cli/output.hpp"
#include "cli/persisted.hpp"
#include "vipherd/wire/status_json.hpp"

namespace vipherd::cli {
namespace {

constexpr auto kPollPause = std::chrono::milliseconds(50);

struct DrainOptions {
  std::shared_ptr<std::string> socket;
  std::shared_ptr<model::Scope> scope;
  bool wait = false;
  double limit = 600;
  bool force = false;
};

int fail_with(const std::string& why) {
  complain(why);
  return kFailure;
}

/// Prints every step until all is done.
int follow(const Door& door, const std::vector<std::string>& vips, bool draining, double limit) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::duration<double>(limit);
  std::string told;
  for (;;) {
    const auto body = ask_for_200(door, "GET", "/v1/status");
    if (!body) return fail_with(body.error().what);
    const auto status = wire::decode_status(*body);
    if (!status) return fail_with(status.error().what);
    const Progress progress =
        draining ? drain_progress(*status, vips) : return_progress(*status, vips);
    if (progress.text != told) out_line(progress.text);
    std::fflush(stdout);
    told = progress.text;
    if (progress.done) return kOk;
    if (std::chrono::steady_clock::now() > deadline) return fail_with("not done in time");
    std::this_thread::sleep_for(kPollPause);
  }
}

int command(const DrainOptions& options, bool draining) {
  const Door door{*options.socket, ""};
  const auto reached =
      operate(door, draining ? model::Command(model::command::Drain{*options.scope, options.force})
                             : model::Command(model::command::Resume{*options.scope}));
  if (!reached) return fail_with(reached.error().what);
  out_line(to_string(reached->scope) + (draining ? " is being drained (" : " returns (") +
           vips_of(*reached) + ")");
  const int persisted = warn_if_not_persisted(*reached);
  const int done = options.wait ? follow(door, reached->vips, draining, options.limit) : kOk;
  return done == kOk ? persisted : done;
}

std::shared_ptr<DrainOptions> add_options(CLI::App& app) {
  const auto options = std::make_shared<DrainOptions>();
  options->socket = add_socket_option(app);
  options->scope = add_target_argument(app, "A service or a VIP; without it: the whole node");
  app.add_flag("--wait", options->wait, "Show the progress and return when it is done");
  app.add_option("--limit", options->limit, "With --wait: at most so long")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 86400.0))
      ->type_name("SECONDS");
  return options;
}

}  // namespace

Command add_drain(CLI::App& app) {
  CLI::App* added = app.add_subcommand(std::string(model::command::Drain::kName),
                                       std::string(model::command::Drain::kHelp));
  const auto options = add_options(*added);
  added->add_flag("--force", options->force, "Even if the guard (min_announcers) objects");
  added->footer(
      "The VIPs are announced as least preferred for drain.hold, then withdrawn, and stay local "
      "until\n"
      "their connections have ended, at most for drain.timeout. Lasts until \"vipherd resume\", "
      "also\n"
      "over a restart of the agent or the machine.\n"
      "Exits 0 if the agent took it (with --wait: if it is done), 3 if it took it but could not\n"
      "write it down (it would not outlive the agent), else 1.");
  return {added, [options] { return command(*options, true); }};
}

Command add_resume(CLI::App& app) {
  CLI::App* added = app.add_subcommand(std::string(model::command::Resume::kName),
                                       std::string(model::command::Resume::kHelp));
  const auto options = add_options(*added);
  added->footer(
      "Undoes the drain of the same scope; without a target, every drain on this node.\n"
      "With --wait it returns when every VIP that is to be announced is.\n"
      "Exits 0 if the agent took it (with --wait: if it is done), 3 if it took it but could not\n"
      "write it down (it would not outlive the agent), else 1.");
  return {added, [options] { return command(*options, false); }};
}

}  // namespace vipherd::cli
