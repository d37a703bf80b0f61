#include "kernel/session.hpp"

#include <net/if.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "vipherd/base/assert.hpp"

namespace vipherd::kernel {
namespace {

using namespace model;
namespace rtnetlink = wire::rtnetlink;
namespace asio = boost::asio;

/// Changes in one write: their acks fit the receive buffer many times over.
constexpr std::size_t kMostInBatch = 512;
/// The same for renewals, of which one part is sent in a turn of the loop: the kernel works on them
/// while we write, with 2,000 addresses for 80 us each.
constexpr std::size_t kMostRenewals = 32;
constexpr int kRequestBuffer = 4 * 1024 * 1024;
/// Datagrams read in one turn of the loop, so that a flood cannot starve everything else.
constexpr std::size_t kMostInTurn = 256;
/// More than fit the monitor's buffer.
constexpr std::size_t kMostInDrain = 200'000;
/// A lease is renewed after one to two paces, so that it survives as long a delay.
constexpr int kPacesInLease = 4;
/// Dumps made again at once; later ones wait.
constexpr std::uint32_t kEagerDumps = 5;
constexpr std::string_view kLink = "link";
constexpr auto kDumpDelay = std::chrono::milliseconds(100);

/// Whether the interface is up, from the kernel itself.
Result<bool> is_up(int descriptor, std::uint32_t index) {
  ifreq request{};
  if (if_indextoname(index, request.ifr_name) == nullptr ||
      ioctl(descriptor, SIOCGIFFLAGS, &request) != 0) {
    return fail("cannot read the flags of lo: " + describe_errno(errno));
  }
  return (request.ifr_flags & IFF_UP) != 0;
}

/// A route or an address that is there.
bool is_present(const rtnetlink::Body& body) {
  if (const auto* route = std::get_if<rtnetlink::RouteMessage>(&body)) return !route->removed;
  if (const auto* address = std::get_if<rtnetlink::AddressMessage>(&body)) return !address->removed;
  return false;
}

/// Calls take(message) for all messages of a datagram.
template <class Take>
Result<void> visit_messages(std::span<const std::uint8_t> datagram, Take take) {
  for (;;) {
    auto message = rtnetlink::decode_next(datagram);
    if (!message) return message.error();
    if (!*message) return {};
    take(**message);
  }
}

}  // namespace

Session::Session(asio::io_context& io, Means means, model::EventSink sink, Options options)
    : io_(io),
      means_(means),
      sink_(std::move(sink)),
      options_(options),
      requests_ready_(io),
      monitor_ready_(io),
      dump_delay_(io),
      buffer_(kDatagramSize) {}

Result<void> Session::start() {
  VIPHERD_ASSERT(!requests_ && !closed_);
  loopback_ = if_nametoindex("lo");
  if (loopback_ == 0) return fail("there is no interface lo");
  auto requests = NetlinkSocket::open(Blocking::no, kRequestBuffer);
  if (!requests) return requests.error();
  requests->prepare_for_requests();
  auto monitor = NetlinkSocket::open(Blocking::no, options_.monitor_buffer);
  if (!monitor) return monitor.error();
  auto table = make_table(means_, loopback_);
  if (auto subscribed = monitor->subscribe(table->groups()); !subscribed) return subscribed;
  auto up = is_up(requests->descriptor(), loopback_);
  if (!up) return up.error();
  loopback_up_ = *up;

  boost::system::error_code error;
  requests_ready_.assign(requests->descriptor(), error);
  if (!error) monitor_ready_.assign(monitor->descriptor(), error);
  if (error) return fail("cannot watch an rtnetlink socket: " + error.message());
  requests_.emplace(std::move(*requests));
  monitor_.emplace(std::move(*monitor));
  table_ = std::move(table);
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

// ------------------------------------------------------------------ what is asked of us

void Session::read(Attacher::Interest interest) {
  stale_reported_ = false;
  Read read{std::move(interest)};
  for (Job& job : jobs_) {
    if (auto* queued = std::get_if<Read>(&job)) {
      *queued = std::move(read);
      return;
    }
  }
  jobs_.emplace_back(std::move(read));
  start_jobs();
}

void Session::attach(const IpAddress& vip) {
  released_.erase(vip);
  jobs_.emplace_back(Change{Verb::attach, vip});
}

void Session::detach(const IpAddress& vip) {
  released_.insert(vip);
  jobs_.emplace_back(Change{Verb::detach, vip});
}

void Session::flush() { start_jobs(); }

std::optional<Duration> Session::renewal_pace() const {
  if (!table_->lease()) return std::nullopt;
  return *table_->lease() / kPacesInLease;
}

void Session::renew() {
  const auto pace = renewal_pace();
  const TimePoint now = std::chrono::steady_clock::now();
  if (!pace || (renewed_at_ && now < *renewed_at_ + *pace)) return;
  if (renewal_due_ || !renewals_.empty()) return;
  renewed_at_ = now;
  renewal_due_ = true;
  start_jobs();
}

// ------------------------------------------------------------------ the loop

void Session::wait_for_answers() {
  requests_ready_.async_wait(asio::posix::descriptor_base::wait_read,
                             [weak = weak_from_this()](const boost::system::error_code& error) {
                               const auto self = weak.lock();
                               if (error || !self || self->closed_) return;
                               self->take_answers(kMostInTurn);
                               self->wait_for_answers();
                               self->deliver();
                             });
}

void Session::wait_for_changes() {
  monitor_ready_.async_wait(asio::posix::descriptor_base::wait_read,
                            [weak = weak_from_this()](const boost::system::error_code& error) {
                              const auto self = weak.lock();
                              if (error || !self || self->closed_) return;
                              self->take_changes(kMostInTurn);
                              self->wait_for_changes();
                              self->deliver();
                            });
}

void Session::deliver() {
  // What comes of the changes of one turn is told together, so that all that follows from it
  // (a start's announcements) can go out together. The kernel answers at once: this is short.
  if (batch_) return;
  for (Event& event : std::exchange(events_, {})) {
    if (closed_) return;
    sink_(std::move(event));
  }
}

void Session::deliver_later() {
  asio::post(io_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->deliver();
  });
}

// ------------------------------------------------------------------ jobs

void Session::start_jobs() {
  VIPHERD_ASSERT(requests_.has_value());
  while (!batch_ && !dump_ && !jobs_.empty()) {
    if (auto* read = std::get_if<Read>(&jobs_.front())) {
      Read taken = std::move(*read);
      jobs_.pop_front();
      start_dump(std::move(taken));
    } else {
      send_batch();
    }
  }
  if (!batch_ && !dump_ && (renewal_due_ || !renewals_.empty())) renew_later();
}

void Session::send_batch() {
  heed_monitor();
  Batch batch;
  batch.first = sequence_ + 1;
  rtnetlink::Bytes datagram;
  while (!jobs_.empty() && batch.changes.size() < kMostInBatch) {
    const auto* change = std::get_if<Change>(&jobs_.front());
    if (change == nullptr) break;
    append_requests(batch, datagram, *change);
    jobs_.pop_front();
  }
  send(std::move(batch), datagram);
}

void Session::send(Batch batch, const rtnetlink::Bytes& datagram) {
  if (!events_.empty()) deliver_later();
  if (batch.changes.empty()) return;
  const auto sent = requests_->send(datagram);
  if (sent) {
    batch_ = std::move(batch);
    return;
  }
  for (const Change& change : batch.changes) fail_change(change, sent.error().what);
  deliver_later();
}

void Session::append_requests(Batch& batch, rtnetlink::Bytes& out, const Change& change) {
  const bool ours = table_->state_of(change.vip) == KernelRoute::ours;
  const std::uint32_t next = sequence_ + 1;
  Result<std::size_t> count = 0;
  switch (change.verb) {
    case Verb::attach:
      count = table_->append_attach(out, change.vip, next);
      if (!count) return fail_change(change, count.error().what);
      if (*count == 0) doubt(change.vip.to_string() + " was local already");
      break;
    case Verb::detach:
      if (table_->detach_is_blind() && !ours) {
        return doubt(described(change.vip) + " was gone already");
      }
      count = table_->append_detach(out, change.vip, next);
      if (*count == 0) doubt(described(change.vip) + " was gone already");
      break;
    case Verb::renew:
      if (!ours || released_.contains(change.vip)) return;
      count = table_->append_renewal(out, change.vip, next);
      break;
  }
  sequence_ += static_cast<std::uint32_t>(*count);
  batch.changes.insert(batch.changes.end(), *count, change);
}

void Session::renew_later() {
  if (std::exchange(renewal_posted_, true)) return;
  asio::post(io_, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->closed_) return;
    self->renewal_posted_ = false;
    // Otherwise whatever is under way comes back here when it is done.
    if (self->batch_ || self->dump_ || !self->jobs_.empty()) return;
    if (std::exchange(self->renewal_due_, false)) self->list_renewals();
    self->send_renewals();
    self->start_jobs();
    self->deliver();
  });
}

