// What the agent answers over the endpoint and the control socket.
#include <boost/asio/post.hpp>
#include <utility>

#include "agent/agent.hpp"
#include "agent/command_answers.hpp"
#include "agent/log.hpp"
#include "agent/requester.hpp"
#include "vipherd/base/overloaded.hpp"
#include "vipherd/wire/json/control.hpp"
#include "vipherd/wire/json/history.hpp"
#include "vipherd/wire/json/status.hpp"

namespace vipherd::agent {

using namespace model;

Status Agent::status() const {
  const TimePoint before = now();
  const WallTime wall = std::chrono::system_clock::now();
  const TimePoint after = now();
  wall_clock_.set(before, wall, after);
  Status status = core_.status(after, wall_clock_.at(after));
  if (relay_) status.relay = relay_->status(after, wall_clock_.at(after));
  status.last_reaction = last_reaction_;
  for (const auto& [part, problem] : problems_) status.problems.push_back(problem);
  return status;
}

void Agent::forget_answers() {
  health_.valid_until = status_.valid_until = status_with_results_.valid_until = {};
}

/// What is shown changes with the next question.
void Agent::set_problem(const std::string& part, Severity severity, std::string text) {
  problems_[part] = {severity, std::move(text)};
  forget_answers();
}

void Agent::clear_problem(const std::string& part) {
  if (problems_.erase(part) > 0) forget_answers();
}

/// An answer is given again for ten times as long as it took to make: with 10,000 VIPs that is a
/// quarter of a second, with ten none, and a client that asks however often takes a tenth of the
/// loop.
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

api::Response Agent::make_status_answer(bool recent) const {
  Status shown = status();
  if (recent) recent_.show_in(shown);
  return {200, "application/json", wire::encode_status(shown)};
}

void Agent::answer(const api::Request& request, const api::Reply& reply) {
  std::visit(Overloaded{
                 [&](const api::Response& refusal) { reply(refusal); },
                 [&](const api::Call& call) { carry_out(call, request, reply); },
             },
             api::understand(request));
}

void Agent::carry_out(const api::Call& call, const api::Request& request, const api::Reply& reply) {
  // What only looks has no author.
  const std::string by = request.method == "POST" ? requester_of(request) : "";
  std::visit(Overloaded{
                 [&](const api::call::Health& health) { answer_health(health, reply); },
                 [&](api::call::Status wanted) {
                   auto& cache = wanted.recent ? status_with_results_ : status_;
                   reply(cached(cache, [&] { return make_status_answer(wanted.recent); }));
                 },
                 [&](const api::call::Events& wanted) { answer_events(wanted, reply); },
                 [&](const api::call::EventStream& wanted) {
                   reply(streams_.open(wanted.filter, wanted.after));
                 },
                 [&](api::call::Metrics) { metrics_.answer([this] { return status(); }, reply); },
                 [&](const api::call::PageFile& file) { reply(api::answer_of(file)); },
                 [&](api::call::Description) {
                   reply({200, "application/json", api::describe()});
                 },
                 [&](const Command& command) { execute(command, by, reply); },
                 [&](api::call::HandOver) { hand_over_by_request(by, reply); },
                 [&](api::call::Reload) { reload_by_request(by, reply); },
                 [&](const api::call::Observe& look) { observe_by_request(look.vip, reply); },
             },
             call);
}

void Agent::answer_events(const api::call::Events& wanted, const api::Reply& reply) const {
  const auto entries = wanted.after ? history_.after(*wanted.after, wanted.filter, wanted.limit)
                                    : history_.newest(wanted.filter, wanted.limit);
  reply({200, "application/json", wire::encode_history(entries)});
}

void Agent::tell(LogLevel level, const std::string& text,
                 const std::optional<StateChange>& change) {
  log(level, text, change);
  remember(level, text, change);
}

void Agent::remember(LogLevel level, const std::string& text,
                     const std::optional<StateChange>& change) {
  HistoryEntry entry{.at = std::chrono::system_clock::now(), .level = level, .text = text};
  if (change) take(entry, *change);
  if (!is_worth_keeping(entry)) return;
  // What the agent before has left comes first, and its IDs are smaller, whatever the clock says.
  if (early_) return early_->push_back(std::move(entry));
  keep(std::move(entry));
}

void Agent::keep(HistoryEntry entry) {
  history_.add(std::move(entry));
  if (std::exchange(telling_, true)) return;
  // Once for all that comes in one turn of the loop.
  boost::asio::post(io_, [this] {
    telling_ = false;
    history_file_.flush();
    streams_.wake();
  });
}

void Agent::begin_history(HistoryFile::Entries earlier) {
  history_.add_earlier(std::move(earlier));
  for (HistoryEntry& entry : std::exchange(early_, std::nullopt).value_or(HistoryFile::Entries{})) {
    keep(std::move(entry));
  }
  streams_.begin();
}

/// Answered when the daemons have answered, or have had the time for it: the observer bounds that.
void Agent::observe_by_request(const IpAddress& vip, const api::Reply& reply) {
  if (!core_.has_vip(vip)) {
    return reply(
        {404, "application/json", wire::encode_error("there is no VIP " + vip.to_string())});
  }
  awaiting_observation_.emplace(vip, reply);
  observer_->observe(vip, core_.vrf_of(vip), /*afresh=*/true);
}

void Agent::tell_observed(const IpAddress& vip) {
  const auto [first, last] = awaiting_observation_.equal_range(vip);
  if (first == last) return;
  std::vector<api::Reply> replies;
  for (auto waiting = first; waiting != last; ++waiting) replies.push_back(waiting->second);
  awaiting_observation_.erase(first, last);
  forget_answers();
  for (const api::Reply& reply : replies) reply(make_status_answer());
}

/// The answer says that the core took the command: what is asked afterwards shows its effect. It
/// also says whether the command would outlive the agent, and waits a little to know.
void Agent::execute(const Command& command, const std::string& by, const api::Reply& reply) {
  if (auto refusal = refuse(core_, command, now())) return reply(std::move(*refusal));
  wire::Reached concerned = reached(core_, command);
  take_now(event::OperatorCommand{command, by, std::chrono::system_clock::now()});
  forget_answers();
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
