// The configuration is read again: by SIGHUP, or by a request that waits for what comes of it.
#include <boost/asio/post.hpp>
#include <utility>

#include "agent/agent.hpp"
#include "agent/log.hpp"
#include "vipherd/wire/json/control.hpp"
#include "vipherd/wire/json/status.hpp"

namespace vipherd::agent {

using namespace model;

namespace {

constexpr std::string_view kStopping = "the agent is stopping";

}  // namespace

void Agent::reload() {
  manager_.reloading();
  reader_.read();
}

void Agent::reload_by_request(const std::string& by, const api::Reply& reply) {
  if (core_.is_stopping()) {
    return reply({503, "application/json", wire::encode_error(kStopping)});
  }
  tell(LogLevel::info, "reload asked for by the operator" + in_brackets({.by = by}),
       StateChange{.kind = StateChange::Kind::command, .state = "reload", .by = by});
  awaiting_reload_.push_back(reply);
  reload();
}

void Agent::on_config_read(config::Loaded loaded) {
  clear_problem("config");
  std::vector<std::string> errors;
  for (const config::ConfigError& error : loaded.errors) errors.push_back(config::to_string(error));
  if (loaded.config) {
    complain_of_shortage(*loaded.config);
    post(event::ConfigApplied{std::make_shared<const Config>(std::move(*loaded.config))});
  } else {
    std::string text;
    for (const std::string& error : errors) text += (text.empty() ? "" : "; ") + error;
    post(event::ConfigRejected{text});
  }
  // Those who asked during this reading are told of the one that follows it.
  auto waiting =
      reader_.reads_again() ? std::vector<api::Reply>{} : std::exchange(awaiting_reload_, {});
  // After the event above was applied.
  boost::asio::post(
      io_, [this, waiting = std::move(waiting), errors = std::move(errors)]() mutable {
        if (!options_.log_level) set_log_level(core_.config()->log.level);
        tell_status();
        manager_.ready();
        if (waiting.empty()) return;
        if (core_.is_stopping()) {
          return answer_all(waiting, {503, "application/json", wire::encode_error(kStopping)});
        }
        // A configuration without an error may still ask for what cannot change while the agent
        // runs.
        if (errors.empty() && core_.summary().reload_rejected)
          errors.push_back(status().config.reason);
        answer_all(waiting,
                   {errors.empty() ? 200U : 422U, "application/json", wire::encode_reload(errors)});
      });
}

void Agent::on_slow_reading(const std::string& why) {
  set_problem("config", Severity::problem, why);
  answer_all(std::exchange(awaiting_reload_, {}),
             {503, "application/json", wire::encode_error(why)});
}

void Agent::answer_all(const std::vector<api::Reply>& waiting, const api::Response& response) {
  forget_answers();
  for (const api::Reply& reply : waiting) reply(response);
}

}  // namespace vipherd::agent