void Session::list_renewals() {
  for (const KernelVip& entry : table_->snapshot()) {
    if (entry.route == KernelRoute::ours) renewals_.push_back(entry.vip);
  }
}

void Session::send_renewals() {
  heed_monitor();
  Batch batch;
  batch.first = sequence_ + 1;
  rtnetlink::Bytes datagram;
  while (!renewals_.empty() && batch.changes.size() < kMostRenewals) {
    const Change change{Verb::renew, renewals_.front()};
    renewals_.pop_front();
    append_requests(batch, datagram, change);
  }
  send(std::move(batch), datagram);
}

void Session::heed_monitor() {
  if (table_->detach_is_blind() && !take_changes(kMostInDrain)) {
    doubt("changes come faster than they can be read");
  }
}

std::string Session::described(const IpAddress& vip) const {
  return "the " + std::string(table_->noun()) + " of " + vip.to_string();
}

void Session::fail_change(const Change& change, const std::string& reason) {
  switch (change.verb) {
    case Verb::attach:
      events_.emplace_back(event::AttachFailed{change.vip, reason});
      return;
    case Verb::detach:
      released_.erase(change.vip);
      events_.emplace_back(event::DetachFailed{change.vip, reason});
      return;
    case Verb::renew:
      doubt("cannot renew " + described(change.vip) + ": " + reason);
      return;
  }
}

