#include "vipherd/probe/bus.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <system_error>
#include <utility>

#include "vipherd/probe/one_of_loop.hpp"

namespace vipherd::probe {

/// What open() has found: a connection that has begun, or an errno.
struct Bus::Opened {
  sd_bus* bus = nullptr;
  bool direct = false;
  int descriptor = -1;
  int error = 0;
};

namespace {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;

constexpr const char* kSystemd = "org.freedesktop.systemd1";
/// systemd's own socket, for root alone. systemctl prefers it, too: it needs no dbus-daemon.
constexpr const char* kPrivateSocket = "unix:path=/run/systemd/private";
constexpr const char* kSystemBus = "unix:path=/run/dbus/system_bus_socket";
constexpr auto kSubscribeWithin = std::chrono::seconds(10);
/// The rest waits for the next turn of the loop.
constexpr int kMostAtOnce = 64;

Error unreachable(int error) {
  return fail("cannot reach systemd over D-Bus: " + std::generic_category().message(error));
}

/// A function that sd-bus calls, and sd-bus's promise to do so.
template <class Function>
struct Slot {
  explicit Slot(Function to_call) : function(std::move(to_call)) {}
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  ~Slot() { sd_bus_slot_unref(slot); }
  Function function;
  sd_bus_slot* slot = nullptr;
};
using ReplySlot = Slot<Bus::OnReply>;
using SignalSlot = Slot<Bus::OnSignal>;

std::string words_of(sd_bus_message* reply) {
  const sd_bus_error* error = sd_bus_message_get_error(reply);
  const std::string words(error->message != nullptr ? error->message : error->name);
  // sd-bus says that itself, when the time is over or the connection is lost.
  const bool is_ours = sd_bus_error_has_name(error, SD_BUS_ERROR_NO_REPLY) > 0;
  return (is_ours ? "cannot reach systemd over D-Bus: " : "systemd says over D-Bus: ") + words;
}

int on_reply(sd_bus_message* reply, void* data, sd_bus_error*) {
  // The function may end its own slot.
  const auto done = std::exchange(static_cast<ReplySlot*>(data)->function, nullptr);
  if (sd_bus_message_is_method_error(reply, nullptr) > 0) {
    done(fail(words_of(reply)));
  } else {
    done(reply);
  }
  return 0;
}

int on_match(sd_bus_message* message, void* data, sd_bus_error*) {
  const auto heard = static_cast<SignalSlot*>(data)->function;
  heard(*message);
  return 0;
}

/// Begins to connect. The kernel says at once whether anybody listens; all else comes later.
int begin(const char* address, bool is_message_bus, sd_bus** bus) {
  int result = sd_bus_new(bus);
  if (result >= 0) result = sd_bus_set_address(*bus, address);
  if (result >= 0) result = sd_bus_set_bus_client(*bus, is_message_bus ? 1 : 0);
  if (result >= 0) result = sd_bus_start(*bus);
  if (result < 0) *bus = sd_bus_close_unref(*bus);
  return result;
}

}  // namespace

// ------------------------------------------------------------------------- connection

Bus::Opened Bus::open() {
  Opened opened;
  opened.direct = ::geteuid() == 0 && begin(kPrivateSocket, false, &opened.bus) >= 0;
  if (!opened.direct) {
    const char* given = ::secure_getenv("DBUS_SYSTEM_BUS_ADDRESS");
    const int result = begin(given != nullptr ? given : kSystemBus, true, &opened.bus);
    if (result < 0) {
      opened.error = -result;
      return opened;
    }
  }
  opened.descriptor = ::fcntl(sd_bus_get_fd(opened.bus), F_DUPFD_CLOEXEC, 0);
  if (opened.descriptor < 0) {
    opened.error = errno;
    opened.bus = sd_bus_close_unref(opened.bus);
  }
  return opened;
}

Result<std::shared_ptr<Bus>> Bus::connected(asio::io_context& io) {
  auto& known = OneOfLoop<Bus>::of(io);
  std::shared_ptr<Bus> bus = known.lock();
  if (bus && bus->alive_) return bus;
  const Opened opened = open();
  if (opened.bus == nullptr) return unreachable(opened.error);
  bus.reset(new Bus(io, opened));
  known = bus;
  bus->process_soon();
  return bus;
}

Bus::Bus(asio::io_context& io, const Opened& opened)
    : io_(io),
      bus_(opened.bus),
      direct_(opened.direct),
      descriptor_(io, opened.descriptor),
      timer_(io) {}

Bus::~Bus() { sd_bus_close_unref(bus_); }

void Bus::end() {
  if (!std::exchange(alive_, false)) return;
  boost::system::error_code ignored;
  descriptor_.close(ignored);
  timer_.cancel();
  for (const auto& observer : std::exchange(lost_, {})) {
    if (const auto lost = observer.lock()) (*lost)();
  }
}

/// Never from within a request: what it finds may be the answer.
void Bus::process_soon() {
  if (std::exchange(soon_, true)) return;
  asio::post(io_, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->soon_ = false;
    self->process();
  });
}

