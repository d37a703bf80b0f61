#include "vipherd/frr/observer.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "frr/observer/daemon_queue.hpp"
#include "frr/route_inspector.hpp"

namespace vipherd::frr {
namespace {

TimePoint moment() { return std::chrono::steady_clock::now(); }

}  // namespace

class Observer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& io, const model::FrrConfig& config, model::EventSink sink)
      : io_(io), config_(config), timer_(io), sink_(std::move(sink)) {}

  /// The part of construction that needs weak_from_this().
  void prepare() {
    zebra_ = std::make_shared<RouteInspector>(
        io_, config_.zebra_vty_socket, "",
        [weak = weak_from_this()](const IpAddress& vip, const wire::vty::RibEntry& entry) {
          const auto self = weak.lock();
          if (self) self->sink_(model::event::RouteLookedUp{vip, {entry.state, entry.detail}});
        });
  }

  void look_up(const IpAddress& vip, const std::string& vrf) { zebra_->ask(vip, vrf); }

  void set_protocols(const std::vector<model::Protocol>& protocols) {
    if (config_.protocols == protocols) return;
    config_.protocols = protocols;
    std::map<IpAddress, std::string> outstanding;
    for (const auto& [vip, pending] : pending_) outstanding.emplace(vip, pending.vrf);
    forget_questions();
    carriers_.clear();
    daemons_.clear();
    for (const auto& [vip, vrf] : outstanding) observe(vip, vrf, true);
  }

  void observe(const IpAddress& vip, const std::string& vrf, bool afresh) {
    const auto [pending, inserted] = pending_.try_emplace(vip);
    if (!inserted) return;
    pending->second.vrf = vrf;
    const auto& daemons = of(vip, vrf);
    pending->second.reach.resize(daemons.size());
    pending->second.missing = daemons.size();
    if (daemons.empty()) return finish(pending);
    pending->second.deadline = moment() + kDeadline;
    order_.emplace_back(pending->second.deadline, vip);
    if (order_.size() == 1) arm();
    // An answer may come at once, and end what `pending` points to.
    for (const auto& daemon : daemons) daemon->ask(vip, afresh);
  }

  void close() {
    sink_ = [](const model::Event&) {};
    zebra_->clear();
    forget_questions();
  }

 private:
  struct Pending {
    std::string vrf;                                     ///< of the VIP
    std::vector<std::optional<model::SeenReach>> reach;  ///< in the order of the daemons
    std::size_t missing = 0;
    TimePoint deadline{};
  };
  void forget_questions() {
    timer_.cancel();
    order_.clear();
    pending_.clear();
    for (const auto& [place, daemon] : daemons_) daemon->clear();
  }

  using PendingVips = std::map<IpAddress, Pending>;
  using Daemons = std::vector<std::shared_ptr<DaemonQueue>>;

  /// Those that carry the VIP, in its VRF.
  const Daemons& of(const IpAddress& vip, const std::string& vrf) {
    const auto [found, inserted] = carriers_.try_emplace({vrf, vip.family()});
    if (!inserted) return found->second;
    for (const model::Protocol protocol : config_.protocols) {
      found->second.push_back(
          questions(vrf, make_daemon_parser(protocol, vip.family(), config_, vrf)));
    }
    return found->second;
  }

  /// bgpd is one for both families: one queue, one connection.
  std::shared_ptr<DaemonQueue> questions(const std::string& vrf,
                                         std::unique_ptr<DaemonParser> view) {
    const std::string name(view->daemon());
    auto& known = daemons_[{vrf, name}];
    if (known) return known;
    known = std::make_shared<DaemonQueue>(
        io_, config_.vty_socket(name), std::move(view),
        [weak = weak_from_this()](const IpAddress& vip, const model::SeenReach& reach) {
          if (const auto self = weak.lock()) self->on_reach(vip, reach);
        });
    return known;
  }

  /// The same daemon is asked for every VIP, so a late answer is one to the present question too.
  void on_reach(const IpAddress& vip, const model::SeenReach& reach) {
    const auto pending = pending_.find(vip);
    if (pending == pending_.end()) return;  // answered at its deadline
    const auto& daemons = of(vip, pending->second.vrf);
    for (std::size_t i = 0; i < daemons.size(); ++i) {
      auto& slot = pending->second.reach[i];
      if (daemons[i]->daemon() != reach.source() || slot) continue;
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
    const auto& daemons = of(pending->first, pending->second.vrf);
    for (std::size_t i = 0; i < daemons.size(); ++i) {
      auto& slot = pending->second.reach[i];
      if (slot) continue;
      const std::string name(daemons[i]->daemon());
      const std::string why = name + " did not answer within " + format_duration(kDeadline) + " (" +
                              std::to_string(daemons[i]->waiting()) + " questions wait)";
      slot.emplace(name, moment(), fail(why));
    }
    finish(pending);
  }

  boost::asio::io_context& io_;
  model::FrrConfig config_;
  boost::asio::steady_timer timer_;
  model::EventSink sink_;
  std::shared_ptr<RouteInspector> zebra_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<DaemonQueue>> daemons_;
  std::map<std::pair<std::string, Family>, Daemons> carriers_;  ///< by VRF
  PendingVips pending_;
  std::deque<std::pair<TimePoint, IpAddress>> order_;  ///< by deadline, answered ones among them
};

Observer::Observer(boost::asio::io_context& io, const model::FrrConfig& config,
                   model::EventSink sink)
    : impl_(std::make_shared<Impl>(io, config, std::move(sink))) {
  impl_->prepare();
}

Observer::~Observer() { impl_->close(); }

void Observer::set_protocols(const std::vector<model::Protocol>& protocols) {
  const auto kept = impl_;
  kept->set_protocols(protocols);
}

void Observer::look_up(const IpAddress& vip, const std::string& vrf) {
  const auto kept = impl_;
  kept->look_up(vip, vrf);
}

void Observer::observe(const IpAddress& vip, const std::string& vrf, bool afresh) {
  const auto kept = impl_;  // the receiver of an answer may destroy the observer
  kept->observe(vip, vrf, afresh);
}

}  // namespace vipherd::frr
