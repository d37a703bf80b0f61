#include "frr/zapi/announcer.hpp"

#include <boost/asio/steady_timer.hpp>
#include <random>
#include <utility>

#include "frr/deadline.hpp"
#include "frr/input_queue.hpp"
#include "frr/route_inspector.hpp"
#include "frr/unix_stream.hpp"
#include "frr/zapi/client_reader.hpp"
#include "frr/zapi/session_machine.hpp"
#include "vipherd/wire/zapi/zapi.hpp"

namespace vipherd::frr::zapi {

/// Performs what the machine of the session decides.
class ZapiAnnouncer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& io, const model::FrrConfig& config, bool resuming,
       model::EventSink sink)
      : io_(io),
        config_(config),
        sink_(std::move(sink)),
        state_(config.route_type, std::random_device{}(), wire::zapi::find_dialect(config.dialect)),
        deadline_(io),
        stale_removal_(io) {
    state_.resuming = resuming;
  }

  /// The part of construction that needs weak_from_this().
  void prepare();
  void feed(SessionInput input);
  void abandon();

 private:
  void perform(SessionEffect effect);
  void open();
  void read_clients();
  void hangup();
  void await_stale_removal(Duration after);
  void emit(model::Event event);
  void on_deadline() { feed(input::DeadlinePassed{}); }
  void on_connected() { feed(input::Opened{}); }
  void on_lost(std::string reason) { feed(input::Failed{std::move(reason)}); }
  std::size_t on_received(std::span<const std::uint8_t> bytes);

  boost::asio::io_context& io_;
  const model::FrrConfig config_;
  model::EventSink sink_;
  SessionState state_;
  InputQueue<SessionInput> inputs_;
  bool abandoned_ = false;
  Deadline deadline_;
  boost::asio::steady_timer stale_removal_;  ///< what zebra kept of a predecessor
  std::shared_ptr<UnixStream> stream_;
  std::shared_ptr<ClientReader> reader_;
  std::shared_ptr<RouteInspector> inspector_;
};

void ZapiAnnouncer::Impl::prepare() {
  inspector_ = std::make_shared<RouteInspector>(
      io_, config_.zebra_vty_socket, std::string(model::to_string(config_.route_type)),
      [weak = weak_from_this()](const IpAddress& vip, const wire::vty::RibEntry& entry) {
        const auto self = weak.lock();
        if (!self || !self->state_.established()) return;
        self->emit(
            model::event::RouteInspected{self->state_.session, vip, entry.state, entry.detail});
      });
}

/// The sink may call the announcer back or destroy it, and effects may lead to inputs.
void ZapiAnnouncer::Impl::feed(SessionInput input) {
  inputs_.feed(std::move(input), [this, self = shared_from_this()](const SessionInput& next) {
    for (SessionEffect& effect : resume(state_, next)) perform(std::move(effect));
  });
}

void ZapiAnnouncer::Impl::perform(SessionEffect effect) {
  struct Performer {
    Impl& impl;
    void operator()(effect::Open) const { impl.open(); }
    void operator()(const effect::Send& send) const {
      if (impl.stream_) impl.stream_->write(send.bytes);
    }
    void operator()(effect::ReadClients) const { impl.read_clients(); }
    void operator()(const effect::AskRib& question) const {
      impl.inspector_->ask(question.vip, question.vrf);
    }
    void operator()(effect::Hangup) const { impl.hangup(); }
    void operator()(effect::ArmDeadline arm) const {
      impl.deadline_.arm(arm.after, impl.weak_from_this(), &Impl::on_deadline);
    }
    void operator()(effect::Disarm) const { impl.deadline_.cancel(); }
    void operator()(effect::AwaitStaleRemoval await) const {
      impl.await_stale_removal(await.after);
    }
    void operator()(effect::Emit& emit) const { impl.emit(std::move(emit.event)); }
  };
  std::visit(Performer{*this}, effect);
}

void ZapiAnnouncer::Impl::open() {
  stream_ = std::make_shared<UnixStream>(
      io_, config_.zserv_socket,
      handlers_of(weak_from_this(), &Impl::on_connected, &Impl::on_received, &Impl::on_lost));
  stream_->open();
}

std::size_t ZapiAnnouncer::Impl::on_received(std::span<const std::uint8_t> bytes) {
  const auto stream = stream_;
  std::size_t consumed = 0;
  while (stream && stream == stream_) {  // a message may end the session
    const auto message = wire::zapi::next_message(bytes.subspan(consumed));
    if (!message) {
      feed(input::Failed{message.error().what});
      return bytes.size();
    }
    if (!*message) return consumed;
    feed(input::Received{**message});
    consumed += (*message)->size();
  }
  return bytes.size();
}

void ZapiAnnouncer::Impl::read_clients() {
  reader_ = std::make_shared<ClientReader>(io_, config_.zebra_vty_socket,
                                           [weak = weak_from_this()](Result<ZebraClients> clients) {
                                             if (const auto self = weak.lock())
                                               self->feed(input::ClientsRead{std::move(clients)});
                                           });
  reader_->start();
}

void ZapiAnnouncer::Impl::hangup() {
  if (reader_) std::exchange(reader_, nullptr)->cancel();
  if (stream_) std::exchange(stream_, nullptr)->close();
  inspector_->clear();
  stale_removal_.cancel();
}

void ZapiAnnouncer::Impl::emit(model::Event event) {
  const auto self = shared_from_this();  // the sink may destroy the announcer, but not itself
  if (!abandoned_) sink_(std::move(event));
}

/// The announcer is being destroyed, perhaps from within its sink.
void ZapiAnnouncer::Impl::abandon() {
  abandoned_ = true;
  feed(input::Close{});
}

void ZapiAnnouncer::Impl::await_stale_removal(Duration after) {
  stale_removal_.expires_after(after);
  stale_removal_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self) self->feed(input::EndAllWithTheSession{});
  });
}

ZapiAnnouncer::ZapiAnnouncer(boost::asio::io_context& io, const model::FrrConfig& config,
                             bool resuming, model::EventSink sink)
    : impl_(std::make_shared<Impl>(io, config, resuming, std::move(sink))) {
  impl_->prepare();
}
ZapiAnnouncer::~ZapiAnnouncer() { impl_->abandon(); }
void ZapiAnnouncer::start() { impl_->feed(input::Start{}); }
void ZapiAnnouncer::announce(const IpAddress& vip, const std::string& vrf,
                             const model::RouteAttributes& route) {
  impl_->feed(input::Announce{vip, vrf, route});
}
void ZapiAnnouncer::withdraw(const IpAddress& vip, const std::string& vrf) {
  impl_->feed(input::Withdraw{vip, vrf});
}
void ZapiAnnouncer::flush() { impl_->feed(input::Flush{}); }
void ZapiAnnouncer::inspect(const IpAddress& vip, const std::string& vrf) {
  impl_->feed(input::Inspect{vip, vrf});
}
void ZapiAnnouncer::complete() { impl_->feed(input::Complete{}); }
void ZapiAnnouncer::end_all_with_the_session() { impl_->feed(input::EndAllWithTheSession{}); }
void ZapiAnnouncer::close(bool keep) { impl_->feed(input::Close{keep}); }

}  // namespace vipherd::frr::zapi
