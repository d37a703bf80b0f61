#include "frr/observer/daemon_queue.hpp"

#include <algorithm>
#include <utility>

#include "frr/daemon_sockets.hpp"
#include "vipherd/wire/vty/config.hpp"

namespace vipherd::frr {
namespace {

TimePoint present() { return std::chrono::steady_clock::now(); }

}  // namespace

void DaemonQueue::ask(const IpAddress& vip, bool afresh) {
  if (afresh) not_before_ = present();
  if (!waiting_.insert(vip).second) return;
  queue_.push_back(vip);
  if (!busy_) work();
}

void DaemonQueue::clear() {
  queue_.clear();
  waiting_.clear();
  busy_ = false;
  vty_->close();
}

/// Answers what can be answered, and asks the next question.
void DaemonQueue::work() {
  busy_ = true;
  while (!queue_.empty()) {
    if (is_common_stale()) return ask_common(0);
    if (!problem_.empty()) {
      answer_all();
      continue;
    }
    const std::string question = view_->question(queue_.front());
    if (question.empty() && view_->follow_up(queue_.front(), {}).empty()) {
      answer_front({});
      continue;
    }
    if (question.empty()) return ask_why({}, 0);
    return vty_->ask(question, kDeadline,
                     [weak = weak_from_this()](const Result<wire::vty::Response>& response) {
                       if (const auto self = weak.lock()) self->on_own(response);
                     });
  }
  busy_ = false;
  vty_->close();
}

void DaemonQueue::ask_common(std::size_t question) {
  if (question == 0) {
    reading_took_ = {};
    common_at_ = present();
  }
  vty_->ask(view_->common_questions()[question], kDeadline,
            [weak = weak_from_this(), question](const Result<wire::vty::Response>& response) {
              if (const auto self = weak.lock()) self->on_common(question, response);
            });
}

void DaemonQueue::on_common(std::size_t question, const Result<wire::vty::Response>& response) {
  if (!response && try_instance(response.error().what)) return ask_common(0);
  if (!response) return fail_all(why_silent(response.error().what));
  if (response->status == wire::vty::kNoMatch) {
    return fail_all("this " + std::string(view_->daemon()) + " does not know `" +
                    view_->common_questions()[question] + "`");
  }
  const TimePoint begin = present();
  const Result<void> read = view_->read_common(question, response->text);
  reading_took_ += present() - begin;
  if (!read) return fail_all(read.error().what);
  if (question + 1 < view_->common_questions().size()) return ask_common(question + 1);
  // What takes us long to read took the daemon as long to write.
  common_until_ = present() + std::max(kGoodFor, kRest * reading_took_);
  problem_.clear();
  work();
}

void DaemonQueue::on_own(const Result<wire::vty::Response>& response) {
  if (!response) return fail_all(why_silent(response.error().what));
  ask_why(std::string(response->text), 0);
}

/// Before the VIP at the front is answered for: where it is not advertised, what tells the cause.
void DaemonQueue::ask_why(std::string own_answer, int asked) {
  std::string question;
  if (asked < kMostFollowUps) question = view_->follow_up(queue_.front(), own_answer);
  if (question.empty()) {
    answer_front(own_answer);
    return work();
  }
  if (question != wire::vty::kShowConfig) {
    return ask_why(std::move(own_answer), asked, question);
  }
  // A daemon shows its configuration to those alone who have said so.
  vty_->ask(wire::vty::kEnable, kDeadline,
            [weak = weak_from_this(), own_answer = std::move(own_answer), asked,
             question = std::move(question)](const Result<wire::vty::Response>& response) {
              const auto self = weak.lock();
              if (!self) return;
              if (!response) return self->fail_all(self->why_silent(response.error().what));
              self->ask_why(own_answer, asked, question);
            });
}

void DaemonQueue::ask_why(std::string own_answer, int asked, const std::string& question) {
  vty_->ask(question, kDeadline,
            [weak = weak_from_this(), own_answer = std::move(own_answer), asked,
             question](const Result<wire::vty::Response>& response) {
              const auto self = weak.lock();
              if (!self) return;
              if (!response) return self->fail_all(self->why_silent(response.error().what));
              const bool known = response->status != wire::vty::kNoMatch;
              self->view_->read_follow_up(self->queue_.front(), question,
                                          known ? response->text : std::string_view{});
              self->ask_why(own_answer, asked + 1);
            });
}

void DaemonQueue::answer_front(std::string_view text) {
  const IpAddress vip = queue_.front();
  const model::SeenReach reach = stamped(view_->read(vip, text));
  queue_.pop_front();
  waiting_.erase(vip);
  answer_(vip, reach);
}

/// A daemon that does not answer one question would let every other one wait as long.
void DaemonQueue::fail_all(std::string problem) {
  problem_ = std::move(problem);
  common_at_ = present();
  common_until_ = common_at_ + kGoodFor;
  work();
}

void DaemonQueue::answer_all() {
  const std::deque<IpAddress> unanswered = std::exchange(queue_, {});
  waiting_.clear();
  for (const IpAddress& vip : unanswered) answer_(vip, stamped(fail(problem_)));
}

bool DaemonQueue::is_common_stale() const {
  return present() >= common_until_ || common_at_ < not_before_;
}

/// The common answers are the oldest part of every one.
model::SeenReach DaemonQueue::stamped(Result<model::Reach> answer) const {
  return {std::string(view_->daemon()), common_at_, std::move(answer)};
}

/// Where nothing listens, one of the numbered instances may. With several that run, the one with
/// the lowest number is asked.
bool DaemonQueue::try_instance(const std::string& reason) {
  if (!nothing_listens(reason)) return false;
  if (!instances_) {
    const auto sockets = instance_sockets(path_);
    instances_.emplace(sockets.begin(), sockets.end());
    reason_ = reason;
  }
  const bool exhausted = instances_->empty();
  const std::string next = exhausted ? path_ : instances_->front();
  if (exhausted) {
    instances_.reset();
  } else {
    instances_->pop_front();
  }
  vty_ = std::make_shared<VtyClient>(io_, next);
  return !exhausted;
}

std::string DaemonQueue::why_silent(const std::string& reason) const {
  const std::string name(view_->daemon());
  if (nothing_listens(reason))
    return name + " does not run (" + (reason_.empty() ? reason : reason_) + ")";
  if (reason.ends_with("no answer within " + format_duration(kDeadline))) {
    return name + " did not answer within " + format_duration(kDeadline);
  }
  return name + " cannot be asked (" + reason + ")";
}

}  // namespace vipherd::frr
