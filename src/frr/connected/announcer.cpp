#include "frr/connected/announcer.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <string>
#include <utility>

#include "frr/deadline.hpp"
#include "frr/route_inspector.hpp"
#include "frr/unix_stream.hpp"
#include "vipherd/wire/vty/vty.hpp"

namespace vipherd::frr::connected {
namespace {

using namespace model;

constexpr Duration kRetryFirst = std::chrono::milliseconds(50);
constexpr Duration kRetryAtMost = std::chrono::seconds(1);
/// For zebra's first answer. A zebra that hangs is not connected.
constexpr Duration kGreetingDeadline = std::chrono::seconds(1);
/// zebra reads of an address when we do, and works on it a moment later.
constexpr Duration kLookAgainFirst = std::chrono::milliseconds(5);
/// By then the core asks by itself.
constexpr Duration kLookFor = std::chrono::seconds(1);

TimePoint now() { return std::chrono::steady_clock::now(); }

}  // namespace

class ConnectedAnnouncer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& io, const FrrConfig& config, model::EventSink sink)
      : io_(io), path_(config.zebra_vty_socket), sink_(std::move(sink)), timer_(io), looks_(io) {}

  /// The part of construction that needs weak_from_this().
  void prepare();
  void connect();
  void announce(const IpAddress& vip, const std::string& vrf);
  void withdraw(const IpAddress& vip);
  void inspect(const IpAddress& vip);
  void close();
  void abandon() {
    abandoned_ = true;
    close();
  }

 private:
  struct Told {
    std::string vrf;
    bool installed = false;
    bool asked_by_core = false;  ///< the answer is to be told, whatever it is
    TimePoint look_until{};      ///< for `installed`
    Duration look_again = kLookAgainFirst;
  };

  void greet();
  std::size_t on_received(std::span<const std::uint8_t> bytes);
  void establish(const std::string& version);
  void lose(std::string reason);
  void hangup();
  void on_greeting_due() {
    lose(path_ + ": no answer within " + format_duration(kGreetingDeadline));
  }
  void on_answer(const IpAddress& vip, const wire::vty::RibEntry& entry);
  void look_again_at(const IpAddress& vip, Told& told);
  void arm_looks();
  void emit(Event event);
  void tell_inspection(const IpAddress& vip, RibState rib, std::string detail);

  boost::asio::io_context& io_;
  const std::string path_;
  model::EventSink sink_;
  Deadline timer_;  ///< of the connection: the greeting, the next try
  boost::asio::steady_timer looks_;
  std::shared_ptr<UnixStream> stream_;
  std::shared_ptr<RouteInspector> inspector_;
  bool established_ = false;
  bool closed_ = false;
  bool abandoned_ = false;
  std::uint64_t session_ = 0;
  std::uint32_t failures_ = 0;
  std::string last_reason_;
  std::map<IpAddress, Told> announced_;
  std::multimap<TimePoint, IpAddress> to_look_at_;
};

void ConnectedAnnouncer::Impl::prepare() {
  inspector_ = std::make_shared<RouteInspector>(
      io_, path_, std::string(wire::vty::kConnected),
      [weak = weak_from_this()](const IpAddress& vip, const wire::vty::RibEntry& entry) {
        if (const auto self = weak.lock()) self->on_answer(vip, entry);
      });
}

// ------------------------------------------------------------------ the session

void ConnectedAnnouncer::Impl::connect() {
  if (closed_) return;
  stream_ = std::make_shared<UnixStream>(
      io_, path_, handlers_of(weak_from_this(), &Impl::greet, &Impl::on_received, &Impl::lose));
  timer_.arm(kGreetingDeadline, weak_from_this(), &Impl::on_greeting_due);
  stream_->open();
}

void ConnectedAnnouncer::Impl::greet() {
  std::vector<std::uint8_t> question;
  wire::vty::encode_command(question, wire::vty::kShowVersion);
  stream_->write(question);
}

std::size_t ConnectedAnnouncer::Impl::on_received(std::span<const std::uint8_t> bytes) {
  const auto response = wire::vty::next_response(bytes);
  if (!response || established_) {
    lose(path_ + ": " + (response ? "an answer without a question" : response.error().what));
    return bytes.size();
  }
  if (!*response) return 0;
  const auto version = wire::vty::parse_version((*response)->text);
  const std::size_t size = (*response)->size;
  establish(version ? *version : "of an unknown version");
  return size;
}

void ConnectedAnnouncer::Impl::establish(const std::string& version) {
  timer_.cancel();
  established_ = true;
  failures_ = 0;
  last_reason_.clear();
  emit(event::SpeakerUp{++session_, "FRR " + version + ", by addresses on lo"});
}

void ConnectedAnnouncer::Impl::lose(std::string reason) {
  const bool was_established = established_;
  hangup();
  if (closed_) return;
  ++failures_;
  const std::uint32_t doublings = std::min(failures_ - 1, 10U);
  timer_.arm(std::min(kRetryAtMost, kRetryFirst * (std::int64_t{1} << doublings)), weak_from_this(),
             &Impl::connect);
  if (was_established) return emit(event::SpeakerDown{session_, reason});
  const bool news = std::exchange(last_reason_, reason) != reason;
  emit(event::SpeakerUnreachable{reason, news});
}