void Bus::process() {
  for (int count = 0; alive_ && count < kMostAtOnce; ++count) {
    const int result = sd_bus_process(bus_, nullptr);
    if (result < 0) end();  // those that waited for an answer have been told
    if (result == 0) {
      arm();
      return;
    }
  }
  if (alive_) process_soon();
}

void Bus::arm() {
  const int events = sd_bus_get_events(bus_);
  if (events > 0 && (events & POLLIN) != 0) wait_for(stream_descriptor::wait_read, reading_);
  if (events > 0 && (events & POLLOUT) != 0) wait_for(stream_descriptor::wait_write, writing_);
  std::uint64_t at = std::numeric_limits<std::uint64_t>::max();
  if (sd_bus_get_timeout(bus_, &at) < 0 || at == std::numeric_limits<std::uint64_t>::max()) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(std::chrono::steady_clock::time_point(
      saturated(std::chrono::duration<std::uint64_t, std::micro>(at))));
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self) self->process();
  });
}

void Bus::wait_for(stream_descriptor::wait_type what, bool& waiting) {
  if (std::exchange(waiting, true)) return;
  descriptor_.async_wait(
      what, [weak = weak_from_this(), &waiting](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (!self) return;
        waiting = false;
        if (!error) self->process();
      });
}

// --------------------------------------------------------------------------- requests

Result<BusMessage> Bus::method(const char* path, const char* interface, const char* member) {
  sd_bus_message* message = nullptr;
  int result = sd_bus_message_new_method_call(bus_, &message, direct_ ? nullptr : kSystemd, path,
                                              interface, member);
  if (result < 0) return unreachable(-result);
  BusMessage made(message);
  // D-Bus is not to start a systemd.
  result = sd_bus_message_set_auto_start(message, 0);
  if (result < 0) return unreachable(-result);
  return made;
}

Result<BusSlot> Bus::call(const BusMessage& message, Duration timeout, OnReply done) {
  auto slot = std::make_shared<ReplySlot>(std::move(done));
  const auto limit = std::chrono::ceil<std::chrono::microseconds>(timeout).count();
  const int result = sd_bus_call_async(bus_, &slot->slot, message.get(), on_reply, slot.get(),
                                       static_cast<std::uint64_t>(limit));
  if (result < 0) return unreachable(-result);
  process_soon();
  return BusSlot(std::move(slot));
}

Result<BusSlot> Bus::on_signal(const char* path, const char* interface, const char* member,
                               OnSignal heard) {
  auto slot = std::make_shared<SignalSlot>(std::move(heard));
  const int result =
      sd_bus_match_signal_async(bus_, &slot->slot, direct_ ? nullptr : kSystemd, path, interface,
                                member, on_match, nullptr, slot.get());
  if (result < 0) return unreachable(-result);
  process_soon();
  const auto subscribed = subscribe();
  if (!subscribed) return subscribed.error();
  return BusSlot(std::move(slot));
}

/// systemd sends its signals to a message bus only if a client there has asked for it.
Result<void> Bus::subscribe() {
  if (direct_ || subscription_) return {};
  auto message = method(kManagerPath, kManager, "Subscribe");
  if (!message) return message.error();
  auto slot = call(*message, kSubscribeWithin, [this](const Result<sd_bus_message*>& reply) {
    if (!reply) end();
  });
  if (!slot) return slot.error();
  subscription_ = std::move(*slot);
  return {};
}

BusSlot Bus::on_lost(std::function<void()> lost) {
  auto slot = std::make_shared<std::function<void()>>(std::move(lost));
  std::erase_if(lost_, [](const auto& observer) { return observer.expired(); });
  lost_.push_back(slot);
  return slot;
}

}  // namespace vipherd::probe
