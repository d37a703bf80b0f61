#include "agent/relay/relay.hpp"

#include <sys/random.h>

#include <algorithm>
#include <set>
#include <utility>

#include "agent/relay/uplinks.hpp"
#include "vipherd/files/files.hpp"
#include "vipherd/kernel/interfaces.hpp"
#include "vipherd/kernel/own_addresses.hpp"

namespace vipherd::agent {
namespace {

using model::Heartbeat;
using model::LogLevel;
using model::RelayState;
using model::SiblingState;
using model::StateChange;

/// An agent that hangs stops relaying after this.
constexpr Duration kWorksFor = std::chrono::seconds(1);
constexpr Duration kBeginAgain = std::chrono::seconds(2);
/// Ticks between two looks at what may change in the kernel: routes to siblings, own addresses,
/// interfaces, filters.
constexpr std::uint64_t kAuditEvery = 10;
/// An interface may go while it is looked at.
constexpr int kFailuresToTell = 2;
/// What was wrong with a sibling's heartbeats is told as long as it is new.
constexpr Duration kRejectionValid = std::chrono::seconds(1);
constexpr std::size_t kKeyLimit = 4096;
constexpr std::size_t kShortestKey = 16;

TimePoint moment() { return std::chrono::steady_clock::now(); }

Result<std::uint64_t> new_run() {
  std::uint64_t run = 0;
  if (::getrandom(&run, sizeof run, 0) != sizeof run)
    return fail("the kernel has no random number");
  return std::max(run, std::uint64_t{1});
}

std::uint16_t heartbeat_port(const model::RelayConfig& config) {
  return static_cast<std::uint16_t>(config.port + 1);
}

/// One a family at most, or a sentence.
Result<std::vector<IpAddress>> own_addresses(const std::vector<IpAddress>& siblings) {
  auto own = kernel::own_among(siblings);
  if (!own) return own;
  if (own->empty()) return fail("none of relay.siblings is an address of this node");
  std::set<Family> families;
  for (const IpAddress& address : *own) {
    if (families.insert(address.family()).second) continue;
    return fail("relay.siblings has two addresses of this node, " + own->front().to_string() +
                " and " + address.to_string() + ", expected one of each family at most");
  }
  return own;
}

void add_counters(const relay::DataPath& path, model::RelayStatus& status) {
  const auto counters = path.counters();
  if (!counters) return;
  status.too_big = counters->too_big;
  status.rate_limited = counters->rate_limited;
  status.untouched = counters->untouched;
  status.strangers = counters->strangers;
  for (const relay::SiblingCounters& counted : counters->siblings) {
    const auto found = std::ranges::find(status.siblings, counted.sibling.to_string(),
                                         &model::SiblingStatus::address);
    if (found == status.siblings.end()) continue;
    found->passed_on = counted.passed_on;
    found->forwarded = counted.forwarded;
    found->accepted = counted.accepted;
    found->unowned = counted.unowned;
    found->dropped = counted.undeliverable + counted.malformed + counted.rate_limited;
  }
}

}  // namespace

Relay::Relay(boost::asio::io_context& io, Tell tell)
    : io_(io), tell_(std::move(tell)), timer_(io), siblings_(0) {}

Relay::~Relay() { close(); }

Result<std::string> Relay::read_key() const {
  if (!config_ || config_->key_file.empty()) {
    return Result<std::string>(boost::system::in_place_value);  // none
  }
  auto key = files::read(config_->key_file, kKeyLimit);
  if (!key) return key;
  key->erase(key->find_last_not_of(" \t\r\n") + 1);
  if (key->size() >= kShortestKey) return key;
  return fail(config_->key_file + " holds " + std::to_string(key->size()) +
              " bytes, expected a key of at least " + std::to_string(kShortestKey));
}

void Relay::use(const std::optional<model::RelayConfig>& config) {
  const bool same_config = config_ == config;
  config_ = config;
  auto key = read_key();
  if (same_config && key == key_read_) return;
  key_read_ = std::move(key);
  if (config_) {
    // Before it is known what is local, a predecessor's programs know better.
    if (vips_) begin();
    return;
  }
  timer_.cancel();
  say_goodbye();
  sockets_.clear();
  path_.reset();
  vips_.reset();
  interfaces_.clear();
  begun_ = {};
  since_ = {};
  tell_(LogLevel::info, "the relay ends: it is not configured any more",
        {.kind = StateChange::Kind::relay, .state = "off"});
}

void Relay::set_vips(std::vector<IpAddress> vips) {
  const bool first = !vips_;
  vips_ = std::move(vips);
  if (!config_ || closed_) return;
  if (first) return begin();
  if (!path_) return;
  vips_set_ = path_->set_vips(*vips_);
  settle_all();
}

/// With everything anew. What was there works until the new programs have taken its place.
void Relay::begin() {
  if (!key_read_) key_read_ = read_key();
  begun_ = key_read_ ? load(*key_read_) : Result<void>(key_read_.error());
  begin_at_ = moment() + kBeginAgain;
  settle_all();
  wait();
}

Result<void> Relay::load(const std::string& key) {
  const auto own = own_addresses(config_->siblings);
  if (!own) return own.error();
  std::vector<IpAddress> others;
  for (const IpAddress& address : config_->siblings) {
    if (std::ranges::find(*own, address) == own->end()) others.push_back(address);
  }
  auto fresh = relay::DataPath::load({.port = config_->port,
                                      .token = wire::relay_token(key),
                                      .packets_per_second = config_->packets_per_second});
  if (!fresh) return fresh.error();
  if (const auto set = fresh->set_siblings(others); !set) return set;
  if (const auto set = fresh->set_vips(*vips_); !set) return set;
  const auto run = new_run();
  if (!run) return run.error();
  if (const auto opened = open_sockets(*own, others); !opened) return opened;
  key_ = key;
  own_ = *own;
  siblings_ = core::Siblings(*run);
  siblings_.set(others, moment());
  fresh->renew(moment() + kWorksFor);
  // From here on what fails is tried again while the rest works.
  vips_set_ = {};
  rings_set_ = set_rings(*fresh);
  attached_ = attach(*fresh);
  path_.emplace(std::move(*fresh));  // takes away those of the one before that were not replaced
  // Siblings have not heard of this node since the sockets before were closed.
  send(siblings_.heartbeats(Heartbeat::Kind::alive, moment()));
  return {};
}

/// They take the ports of those before. Without them it is not known who is alive: then nothing may
/// be passed on.
Result<void> Relay::open_sockets(const std::vector<IpAddress>& own,
                                 const std::vector<IpAddress>& others) {
  sockets_.clear();
  for (const IpAddress& address : own) {
    auto socket = HeartbeatSocket::open(
        io_, {address, heartbeat_port(*config_)}, others,
        [this, address](const IpAddress& from, std::span<const std::uint8_t> bytes) {
          take({from, address}, bytes);
        });
    if (!socket) {
      sockets_.clear();
      path_.reset();
      return socket.error();
    }
    sockets_.push_back(std::move(*socket));
  }
  return {};
}

// ------------------------------------------------------------------------------- time

void Relay::wait() {
  timer_.expires_after(core::kHeartbeatEvery);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || closed_ || !config_) return;
    tick();
  });
}

