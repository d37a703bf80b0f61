#include "frr/vty/announcer.hpp"

#include <boost/asio/steady_timer.hpp>
#include <map>
#include <set>
#include <utility>

#include "frr/vty/connection.hpp"
#include "frr/vty/holdings.hpp"
#include "frr/vty/saved_config.hpp"

namespace vipherd::frr::vty {
namespace {

/// To take everything back at the end, if that is what is wanted.
constexpr Duration kFarewell = std::chrono::seconds(1);

}  // namespace

class VtyAnnouncer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& io, const model::FrrConfig& config, model::EventSink sink)
      : io_(io),
        config_(config),
        sink_(std::move(sink)),
        book_(instances(config.protocols)),
        farewell_(io),
        audit_(io) {}

  void prepare() { add_daemons({}); }
  void use_vrfs(const std::set<std::string>& vrfs);
  void start();
  void announce(const IpAddress& vip, const std::string& vrf, const model::RouteAttributes& route);
  void withdraw(const IpAddress& vip, const std::string& vrf);
  void flush();
  void inspect(const IpAddress& vip, const std::string& vrf);
  void complete();
  void close(bool keep);
  void abandon();

 private:
  void add_daemons(const std::string& vrf);
  void add_daemon(const Instance& daemon);
  void on_report(const Instance& daemon, const Effect& effect);
  void sweep_elsewhere(const Instance& daemon);
  void sweep(const Instance& daemon);
  void end_sweep(const Instance& daemon);
  void feed_all(const Input& input);
  void emit(Holdings::Events events);
  void finish();
  void schedule_audit();

  boost::asio::io_context& io_;
  const model::FrrConfig config_;
  model::EventSink sink_;
  Holdings book_;
  std::set<std::string> vrfs_;  ///< those of which there are peers
  std::map<Instance, std::shared_ptr<Connection>> peers_;
  /// In VRFs that nothing is to live in, where an earlier run has left something.
  std::map<Instance, std::shared_ptr<Connection>> sweepers_;
  DesiredRoutes nothing_;        ///< what they are to hold
  std::set<IpAddress> changed_;  ///< not flushed yet
  std::set<Instance> leaving_;   ///< being cleared before the end
  bool started_ = false;
  bool closed_ = false;
  boost::asio::steady_timer farewell_;
  boost::asio::steady_timer audit_;
};

void VtyAnnouncer::Impl::use_vrfs(const std::set<std::string>& vrfs) {
  for (const std::string& vrf : vrfs) add_daemons(vrf);
}

void VtyAnnouncer::Impl::start() {
  started_ = true;
  feed_all(input::Start{});
  schedule_audit();
}

/// Others work on the daemons, too, and do not tell: `systemctl reload frr` removes every line that
/// is not in FRR's files.
void VtyAnnouncer::Impl::schedule_audit() {
  audit_.expires_after(kAudit);
  audit_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self || self->closed_) return;
    self->feed_all(input::Audit{});
    self->schedule_audit();
  });
}

/// Of a VRF that was not named before.
void VtyAnnouncer::Impl::add_daemons(const std::string& vrf) {
  if (!vrfs_.insert(vrf).second) return;
  for (const Instance& daemon : instances(config_.protocols, vrf)) {
    if (!closed_ && !peers_.contains(daemon)) add_daemon(daemon);
  }
}

void VtyAnnouncer::Impl::add_daemon(const Instance& daemon) {
  end_sweep(daemon);
  book_.add(daemon);
  const auto peer = std::make_shared<Connection>(
      io_, daemon, config_.vty_socket(to_string(daemon.daemon)), book_.desired(),
      [weak = weak_from_this()](const Instance& from, const Effect& effect) {
        if (const auto self = weak.lock()) self->on_report(from, effect);
      });
  peers_.emplace(daemon, peer);
  if (started_) peer->feed(input::Start{});
}

/// What an earlier run left in VRFs that are none of ours any more.
void VtyAnnouncer::Impl::sweep_elsewhere(const Instance& daemon) {
  const auto peer = peers_.find(daemon);
  if (closed_ || peer == peers_.end() || !book_.desired().complete) return;
  for (const std::string& vrf : peer->second->state().vrfs_seen) {
    const Instance elsewhere(daemon.daemon, vrf);
    if (!peers_.contains(elsewhere) && !sweepers_.contains(elsewhere)) sweep(elsewhere);
  }
}

/// One attempt: the next run, or the next clean-up, tries again.
void VtyAnnouncer::Impl::sweep(const Instance& daemon) {
  nothing_.complete = true;
  const auto peer = std::make_shared<Connection>(
      io_, daemon, config_.vty_socket(to_string(daemon.daemon)), nothing_,
      [weak = weak_from_this()](const Instance& from, const Effect& effect) {
        const auto self = weak.lock();
        const bool over = std::holds_alternative<effect::Settled>(effect) ||
                          std::holds_alternative<effect::Down>(effect);
        if (self && over) self->end_sweep(from);
      });
  sweepers_.emplace(daemon, peer);
  peer->feed(input::Start{});
}

void VtyAnnouncer::Impl::end_sweep(const Instance& daemon) {
  const auto found = sweepers_.find(daemon);
  if (found == sweepers_.end()) return;
  const auto peer = found->second;
  sweepers_.erase(found);
  peer->abandon();
}

