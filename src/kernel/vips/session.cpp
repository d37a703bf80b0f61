#include "kernel/vips/session.hpp"

#include <net/if.h>
#include <sys/ioctl.h>

#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

#include "vipherd/base/assert.hpp"
#include "vipherd/base/describe_errno.hpp"

namespace vipherd::kernel {
namespace {

namespace rtnetlink = wire::rtnetlink;
namespace asio = boost::asio;

constexpr int kRequestBuffer = 4 * 1024 * 1024;
/// Datagrams read in one turn of the loop, so that a flood cannot starve everything else.
constexpr std::size_t kMostInTurn = 256;
/// More than fit the monitor's buffer.
constexpr std::size_t kMostInDrain = 200'000;

/// Whether the interface is up, from the kernel itself.
Result<bool> is_up(int descriptor, std::uint32_t index) {
  ifreq request{};
  if (if_indextoname(index, request.ifr_name) == nullptr ||
      ioctl(descriptor, SIOCGIFFLAGS, &request) != 0) {
    return fail("cannot read the flags of lo: " + describe_errno(errno));
  }
  return (request.ifr_flags & IFF_UP) != 0;
}

/// Calls take(message) for all messages of a datagram.
template <class Take>
Result<void> visit_messages(std::span<const std::uint8_t> datagram, Take take) {
  for (;;) {
    auto message = rtnetlink::decode_next(datagram);
    if (!message) return message.error();
    if (!*message) return {};
    take(std::move(**message));
  }
}

}  // namespace

Session::Session(asio::io_context& io, Method method, model::EventSink sink, Options options)
    : io_(io),
      method_(method),
      sink_(std::move(sink)),
      options_(options),
      requests_ready_(io),
      monitor_ready_(io),
      dump_delay_(io),
      buffer_(netlink::kDatagramSize) {}

Result<void> Session::start() {
  VIPHERD_ASSERT(!requests_ && !closed_);
  const std::uint32_t loopback = if_nametoindex("lo");
  if (loopback == 0) return fail("there is no interface lo");
  auto requests = netlink::Socket::open(netlink::Blocking::no, kRequestBuffer);
  if (!requests) return requests.error();
  requests->prepare_for_requests();
  auto monitor = netlink::Socket::open(netlink::Blocking::no, options_.monitor_buffer);
  if (!monitor) return monitor.error();
  const auto table = make_table(method_, loopback);
  if (auto subscribed = monitor->subscribe(table->groups()); !subscribed) return subscribed;
  const auto up = is_up(requests->descriptor(), loopback);
  if (!up) return up.error();

  boost::system::error_code error;
  requests_ready_.assign(requests->descriptor(), error);
  if (!error) monitor_ready_.assign(monitor->descriptor(), error);
  if (error) return fail("cannot watch an rtnetlink socket: " + error.message());
  machine_.emplace(method_, loopback, *up);
  requests_.emplace(std::move(*requests));
  monitor_.emplace(std::move(*monitor));
  wait_for_answers();
  wait_for_changes();
  return {};
}

void Session::close() {
  closed_ = true;
  dump_delay_.cancel();
  // The sockets close their descriptors themselves.
  if (requests_ready_.is_open()) requests_ready_.release();
  if (monitor_ready_.is_open()) monitor_ready_.release();
  requests_.reset();
  monitor_.reset();
}

void Session::command(Input input) {
  feed(std::move(input));
  if (!machine_->has_events()) return;
  asio::post(io_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->deliver();
  });
}

// ------------------------------------------------------------------ the loop

void Session::wait_for_answers() {
  requests_ready_.async_wait(asio::posix::descriptor_base::wait_read,
                             [weak = weak_from_this()](const boost::system::error_code& error) {
                               const auto self = weak.lock();
                               if (error || !self || self->closed_) return;
                               self->read_answers(kMostInTurn);
                               self->wait_for_answers();
                               self->deliver();
                             });
}

void Session::wait_for_changes() {
  monitor_ready_.async_wait(asio::posix::descriptor_base::wait_read,
                            [weak = weak_from_this()](const boost::system::error_code& error) {
                              const auto self = weak.lock();
                              if (error || !self || self->closed_) return;
                              self->read_changes(kMostInTurn);
                              self->wait_for_changes();
                              self->deliver();
                            });
}

void Session::deliver() {
  for (model::Event& event : machine_->take_events()) {
    if (closed_) return;
    sink_(std::move(event));
  }
}

bool Session::read_answers(std::size_t most) {
  for (std::size_t count = 0; count < most; ++count) {
    const auto received = requests_->receive(buffer_);
    if (received.status == netlink::Socket::Status::empty) return true;
    if (received.status == netlink::Socket::Status::lost) {
      feed(input::AnswersLost{"rtnetlink answers were lost: " + describe_errno(received.error)});
      continue;
    }
    const auto understood = visit_messages(
        std::span(buffer_).first(received.size),
        [this](rtnetlink::Message message) { feed(input::Answer{std::move(message)}); });
    if (!understood) feed(input::AnswersLost{understood.error().what});
  }
  return false;
}

bool Session::read_changes(std::size_t most) {
  // A buffer of its own: the monitor is drained while an answer is being taken.
  std::array<std::uint8_t, std::size_t{32} * 1024> buffer;
  for (std::size_t count = 0; count < most; ++count) {
    const auto received = monitor_->receive(buffer);
    if (received.status == netlink::Socket::Status::empty) return true;
    if (received.status == netlink::Socket::Status::lost) {
      feed(input::ChangesLost{"rtnetlink changes were lost: " + describe_errno(received.error)});
      continue;
    }
    const auto understood = visit_messages(
        std::span(buffer).first(received.size),
        [this](rtnetlink::Message message) { feed(input::Change{std::move(message)}); });
    if (!understood) feed(input::ChangesLost{understood.error().what});
  }
  return false;
}

// ------------------------------------------------------------------ effects

void Session::feed(Input input) {
  for (const Effect& effect : machine_->resume(std::move(input))) {
    std::visit([this](const auto& value) { perform(value); }, effect);
  }
}

void Session::perform(const effect::Send& send) {
  if (const auto sent = requests_->send(send.datagram); !sent) {
    feed(input::SendFailed{sent.error().what});
  }
}

void Session::perform(const effect::DrainMonitor& /*drain*/) {
  feed(input::Drained{read_changes(kMostInDrain)});
}

void Session::perform(const effect::ArmDelay& arm) {
  dump_delay_.expires_after(arm.after);
  dump_delay_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self || self->closed_) return;
    self->feed(input::DelayPassed{});
    self->deliver();
  });
}

void Session::perform(const effect::NextTurn& /*turn*/) {
  asio::post(io_, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->closed_) return;
    self->feed(input::TurnCame{});
    self->deliver();
  });
}

}  // namespace vipherd::kernel