void Relay::tick() {
  const TimePoint now = moment();
  if (!vips_) return wait();
  if (!begun_ && now >= begin_at_) return begin();
  if (!path_) return wait();
  ++ticks_;
  path_->renew(now + kWorksFor);
  for (const auto& socket : sockets_) socket->listen_again();
  siblings_.look(now);
  send(siblings_.heartbeats(handing_over_ ? Heartbeat::Kind::handing_over : Heartbeat::Kind::alive,
                            now));
  const bool due = ticks_ % kAuditEvery == 0;
  if (due && begun_ && !handing_over_ && own_addresses_changed()) return begin();
  if (tell_changes() || due) rings_set_ = set_rings(*path_);
  if (due) {
    const auto attached = attach(*path_);
    attach_failures_ = attached ? 0 : attach_failures_ + 1;
    if (attached || attach_failures_ >= kFailuresToTell) attached_ = attached;
    if (!vips_set_) vips_set_ = path_->set_vips(*vips_);
  }
  settle_all();
  wait();
}

/// A route to the first of each ring is asked for: routes may have changed.
Result<void> Relay::set_rings(relay::DataPath& path) {
  Result<void> first{};
  for (const auto& socket : sockets_) {
    const IpAddress& own = socket->own();
    const auto set = path.set_ring(own.family(), {own, siblings_.ring(own)});
    if (first && !set) first = set;
  }
  return first;
}

/// One comes late: an IPv6 address is not the node's own before no other node was found to have it.
bool Relay::own_addresses_changed() const {
  const auto own = kernel::own_among(config_->siblings);
  return own && *own != own_;
}

Result<void> Relay::attach(relay::DataPath& path) {
  std::vector<std::string> interfaces = config_->interfaces;
  if (interfaces.empty()) {
    const auto all = kernel::read_interfaces();
    if (!all) return all.error();
    interfaces = uplinks_among(*all);
  }
  if (interfaces.empty()) return fail("no Ethernet interface is up and has an address");
  auto attached = path.attach(interfaces);
  interfaces_ = std::move(interfaces);
  return attached;
}