void ConnectedAnnouncer::Impl::hangup() {
  timer_.cancel();
  looks_.cancel();
  established_ = false;
  announced_.clear();
  to_look_at_.clear();
  inspector_->clear();
  if (stream_) std::exchange(stream_, nullptr)->close();
}

void ConnectedAnnouncer::Impl::close() {
  if (std::exchange(closed_, true)) return;
  const bool was_established = established_;
  hangup();
  if (was_established) emit(event::SpeakerDown{session_, "closed by the agent"});
}

// ------------------------------------------------------------------ the VIPs

void ConnectedAnnouncer::Impl::announce(const IpAddress& vip, const std::string& vrf) {
  if (!established_) return;
  announced_[vip] = Told{.vrf = vrf, .look_until = now() + kLookFor};
  inspector_->ask(vip, vrf);
}

void ConnectedAnnouncer::Impl::withdraw(const IpAddress& vip) {
  const auto found = announced_.find(vip);
  if (!established_ || found == announced_.end()) return;
  const bool installed = found->second.installed;
  announced_.erase(found);
  // A route that was never seen selected is not removed either: it is absent, as far as it is ours.
  if (installed) return emit(event::RouteStatus{session_, vip, RouteOutcome::removed});
  tell_inspection(vip, RibState::absent, "");
}

void ConnectedAnnouncer::Impl::inspect(const IpAddress& vip) {
  if (!established_) {
    emit(event::RouteInspected{0, vip, RibState::unknown, "zebra cannot be asked"});
    return;
  }
  const auto found = announced_.find(vip);
  // zebra holds it as long as it is attached, and it is attached until we say this.
  if (found == announced_.end()) return tell_inspection(vip, RibState::absent, "");
  found->second.asked_by_core = true;
  inspector_->ask(vip, found->second.vrf);
}

void ConnectedAnnouncer::Impl::on_answer(const IpAddress& vip, const wire::vty::RibEntry& entry) {
  const auto found = announced_.find(vip);
  if (!established_ || found == announced_.end()) return;
  Told& told = found->second;
  if (entry.state == RibState::selected && !std::exchange(told.installed, true)) {
    emit(event::RouteStatus{session_, vip, RouteOutcome::installed});
  } else if (entry.state != RibState::selected) {
    told.installed = false;
    look_again_at(vip, told);
  }
  // The sink may have withdrawn it.
  const auto still = announced_.find(vip);
  if (still == announced_.end() || !std::exchange(still->second.asked_by_core, false)) return;
  tell_inspection(vip, entry.state, entry.detail);
}

void ConnectedAnnouncer::Impl::look_again_at(const IpAddress& vip, Told& told) {
  const TimePoint at = now() + std::exchange(told.look_again, 2 * told.look_again);
  if (at >= told.look_until) return;
  to_look_at_.emplace(at, vip);
  arm_looks();
}

void ConnectedAnnouncer::Impl::arm_looks() {
  if (to_look_at_.empty()) return;
  looks_.expires_at(std::chrono::time_point_cast<std::chrono::steady_clock::duration>(
      to_look_at_.begin()->first));
  looks_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self || !self->established_) return;
    while (!self->to_look_at_.empty() && self->to_look_at_.begin()->first <= now()) {
      const IpAddress vip = self->to_look_at_.begin()->second;
      self->to_look_at_.erase(self->to_look_at_.begin());
      const auto told = self->announced_.find(vip);
      if (told != self->announced_.end()) self->inspector_->ask(vip, told->second.vrf);
    }
    self->arm_looks();
  });
}

void ConnectedAnnouncer::Impl::emit(Event event) {
  const auto self = shared_from_this();  // the sink may destroy the announcer, but not itself
  if (!abandoned_) sink_(std::move(event));
}

void ConnectedAnnouncer::Impl::tell_inspection(const IpAddress& vip, RibState rib,
                                               std::string detail) {
  emit(event::RouteInspected{session_, vip, rib, std::move(detail)});
}

ConnectedAnnouncer::ConnectedAnnouncer(boost::asio::io_context& io, const FrrConfig& config,
                                       model::EventSink sink)
    : impl_(std::make_shared<Impl>(io, config, std::move(sink))) {
  impl_->prepare();
}
ConnectedAnnouncer::~ConnectedAnnouncer() { impl_->abandon(); }
void ConnectedAnnouncer::start() { impl_->connect(); }
void ConnectedAnnouncer::announce(const IpAddress& vip, const std::string& vrf,
                                  const RouteAttributes& /*route*/) {
  impl_->announce(vip, vrf);
}
void ConnectedAnnouncer::withdraw(const IpAddress& vip, const std::string& /*vrf*/) {
  impl_->withdraw(vip);
}
void ConnectedAnnouncer::inspect(const IpAddress& vip, const std::string& /*vrf*/) {
  impl_->inspect(vip);
}
void ConnectedAnnouncer::close(bool /*keep*/) { impl_->close(); }

}  // namespace vipherd::frr::connected