void VtyAnnouncer::Impl::on_report(const Instance& daemon, const Effect& effect) {
  struct Reader {
    Impl& impl;
    const Instance& daemon;
    void operator()(const effect::Ready& ready) const {
      // Read only here: once a connection, a few kilobytes of a local disk.
      const std::string saved = impl.book_.in_session() ? "" : warn_of_saved_lines();
      impl.emit(impl.book_.ready(daemon, ready, saved));
      impl.sweep_elsewhere(daemon);
    }
    void operator()(const effect::Down& down) const {
      impl.emit(impl.book_.down(daemon, down.reason));
      impl.leaving_.erase(daemon);
    }
    void operator()(const effect::Found& found) const {
      impl.emit(impl.book_.found(daemon, found.vip, found.holding));
    }
    void operator()(effect::Settled) const { impl.leaving_.erase(daemon); }
    void operator()(effect::Open) const {}
    void operator()(const effect::Send&) const {}
    void operator()(effect::Hangup) const {}
    void operator()(effect::ArmDeadline) const {}
    void operator()(effect::Disarm) const {}
  };
  const auto self = shared_from_this();
  const bool leaving = !leaving_.empty();
  std::visit(Reader{*this, daemon}, effect);
  if (leaving && leaving_.empty()) finish();
}

void VtyAnnouncer::Impl::feed_all(const Input& input) {
  const auto peers = peers_;
  for (const auto& [daemon, peer] : peers) peer->feed(input);
}

/// The sink may call us back, and may destroy the announcer.
void VtyAnnouncer::Impl::emit(Holdings::Events events) {
  const auto self = shared_from_this();
  for (model::Event& event : events) {
    const model::EventSink sink = sink_;
    if (sink) sink(std::move(event));
  }
}

void VtyAnnouncer::Impl::announce(const IpAddress& vip, const std::string& vrf,
                                  const model::RouteAttributes& route) {
  if (closed_) return;
  add_daemons(vrf);
  book_.announce(vip, vrf, route);
  changed_.insert(vip);
}

void VtyAnnouncer::Impl::withdraw(const IpAddress& vip, const std::string& vrf) {
  if (closed_) return;
  add_daemons(vrf);
  book_.withdraw(vip, vrf);
  changed_.insert(vip);
}

void VtyAnnouncer::Impl::flush() {
  if (!changed_.empty()) feed_all(input::Changed{std::exchange(changed_, {})});
}

void VtyAnnouncer::Impl::inspect(const IpAddress& vip, const std::string& vrf) {
  flush();
  emit(book_.inspect(vip, vrf));
  feed_all(input::Inspect{vip});
}

void VtyAnnouncer::Impl::complete() {
  flush();
  book_.complete();
  feed_all(input::ChangedAll{});
  const auto peers = peers_;
  for (const auto& [daemon, peer] : peers) sweep_elsewhere(daemon);
}

void VtyAnnouncer::Impl::close(bool keep) {
  if (std::exchange(closed_, true)) return;
  audit_.cancel();
  changed_.clear();
  if (!keep && book_.in_session()) {
    book_.clear();
    for (const auto& [daemon, peer] : peers_) {
      if (peer->state().is_ready()) leaving_.insert(daemon);
    }
    farewell_.expires_after(kFarewell);
    farewell_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (!error && self) self->finish();
    });
    return feed_all(input::ChangedAll{});
  }
  finish();
}

void VtyAnnouncer::Impl::finish() {
  leaving_.clear();
  farewell_.cancel();
  audit_.cancel();
  auto peers = std::exchange(peers_, {});
  peers.merge(std::exchange(sweepers_, {}));
  for (const auto& [daemon, peer] : peers) peer->abandon();
  emit(book_.end("closed by the agent"));
}

void VtyAnnouncer::Impl::abandon() {
  closed_ = true;
  sink_ = nullptr;
  finish();
}

VtyAnnouncer::VtyAnnouncer(boost::asio::io_context& io, const model::FrrConfig& config,
                           model::EventSink sink)
    : impl_(std::make_shared<Impl>(io, config, std::move(sink))) {
  impl_->prepare();
}
VtyAnnouncer::~VtyAnnouncer() { impl_->abandon(); }
void VtyAnnouncer::use_vrfs(const std::set<std::string>& vrfs) { impl_->use_vrfs(vrfs); }
void VtyAnnouncer::start() { impl_->start(); }
void VtyAnnouncer::announce(const IpAddress& vip, const std::string& vrf,
                            const model::RouteAttributes& route) {
  impl_->announce(vip, vrf, route);
}
void VtyAnnouncer::withdraw(const IpAddress& vip, const std::string& vrf) {
  impl_->withdraw(vip, vrf);
}
void VtyAnnouncer::flush() { impl_->flush(); }
void VtyAnnouncer::inspect(const IpAddress& vip, const std::string& vrf) {
  impl_->inspect(vip, vrf);
}
void VtyAnnouncer::complete() { impl_->complete(); }
void VtyAnnouncer::close(bool keep) { impl_->close(keep); }

}  // namespace vipherd::frr::vty