// ------------------------------------------------------------------ dumps

void Session::start_dump(Read read) {
  dump_ = Dump{};
  table_->set_interest(std::move(read.interest));
  request_dump();
}

void Session::request_dump() {
  // What the monitor holds by now is older than the dump, and may have gaps after an overrun.
  const bool drained = take_changes(kMostInDrain);
  table_->forget();
  dump_->changes.clear();
  dump_->spoilt = drained ? "" : "changes come faster than they can be read";
  table_->vrfs().forget();
  request(kLink, rtnetlink::encode_vrf_dump_request(++sequence_));
}

void Session::request_next_part() {
  const VipTable::Part part = dump_->parts.front();
  dump_->parts.pop_front();
  request(table_->noun(), table_->encode_dump_request(part, ++sequence_));
}

void Session::request(std::string_view noun, const rtnetlink::Bytes& bytes) {
  dump_->noun = noun;
  dump_->sequence = sequence_;
  const auto sent = requests_->send(bytes);
  if (sent) return;
  doubt("cannot read the " + std::string(noun) + "s: " + sent.error().what);
  repeat_dump();
}

void Session::end_dump() {
  if (!take_changes(kMostInDrain)) doubt("changes come faster than they can be read");
  for (const rtnetlink::Body& body : dump_->changes) {
    if (const std::string reason = table_->doubt_after(body); !reason.empty()) doubt(reason);
    table_->apply(body);
  }
  if (!dump_->spoilt.empty()) {
    repeat_dump();
    return;
  }
  dump_.reset();
  // What was sent before the dump has been answered: only what is queued is still on its way.
  released_.clear();
  for (const Job& job : jobs_) {
    const auto* change = std::get_if<Change>(&job);
    if (change != nullptr && change->verb == Verb::detach) released_.insert(change->vip);
  }
  events_.emplace_back(event::KernelSnapshot{table_->snapshot()});
  start_jobs();
}

void Session::repeat_dump() {
  if (++dump_->attempt <= kEagerDumps) {
    request_dump();
    return;
  }
  if (!std::exchange(stale_reported_, true)) {
    events_.emplace_back(event::KernelStale{dump_->spoilt});
    deliver_later();
  }
  dump_->sequence = ++sequence_;  // late messages of this attempt are not taken for the next
  dump_delay_.expires_after(kDumpDelay);
  dump_delay_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self || self->closed_) return;
    self->request_dump();
    self->deliver();
  });
}

// ------------------------------------------------------------------ answers to requests

bool Session::take_answers(std::size_t most) {
  for (std::size_t count = 0; count < most; ++count) {
    const auto received = requests_->receive(buffer_);
    if (received.status == NetlinkSocket::Status::empty) return true;
    Result<void> understood;
    if (received.status == NetlinkSocket::Status::lost) {
      understood = fail("rtnetlink answers were lost: " + describe_errno(received.error));
    } else {
      understood = visit_messages(std::span(buffer_).first(received.size),
                                  [this](const auto& message) { take_answer(message); });
    }
    if (understood) continue;
    // Nothing says what was in there: the changes under way count as answered.
    doubt(understood.error().what);
    batch_.reset();
    if (dump_) {
      repeat_dump();
    } else {
      start_jobs();
    }
  }
  return false;
}

void Session::take_answer(const rtnetlink::Message& message) {
  if (dump_) {
    if (message.sequence == dump_->sequence) take_dump_message(message);
    return;
  }
  const auto* ack = std::get_if<rtnetlink::Ack>(&message.body);
  if (!batch_ || ack == nullptr) return;
  // Unsigned: a sequence number before the first is a very large offset.
  const std::uint32_t offset = message.sequence - batch_->first;
  if (offset >= batch_->changes.size()) return;
  take_ack(batch_->changes[offset], *ack);
  if (++batch_->answered < batch_->changes.size()) return;
  batch_.reset();
  start_jobs();
  if (!batch_ && !dump_ && !take_changes(kMostInDrain)) {
    doubt("changes come faster than they can be read");
  }
}