/// What is wrong, if anything is.
void Relay::settle_all() {
  if (!begun_ && path_) {
    return settle(fail(begun_.error().what + "; what was in force before works on"));
  }
  for (const Result<void>* each : {&begun_, &attached_, &vips_set_, &rings_set_}) {
    if (!*each) return settle(*each);
  }
  settle({});
}

void Relay::settle(const Result<void>& result) {
  const RelayState state = result ? RelayState::working : RelayState::failed;
  const std::string why = result ? "connections of other nodes are passed on" : result.error().what;
  if (since_ != TimePoint{} && state == state_ && why == why_) return;
  if (since_ == TimePoint{} || state != state_) since_ = moment();
  state_ = state;
  why_ = why;
  tell_(result ? LogLevel::info : LogLevel::error,
        "the relay " + std::string(result ? "works" : "does not work") + ": " + why,
        {.kind = StateChange::Kind::relay, .state = to_string(state)});
}

// ------------------------------------------------------------------------- heartbeats

void Relay::send(const std::vector<core::Siblings::Outgoing>& heartbeats) {
  for (const auto& [to, heartbeat] : heartbeats) {
    const auto socket = std::ranges::find_if(sockets_, [&family = to](const auto& one) {
      return one->own().family() == family.family();
    });
    if (socket == sockets_.end()) continue;
    (*socket)->send(to, wire::encode_heartbeat(heartbeat, {(*socket)->own(), to}, key_));
  }
}

void Relay::take(const wire::HeartbeatPath& path, std::span<const std::uint8_t> bytes) {
  const auto heartbeat = wire::decode_heartbeat(bytes, path, key_);
  if (!heartbeat) {
    ++rejected_;
    rejection_ = {path.from, heartbeat.error().what, moment()};
    return;
  }
  if (auto answer = siblings_.hear(path.from, *heartbeat, moment())) send({std::move(*answer)});
  if (!path_ || !tell_changes()) return;
  rings_set_ = set_rings(*path_);
  settle_all();
}

/// True: the rings are others now.
bool Relay::tell_changes() {
  const auto changes = siblings_.take_changes();
  for (const auto& [sibling, state, reason] : changes) {
    tell_(state == SiblingState::silent ? LogLevel::warning : LogLevel::info,
          "the relay's sibling " + sibling.to_string() + " is " +
              (state == SiblingState::left ? "gone" : std::string(to_string(state))) + ": " +
              reason,
          {.kind = StateChange::Kind::sibling, .state = to_string(state)});
  }
  return !changes.empty();
}

void Relay::say_goodbye() {
  if (path_) send(siblings_.heartbeats(Heartbeat::Kind::leaving, moment()));
}

// -------------------------------------------------------------------------------- end

void Relay::hand_over() {
  handing_over_ = true;
  if (path_) send(siblings_.heartbeats(Heartbeat::Kind::handing_over, moment()));
}

void Relay::close() {
  if (std::exchange(closed_, true)) return;
  timer_.cancel();
  if (handing_over_ && path_) {
    path_->renew(moment() + core::kSuccessorPatience);
    path_->leave();
  } else {
    say_goodbye();
  }
  sockets_.clear();
  path_.reset();
}

std::optional<model::RelayStatus> Relay::status(TimePoint now, WallTime wall) const {
  if (!config_) return std::nullopt;
  model::RelayStatus status;
  const auto on_wall = [&](TimePoint at) { return wall - (now - at); };
  status.state = {state_, on_wall(since_), why_};
  if (since_ == TimePoint{}) status.state = {RelayState::failed, wall, "not begun yet"};
  status.interfaces = interfaces_;
  status.vips = vips_ ? vips_->size() : 0;
  status.rejected_heartbeats = rejected_ + siblings_.rejected();
  for (const auto& socket : sockets_) status.own.push_back(socket->own().to_string());
  for (const auto& [address, known] : siblings_.known()) {
    auto& sibling = status.siblings.emplace_back();
    sibling.address = address.to_string();
    sibling.state = {known.state, on_wall(known.since), known.reason};
    sibling.round_trip = known.round_trip;
    const bool rejected = rejection_.from == address && now < rejection_.at + kRejectionValid;
    if (rejected && known.state == SiblingState::silent) {
      sibling.state.reason = "what comes from it is not believed: " + rejection_.why;
    }
  }
  const bool alone = std::ranges::none_of(status.siblings, [](const model::SiblingStatus& one) {
    return one.state.state == SiblingState::alive || one.state.state == SiblingState::unknown;
  });
  if (state_ == RelayState::working && alone) {
    status.state.reason = "no sibling is alive: there is none to pass connections on to";
  }
  if (path_) add_counters(*path_, status);
  return status;
}

}  // namespace vipherd::agent
