// drain and resume: a word to the agent, and what comes of it.
#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/drain_progress.hpp"
#include "cli/json_output.hpp"
#include "cli/operate.hpp"
#include "cli/output.hpp"
#include "cli/persisted.hpp"
#include "cli/waiting.hpp"
#include "vipherd/wire/json/status.hpp"

namespace vipherd::cli {
namespace {

constexpr Duration kUsualTimeout = std::chrono::minutes(10);

struct DrainOptions {
  std::shared_ptr<std::string> socket;
  std::shared_ptr<model::Scope> scope;
  std::shared_ptr<Waiting> waiting;
  std::shared_ptr<bool> json;
  bool force = false;
  bool unless_drained = false;  ///< for another reason
  std::string if_reason{};      ///< empty: whatever the reason
  std::shared_ptr<model::Terms> terms;
};

int fail_with(const std::string& why) {
  complain(why);
  return kFailure;
}

/// Why the command is not for this operator: what is drained here was drained for another reason.
/// Empty if it is. For programs (a unit that drains before a stop), which must not undo what a
/// person has done.
Result<std::string> obstacle(const Endpoint& endpoint, const DrainOptions& options, bool draining) {
  const bool asked = draining ? options.unless_drained : !options.if_reason.empty();
  if (!asked) return {boost::system::in_place_value, ""};
  const auto body = ask_for_200(endpoint, "GET", "/v1/status");
  if (!body) return body.error();
  const auto status = wire::decode_status(*body);
  if (!status) return status.error();
  const std::string& reason = draining ? options.terms->reason : options.if_reason;
  const std::string subject = to_string(*options.scope);
  for (const model::InstructionStatus& each : status->instructions) {
    if (each.command != model::TakenOutBy::drain || each.scope != *options.scope) continue;
    if (each.instruction.reason == reason) return {boost::system::in_place_value, ""};
    return {boost::system::in_place_value,
            subject + " is drained already" + in_brackets(each.instruction) + ": it stays so"};
  }
  return {boost::system::in_place_value, draining ? "" : subject + " is not drained"};
}

int command(const DrainOptions& options, bool draining) {
  const Endpoint endpoint{*options.socket, ""};
  const auto why_not = obstacle(endpoint, options, draining);
  if (!why_not) return fail_with(why_not.error().what);
  if (!why_not->empty()) {
    if (*options.json) {
      out_json({{"done", false}, {"why", *why_not}});
    } else {
      out_line(*why_not);
    }
    return kOk;
  }
  const auto reached =
      operate(endpoint, draining ? model::Command(model::command::Drain{
                                       *options.scope, options.force, *options.terms})
                                 : model::Command(model::command::Resume{*options.scope}));
  if (!reached) return fail_with(reached.error().what);
  const char* done = draining ? " is being drained (" : " returns (";
  tell_reached(*reached, to_string(reached->scope) + done + vips_of(*reached) + ")", *options.json);
  const int persisted = warn_if_not_persisted(*reached);
  if (!options.waiting->wait) return persisted;
  const auto progress_of = [&](const model::Status& status) {
    return draining ? drain_progress(status, reached->vips)
                    : return_progress(status, reached->vips);
  };
  const int waited =
      wait_until_done(endpoint, progress_of, options.waiting->timeout, *options.json);
  return waited == kOk ? persisted : waited;
}

std::shared_ptr<DrainOptions> add_options(CLI::App& app) {
  auto options = std::make_shared<DrainOptions>();
  options->socket = add_socket_option(app);
  options->scope = add_target_argument(app, "A service or a VIP; without it: the whole node");
  options->waiting = add_waiting_options(app, kUsualTimeout);
  // What it was called up to 0.1: taken, but not shown.
  add_timeout_option(app, options->waiting->timeout, "--limit")->group("");
  options->json = add_json_option(app);
  return options;
}

}  // namespace

Command add_drain(CLI::App& app) {
  CLI::App* added = app.add_subcommand(std::string(model::command::Drain::kName),
                                       std::string(model::command::Drain::kHelp));
  const auto options = add_options(*added);
  added->add_flag("--force", options->force, "Even if the guard (min_announcers) objects");
  options->terms = add_terms_options(*added);
  added->add_flag("--unless-drained", options->unless_drained,
                  "Do nothing if it is drained already, for another reason");
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
  added
      ->add_option("--if-reason", options->if_reason,
                   "Only if it was drained for this reason; else do nothing")
      ->type_name("TEXT");
  added->footer(
      "Undoes the drain of the same scope; without a target, every drain on this node.\n"
      "With --wait it returns when every VIP that is to be announced is.\n"
      "Exits 0 if the agent took it (with --wait: if it is done), 3 if it took it but could not\n"
      "write it down (it would not outlive the agent), else 1.");
  return {added, [options] { return command(*options, false); }};
}

}  // namespace vipherd::cli
