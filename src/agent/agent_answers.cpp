// What the agent answers over the endpoint and the control socket.
#include <utility>

#include "agent/agent.hpp"
#include "agent/command_answers.hpp"
#include "vipherd/base/overloaded.hpp"
#include "vipherd/wire/control_json.hpp"
#include "vipherd/wire/status_json.hpp"

namespace vipherd::agent {

using namespace model;

Status Agent::status() const {
  Status status = core_.status(now(), std::chrono::system_clock::now());
  status.last_reaction = last_reaction_;
  for (const auto& [part, problem] : problems_) status.problems.push_back(problem);
  return status;
}

/// What is shown changes with the next question.
void Agent::set_problem(const std::string& part, Severity severity, std::string text) {
  problems_[part] = {severity, std::move(text)};
  health_.valid_until = status_.valid_until = {};
}

void Agent::clear_problem(const std::string& part) {
  if (problems_.erase(part) > 0) health_.valid_until = status_.valid_until = {};
}

/// An answer is given again for ten times as long as it took to make: with 10,000 VIPs that is a
/// quarter of a second, with ten none, and whoever asks however often takes a tenth of the loop.
template <class Value, class Make>
const Value& Agent::cached(Cached<Value>& cache, const Make& make) {
  const TimePoint begin = now();
  if (begin < cache.valid_until) return cache.value;
  cache.value = make();
  const TimePoint end = now();
  cache.valid_until = end + 10 * (end - begin);
  return cache.value;
}

void Agent::answer_health(const api::call::Health& health, const api::Reply& reply) const {
  const HealthAnswers& answers = cached(health_, [this] { return HealthAnswers(status()); });
  reply(answers.answer(health.scope, health.strictness));
}

api::Response Agent::make_status_answer() const {
  return {200, "application/json", wire::encode_status(status())};
}

void Agent::answer(const api::Request& request, const api::Reply& reply) {
  std::visit(Overloaded{
                 [&](const api::Response& refusal) { reply(refusal); },
                 [&](const api::Call& call) { carry_out(call, reply); },
             },
             api::understand(request));
}

void Agent::carry_out(const api::Call& call, const api::Reply& reply) {
  std::visit(Overloaded{
                 [&](const api::call::Health& health) { answer_health(health, reply); },
                 [&](api::call::Status) {
                   reply(cached(status_, [this] { return make_status_answer(); }));
                 },
                 [&](api::call::Metrics) { metrics_.answer([this] { return status(); }, reply); },
                 [&](api::call::Description) {
                   reply({200, "application/json", api::describe()});
                 },
                 [&](const Command& command) { obey_operator(command, reply); },
                 [&](api::call::HandOver) { hand_over_by_request(reply); },
                 [&](const api::call::Observe& look) { observe_by_request(look.vip, reply); },
             },
             call);
}

/// Answered when the daemons have answered, or have had the time for it: the observer bounds that.
void Agent::observe_by_request(const IpAddress& vip, const api::Reply& reply) {
  if (!core_.has_vip(vip)) {
    return reply(
        {404, "application/json", wire::encode_error("there is no VIP " + vip.to_string())});
  }
  awaiting_observation_.emplace(vip, reply);
  observer_->observe(vip, /*afresh=*/true);
}

void Agent::tell_observed(const IpAddress& vip) {
  const auto [first, last] = awaiting_observation_.equal_range(vip);
  if (first == last) return;
  std::vector<api::Reply> replies;
  for (auto waiting = first; waiting != last; ++waiting) replies.push_back(waiting->second);
  awaiting_observation_.erase(first, last);
  health_.valid_until = status_.valid_until = {};
  for (const api::Reply& reply : replies) reply(make_status_answer());
}

/// The answer says that the core took the command: what is asked afterwards shows its effect. It
/// also says whether the command would outlive the agent, and waits a little to know.
void Agent::obey_operator(const Command& command, const api::Reply& reply) {
  if (auto refusal = refuse(core_, command, now())) return reply(std::move(*refusal));
  wire::Reached concerned = reached(core_, command);
  take_now(event::OperatorCommand{command});
  health_.valid_until = status_.valid_until = {};
  const auto tell = [reply](const wire::Reached& done) {
    reply({200, "application/json", wire::encode_reached(done)});
  };
  if (!is_remembered(command)) return tell(concerned);
  if (first_config_->node.state_file.empty()) {
    concerned.persisted = wire::Persisted::no;  // as the configuration has it
    return tell(concerned);
  }
  keeper_.when_known([this, tell, concerned](const Kept& kept) mutable {
    concerned.persisted = kept.answer == Kept::Answer::yes  ? wire::Persisted::yes
                          : kept.answer == Kept::Answer::no ? wire::Persisted::no
                                                            : wire::Persisted::unknown;
    if (kept.answer != Kept::Answer::yes) {
      concerned.warning = not_kept(kept, first_config_->node.state_file);
    }
    tell(concerned);
  });
}

}  // namespace vipherd::agent
