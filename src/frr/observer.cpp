#include "vipherd/frr/observer.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "frr/daemon_questions.hpp"

namespace vipherd::frr {
namespace {

TimePoint moment() { return std::chrono::steady_clock::now(); }

}  // namespace

class Observer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& io, EventSink sink) : timer_(io), sink_(std::move(sink)) {}

  void start(boost::asio::io_context& io, const model::FrrConfig& config) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      for (const model::Protocol protocol : config.protocols) {
        of(family).push_back(questions(io, config, make_daemon_view(protocol, family, config)));
      }
    }
  }

  void observe(const IpAddress& vip) {
    const auto& daemons = of(vip.family());
    const auto [pending, inserted] = pending_.try_emplace(vip);
    if (!inserted) return;
    pending->second.reach.resize(daemons.size());
    pending->second.missing = daemons.size();
    if (daemons.empty()) return finish(pending);
    pending->second.deadline = moment() + kDeadline;
    order_.emplace_back(pending->second.deadline, vip);
    if (order_.size() == 1) arm();
    // An answer may come at once, and end what `pending` points to.
    for (const auto& daemon : daemons) daemon->ask(vip);
  }

  void close() {
    sink_ = [](const model::Event&) {};
    timer_.cancel();
    order_.clear();
    pending_.clear();
    for (const auto& [name, daemon] : daemons_) daemon->clear();
  }

 private:
  struct Pending {
    std::vector<std::optional<model::event::Reach>> reach;  ///< in the order of the daemons
    std::size_t missing = 0;
    TimePoint deadline{};
  };
  using PendingVips = std::map<IpAddress, Pending>;
  using Daemons = std::vector<std::shared_ptr<DaemonQuestions>>;

  Daemons& of(Family family) { return family == Family::ipv4 ? ipv4_ : ipv6_; }

  /// bgpd is one for both families: one queue, one connection.
  std::shared_ptr<DaemonQuestions> questions(boost::asio::io_context& io,
                                             const model::FrrConfig& config,
                                             std::unique_ptr<DaemonView> view) {
    const std::string name(view->daemon());
    auto& known = daemons_[name];
    if (known) return known;
    known = std::make_shared<DaemonQuestions>(
        io, config.vty_socket(name), std::move(view),
        [weak = weak_from_this()](const IpAddress& vip, const model::event::Reach& reach) {
          if (const auto self = weak.lock()) self->on_reach(vip, reach);
        });
    return known;
  }

  /// The same daemon is asked for every VIP, so a late answer is one to the present question too.
  void on_reach(const IpAddress& vip, const model::event::Reach& reach) {
    const auto pending = pending_.find(vip);
    if (pending == pending_.end()) return;  // answered at its deadline
    const auto& daemons = of(vip.family());
    for (std::size_t i = 0; i < daemons.size(); ++i) {
      auto& slot = pending->second.reach[i];
      if (daemons[i]->daemon() != reach.daemon || slot) continue;
      slot = reach;
      --pending->second.missing;
    }
    if (pending->second.missing == 0) finish(pending);
  }

  void finish(PendingVips::iterator pending) {
    model::event::Observed observed{.vip = pending->first, .reach = {}};
    for (auto& reach : pending->second.reach) observed.reach.push_back(std::move(*reach));
    pending_.erase(pending);
    sink_(std::move(observed));
  }

  void arm() {
    timer_.expires_at(
        std::chrono::time_point_cast<std::chrono::steady_clock::duration>(order_.front().first));
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (!error && self) self->on_deadline();
    });
  }

  void on_deadline() {
    const TimePoint due = moment();
    while (!order_.empty()) {
      const auto [deadline, vip] = order_.front();
      const auto pending = pending_.find(vip);
      const bool outstanding = pending != pending_.end() && pending->second.deadline == deadline;
      if (outstanding && deadline > due) break;
      order_.pop_front();
      if (outstanding) give_up(pending);
    }
    if (!order_.empty()) arm();
  }

  void give_up(PendingVips::iterator pending) {
    const auto& daemons = of(pending->first.family());
    for (std::size_t i = 0; i < daemons.size(); ++i) {
      auto& slot = pending->second.reach[i];
      if (slot) continue;
      const std::string name(daemons[i]->daemon());
      slot = model::event::Reach{
          .daemon = name,
          .problem = name + " did not answer within " + format_duration(kDeadline) + " (" +
                     std::to_string(daemons[i]->waiting()) + " questions wait)"};
    }
    finish(pending);
  }

  boost::asio::steady_timer timer_;
  EventSink sink_;
  std::map<std::string, std::shared_ptr<DaemonQuestions>, std::less<>> daemons_;
  Daemons ipv4_;
  Daemons ipv6_;
  PendingVips pending_;
  std::deque<std::pair<TimePoint, IpAddress>> order_;  ///< by deadline, answered ones among them
};

Observer::Observer(boost::asio::io_context& io, const model::FrrConfig& config, EventSink sink)
    : impl_(std::make_shared<Impl>(io, std::move(sink))) {
  impl_->start(io, config);
}

Observer::~Observer() { impl_->close(); }

void Observer::observe(const IpAddress& vip) {
  const auto kept = impl_;  // whoever is told of an answer may destroy the observer
  kept->observe(vip);
}

}  // namespace vipherd::frr
