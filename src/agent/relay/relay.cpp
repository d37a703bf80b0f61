#include "agent/relay/relay.hpp"

#include <algorithm>
#include <random>
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
/// Ticks between two looks at the routes to siblings, and at all else that was told the kernel.
constexpr std::uint64_t kRoutesEvery = 10;
constexpr std::uint64_t kAuditEvery = 50;
constexpr std::size_t kKeyLimit = 4096;
constexpr std::size_t kShortestKey = 16;

TimePoint moment() { return std::chrono::steady_clock::now(); }

std::uint64_t new_run() {
  std::random_device chance;
  const std::uint64_t run = std::uint64_t{chance()} << 32 | chance();
  return run == 0 ? 1 : run;
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
    : io_(io), tell_(std::move(tell)), timer_(io), siblings_(new_run()) {}

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
  if (same_config && key == key_) return;
  key_ = std::move(key);
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
  sockets_.clear();
  siblings_ = core::Siblings(new_run());
  ticks_ = 0;
  const Result<void> begun = key_ ? load() : Result<void>(key_.error());
  if (begun) {
    settle_all();
  } else {
    sockets_.clear();
    path_.reset();
    begin_at_ = moment() + kBeginAgain;
    settle(begun);
  }
  wait();
}

Result<void> Relay::load() {
  const auto own = own_addresses(config_->siblings);
  if (!own) return own.error();
  std::vector<IpAddress> others;
  for (const IpAddress& address : config_->siblings) {
    if (std::ranges::find(*own, address) == own->end()) others.push_back(address);
  }
  auto fresh = relay::DataPath::load({.port = config_->port,
                                      .token = wire::relay_token(*key_),
                                      .packets_per_second = config_->packets_per_second});
  if (!fresh) return fresh.error();
  for (const IpAddress& address : *own) {
    auto socket = HeartbeatSocket::open(
        io_, {address, heartbeat_port(*config_)}, others,
        [this, address](const IpAddress& from, std::span<const std::uint8_t> bytes) {
          take({from, address}, bytes);
        });
    if (!socket) return socket.error();
    sockets_.push_back(std::move(*socket));
  }
  if (const auto set = fresh->set_siblings(others); !set) return set;
  vips_set_ = fresh->set_vips(*vips_);
  if (!vips_set_) return vips_set_;
  siblings_.set(others, moment());
  fresh->renew(moment() + kWorksFor);
  // From here on what fails is tried again while the rest works.
  rings_set_ = set_rings(*fresh);
  attached_ = attach(*fresh);
  path_.emplace(std::move(*fresh));  // takes away those of the one before that were not replaced
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
  if (!path_) {
    if (now >= begin_at_) return begin();
    return wait();
  }
  ++ticks_;
  path_->renew(now + kWorksFor);
  for (const auto& socket : sockets_) socket->listen_again();
  siblings_.look(now);
  send(siblings_.heartbeats(handing_over_ ? Heartbeat::Kind::handing_over : Heartbeat::Kind::alive,
                            now));
  if (tell_changes() || ticks_ % kRoutesEvery == 0) rings_set_ = set_rings(*path_);
  if (ticks_ % kAuditEvery == 0) {
    attached_ = attach(*path_);
    vips_set_ = path_->set_vips(*vips_);
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

Result<void> Relay::attach(relay::DataPath& path) {
  interfaces_ = config_->interfaces;
  if (interfaces_.empty()) {
    const auto all = kernel::read_interfaces();
    if (!all) return all.error();
    interfaces_ = uplinks_among(*all);
  }
  if (interfaces_.empty()) return fail("no Ethernet interface is up and has an address");
  return path.attach(interfaces_);
}

/// What is wrong with a relay that has begun.
void Relay::settle_all() {
  for (const Result<void>* each : {&attached_, &vips_set_, &rings_set_}) {
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
    (*socket)->send(to, wire::encode_heartbeat(heartbeat, {(*socket)->own(), to}, *key_));
  }
}

void Relay::take(const wire::HeartbeatPath& path, std::span<const std::uint8_t> bytes) {
  const auto heartbeat = wire::decode_heartbeat(bytes, path, *key_);
  if (!heartbeat) {
    ++rejected_;
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
    status.siblings.push_back({.address = address.to_string(),
                               .state = {known.state, on_wall(known.since), known.reason},
                               .round_trip = known.round_trip});
  }
  if (path_) add_counters(*path_, status);
  return status;
}

}  // namespace vipherd::agent
