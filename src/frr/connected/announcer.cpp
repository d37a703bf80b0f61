#include "frr/connected/announcer.hpp"

#include <boost/asio/steady_timer.hpp>
#include <random>
#include <utility>

#include "frr/connected/machine.hpp"
#include "frr/deadline.hpp"
#include "frr/input_queue.hpp"
#include "frr/route_inspector.hpp"
#include "frr/unix_stream.hpp"

namespace vipherd::frr::connected {
namespace {

TimePoint now() { return std::chrono::steady_clock::now(); }

}  // namespace

/// Performs what the machine decides.
class ConnectedAnnouncer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& io, const model::FrrConfig& config, model::EventSink sink)
      : io_(io),
        sink_(std::move(sink)),
        state_(config.zebra_vty_socket, std::random_device{}()),
        deadline_(io),
        look_(io) {}

  /// The part of construction that needs weak_from_this().
  void prepare();
  void feed(Input input);
  void abandon() {
    abandoned_ = true;
    feed(input::Close{});
  }

 private:
  void perform(effect::Open);
  void perform(effect::Greet);
  void perform(effect::Hangup);
  void perform(effect::ArmDeadline arm) {
    deadline_.arm(arm.after, weak_from_this(), &Impl::on_deadline);
  }
  void perform(effect::Disarm) { deadline_.cancel(); }
  void perform(const effect::AskRib& question) { inspector_->ask(question.vip, question.vrf); }
  void perform(effect::ArmLook arm);
  void perform(effect::Emit& emit) {
    if (!abandoned_) sink_(std::move(emit.event));
  }

  void on_connected() { feed(input::Opened{}); }
  void on_lost(std::string reason) { feed(input::Failed{std::move(reason)}); }
  void on_deadline() { feed(input::DeadlinePassed{}); }
  std::size_t on_received(std::span<const std::uint8_t> bytes);

  boost::asio::io_context& io_;
  model::EventSink sink_;
  State state_;
  InputQueue<Input> inputs_;
  bool abandoned_ = false;
  Deadline deadline_;
  boost::asio::steady_timer look_;
  std::shared_ptr<UnixStream> stream_;
  std::shared_ptr<RouteInspector> inspector_;
};

void ConnectedAnnouncer::Impl::prepare() {
  inspector_ = std::make_shared<RouteInspector>(
      io_, state_.path, std::string(wire::vty::kConnected),
      [weak = weak_from_this()](const IpAddress& vip, const wire::vty::RibEntry& entry) {
        if (const auto self = weak.lock()) self->feed(input::RibRead{vip, entry, now()});
      });
}

/// The sink may call the announcer back or destroy it, and effects may lead to inputs.
void ConnectedAnnouncer::Impl::feed(Input input) {
  inputs_.feed(std::move(input), [this, self = shared_from_this()](const Input& next) {
    for (Effect& effect : resume(state_, next)) {
      std::visit([this](auto& value) { perform(value); }, effect);
    }
  });
}

void ConnectedAnnouncer::Impl::perform(effect::Open) {
  stream_ = std::make_shared<UnixStream>(
      io_, state_.path,
      handlers_of(weak_from_this(), &Impl::on_connected, &Impl::on_received, &Impl::on_lost));
  stream_->open();
}

void ConnectedAnnouncer::Impl::perform(effect::Greet) {
  std::vector<std::uint8_t> question;
  wire::vty::encode_command(question, wire::vty::kShowVersion);
  stream_->write(question);
}

void ConnectedAnnouncer::Impl::perform(effect::Hangup) {
  look_.cancel();
  inspector_->clear();
  if (stream_) std::exchange(stream_, nullptr)->close();
}

void ConnectedAnnouncer::Impl::perform(effect::ArmLook arm) {
  look_.expires_at(std::chrono::time_point_cast<std::chrono::steady_clock::duration>(arm.at));
  look_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self) self->feed(input::LookDue{now()});
  });
}

std::size_t ConnectedAnnouncer::Impl::on_received(std::span<const std::uint8_t> bytes) {
  const auto response = wire::vty::next_response(bytes);
  if (!response) {
    feed(input::Failed{state_.path + ": " + response.error().what});
    return bytes.size();
  }
  if (!*response) return 0;
  const std::size_t size = (*response)->size;
  const auto version = wire::vty::parse_version((*response)->text);
  feed(input::Greeted{version ? *version : std::string()});
  return size;
}

ConnectedAnnouncer::ConnectedAnnouncer(boost::asio::io_context& io, const model::FrrConfig& config,
                                       model::EventSink sink)
    : impl_(std::make_shared<Impl>(io, config, std::move(sink))) {
  impl_->prepare();
}
ConnectedAnnouncer::~ConnectedAnnouncer() { impl_->abandon(); }
void ConnectedAnnouncer::start() { impl_->feed(input::Start{}); }
void ConnectedAnnouncer::announce(const IpAddress& vip, const std::string& vrf,
                                  const model::RouteAttributes& /*route*/) {
  impl_->feed(input::Announce{vip, vrf, now()});
}
void ConnectedAnnouncer::withdraw(const IpAddress& vip, const std::string& /*vrf*/) {
  impl_->feed(input::Withdraw{vip});
}
void ConnectedAnnouncer::inspect(const IpAddress& vip, const std::string& /*vrf*/) {
  impl_->feed(input::Inspect{vip});
}
void ConnectedAnnouncer::close(bool /*keep*/) { impl_->feed(input::Close{}); }

}  // namespace vipherd::frr::connected