void Session::take_ack(const Change& change, const rtnetlink::Ack& ack) {
  if (ack.error == 0) return;
  if (change.verb == Verb::attach && ack.error == EEXIST) {
    doubt(change.vip.to_string() + " was local already");
    return;
  }
  if (change.verb != Verb::renew && ack.error == table_->gone_error()) {
    doubt(described(change.vip) + " was gone already");
    return;
  }
  std::string reason = describe_errno(ack.error);
  if (!ack.text.empty()) reason += " (" + ack.text + ")";
  fail_change(change, reason);
}

void Session::take_dump_message(const rtnetlink::Message& message) {
  const bool links = dump_->noun == kLink;
  // Other links come and go without harm: with VIPs in none of them nothing is missed.
  if (message.dump_interrupted && (!links || table_->vrfs().is_any_used())) {
    doubt("the " + std::string(dump_->noun) + "s changed while they were read");
  }
  if (const auto* link = std::get_if<rtnetlink::LinkMessage>(&message.body)) {
    table_->vrfs().apply(*link);
    return;
  }
  if (is_present(message.body)) {
    table_->apply(message.body);
    return;
  }
  int error = 0;
  if (const auto* done = std::get_if<rtnetlink::Done>(&message.body)) {
    error = done->error;
  } else if (const auto* ack = std::get_if<rtnetlink::Ack>(&message.body)) {
    error = ack->error;
  } else {
    return;
  }
  // A namespace in which no address was ever set has no table local.
  if (error != 0 && error != ENOENT) {
    doubt("cannot read the " + std::string(dump_->noun) + "s: " + describe_errno(error));
    repeat_dump();
    return;
  }
  if (links) {
    const auto parts = table_->parts();
    dump_->parts.assign(parts.begin(), parts.end());
  }
  dump_->parts.empty() ? end_dump() : request_next_part();
}

// ------------------------------------------------------------------ what the monitor says

bool Session::take_changes(std::size_t most) {
  // A buffer of its own: a dump's end reads the monitor while an answer is being taken.
  std::array<std::uint8_t, 32 * 1024> buffer;
  for (std::size_t count = 0; count < most; ++count) {
    const auto received = monitor_->receive(buffer);
    if (received.status == NetlinkSocket::Status::empty) return true;
    if (received.status == NetlinkSocket::Status::lost) {
      doubt("rtnetlink changes were lost: " + describe_errno(received.error));
      continue;
    }
    const auto understood = visit_messages(std::span(buffer).first(received.size),
                                           [this](const auto& message) { take_change(message); });
    if (!understood) doubt(understood.error().what);
  }
  return false;
}

void Session::take_change(const rtnetlink::Message& message) {
  if (const auto* link = std::get_if<rtnetlink::LinkMessage>(&message.body)) {
    take_link(*link);
  } else if (std::holds_alternative<rtnetlink::Overrun>(message.body)) {
    doubt("rtnetlink changes were lost");
  } else {
    take_body(message.body);
  }
}

void Session::take_link(const rtnetlink::LinkMessage& link) {
  const std::string vrf = table_->vrfs().apply(link);
  if (!vrf.empty()) doubt("the VRF " + vrf + " changed");
  const bool up = !link.removed && (link.flags & IFF_UP) != 0;
  if (link.index == loopback_) {
    if (std::exchange(loopback_up_, up) != up) doubt(up ? "lo came up" : "lo went down");
  } else if (!up && table_->depends_on(link.index)) {
    doubt("an interface with the address of a VIP went down");
  }
}

void Session::take_body(const rtnetlink::Body& body) {
  if (dump_) {
    dump_->changes.push_back(body);
    return;
  }
  if (const std::string reason = table_->doubt_after(body); !reason.empty()) doubt(reason);
  const auto changed = table_->apply(body);
  if (!changed) return;
  if (changed->route != KernelRoute::ours) released_.erase(changed->vip);
  events_.emplace_back(event::KernelChanged{*changed});
}

void Session::doubt(const std::string& reason) {
  if (dump_) {
    dump_->spoilt = reason;
    return;
  }
  for (const Job& job : jobs_) {
    if (std::holds_alternative<Read>(job)) return;
  }
  if (!std::exchange(stale_reported_, true)) events_.emplace_back(event::KernelStale{reason});
}

}  // namespace vipherd::kernel
