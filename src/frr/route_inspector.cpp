#include "frr/route_inspector.hpp"

#include <utility>

namespace vipherd::frr {

void RouteInspector::ask(const IpAddress& vip, const std::string& vrf) {
  if (waiting_.contains(vip)) return;
  if (queue_.size() >= kMostWaiting) {
    return answer_(vip, {model::RibState::unknown, "too many questions to zebra are waiting"});
  }
  queue_.push_back({vip, vrf});
  waiting_.insert(vip);
  if (queue_.size() == 1) ask_next();
}

void RouteInspector::clear() {
  queue_.clear();
  waiting_.clear();
  vty_->close();
}

void RouteInspector::ask_next() {
  const auto& [vip, vrf] = queue_.front();
  vty_->ask(wire::vty::show_route_command(vip, vrf), kDeadline,
            [weak = weak_from_this()](const Result<wire::vty::Response>& response) {
              if (const auto self = weak.lock()) self->on_response(response);
            });
}

void RouteInspector::on_response(const Result<wire::vty::Response>& response) {
  // A zebra that does not answer one question would let every other one wait as long.
  if (!response) return answer_all(response.error().what);
  const auto [vip, vrf] = queue_.front();
  const wire::vty::RibEntry entry =
      route_type_.empty() ? wire::vty::parse_selected(response->text, vip, vrf)
                          : wire::vty::parse_route(response->text, vip, route_type_, vrf);
  queue_.pop_front();
  waiting_.erase(vip);
  if (queue_.empty()) {
    vty_->close();
  } else {
    ask_next();
  }
  answer_(vip, entry);
}

void RouteInspector::answer_all(const std::string& reason) {
  const std::deque<Question> unanswered = std::exchange(queue_, {});
  waiting_.clear();
  for (const auto& [vip, vrf] : unanswered) answer_(vip, {model::RibState::unknown, reason});
}

}  // namespace vipherd::frr
