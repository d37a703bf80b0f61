#include "agent/relay/relay.hpp"

#include <sys/random.h>

#include <algorithm>
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
    found->connections_passed_on = counted.connections_passed_on;
    found->connections_accepted = counted.connections_accepted;
    found->connections_unowned = counted.connections_unowned;
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
  auto text = files::read(config_->key_file, model::kRelayKeyLimit);
  if (!text) return text;
  auto key = model::to_relay_key(std::move(*text));
  if (key) return key;
  return fail(config_->key_file + " " + key.error().what);
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
  condition_ = {};
  tell_(LogLevel::info, "the relay ends: it is not configured any more",
        {.kind = StateChange::Kind::relay, .state = "off"});
}

void Relay::set_vips(std::vector<IpAddress> vips) {
  const bool first = !vips_;
  vips_ = std::move(vips);
  if (!config_ || closed_) return;
  if (first) return begin();
  if (!path_) return;
  condition_.vips_set(path_->set_vips(*vips_));
  settle();
}

/// With everything anew. What was there works until the new programs have taken its place.
void Relay::begin() {
  if (!key_read_) key_read_ = read_key();
  const Result<void> begun = key_read_ ? load(*key_read_) : Result<void>(key_read_.error());
  condition_.begun(begun, path_.has_value());
  begin_at_ = moment() + kBeginAgain;
  settle();
  wait();
}

Result<void> Relay::load(const std::string& key) {
  const auto own = kernel::own_among(config_->siblings);
  if (!own) return own.error();
  const auto place = core::place_among(config_->siblings, *own);
  if (!place) return place.error();
  auto fresh = relay::DataPath::load({.port = config_->port,
                                      .token = wire::relay_token(key),
                                      .packets_per_second = config_->packets_per_second});
  if (!fresh) return fresh.error();
  if (auto set = fresh->set_siblings(place->others); !set) return set;
  if (auto set = fresh->set_vips(*vips_); !set) return set;
  const auto run = new_run();
  if (!run) return run.error();
  if (auto opened = open_sockets(*place); !opened) return opened;
  key_ = key;
  own_ = *own;
  siblings_ = core::Siblings(*run);
  siblings_.set(place->others, moment());
  fresh->renew(moment() + kWorksFor);
  // From here on what fails is tried again while the rest works.
  condition_.vips_set({});
  condition_.rings_set(set_rings(*fresh));
  condition_.attached(attach(*fresh));
  path_.emplace(std::move(*fresh));
  // Siblings have not heard of this node since the sockets before were closed.
  send(siblings_.heartbeats(Heartbeat::Kind::alive, moment()));
  return {};
}

/// They take the ports of those before. Without them it is not known who is alive: then nothing may
/// be passed on.
Result<void> Relay::open_sockets(const core::RelayPlace& place) {
  sockets_.clear();
  for (const IpAddress& address : place.own) {
    auto socket = HeartbeatSocket::open(
        io_, {address, heartbeat_port(*config_)}, place.others,
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
  if (!condition_.has_begun() && now >= begin_at_) return begin();
  if (!path_) return wait();
  ++ticks_;
  path_->renew(now + kWorksFor);
  for (const auto& socket : sockets_) socket->listen_again();
  siblings_.look(now);
  send(siblings_.heartbeats(handing_over_ ? Heartbeat::Kind::handing_over : Heartbeat::Kind::alive,
                            now));
  const bool due = ticks_ % kAuditEvery == 0;
  if (due && condition_.has_begun() && !handing_over_ && own_addresses_changed()) return begin();
  if (tell_changes() || due) condition_.rings_set(set_rings(*path_));
  if (due) {
    condition_.attached(attach(*path_));
    if (condition_.vips_failed()) condition_.vips_set(path_->set_vips(*vips_));
  }
  settle();
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

void Relay::settle() {
  const auto changed = condition_.settle(moment());
  if (!changed) return;
  const bool works = changed->state == RelayState::working;
  tell_(works ? LogLevel::info : LogLevel::error,
        "the relay " + std::string(works ? "works" : "does not work") + ": " + changed->reason,
        {.kind = StateChange::Kind::relay, .state = to_string(changed->state)});
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
  if (!heartbeat) return siblings_.reject(path.from, heartbeat.error().what, moment());
  if (auto answer = siblings_.hear(path.from, *heartbeat, moment())) send({*answer});
  if (!path_ || !tell_changes()) return;
  condition_.rings_set(set_rings(*path_));
  settle();
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
  const auto& shown = condition_.shown();
  status.state = {RelayState::failed, wall, "not begun yet"};
  if (shown) status.state = {shown->state, on_wall(shown->since), shown->reason};
  status.interfaces = interfaces_;
  status.vips = vips_ ? vips_->size() : 0;
  status.rejected_heartbeats = siblings_.rejected();
  for (const auto& socket : sockets_) status.own.push_back(socket->own().to_string());
  for (const auto& [address, known] : siblings_.known()) {
    auto& sibling = status.siblings.emplace_back();
    sibling.address = address.to_string();
    sibling.state = {known.state, on_wall(known.since), known.reason};
    sibling.round_trip = known.round_trip;
  }
  if (status.state.state == RelayState::working && siblings_.is_alone()) {
    status.state.reason = "no sibling is alive: there is none to pass connections on to";
  }
  if (path_) add_counters(*path_, status);
  return status;
}

}  // namespace vipherd::agent
