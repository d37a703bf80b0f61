// Everything that goes wrong, and the people who make it so.
#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "sim/world.hpp"

namespace vipherd::sim {

using namespace model;
using namespace std::chrono_literals;

namespace {

IpAddress address(std::uint64_t number) {
  // Every fourth VIP is an IPv6 one.
  const std::string text = number % 4 == 3 ? "2001:db8:10::" + std::to_string(number)
                                           : "10.10.10." + std::to_string(10 + number);
  return IpAddress::parse(text).value();
}

/// The command of this place in model::Command, said of a service: a new one is met here by itself.
template <std::size_t... Index>
Command command_at(std::size_t index, const scope::Service& service,
                   std::index_sequence<Index...>) {
  Command made;
  const auto make = [&]<std::size_t Here>() {
    if (index == Here) made = std::variant_alternative_t<Here, Command>{service};
  };
  (make.template operator()<Index>(), ...);
  return made;
}

template <class C>
concept HasTerms = requires(C command) {
  command.terms;
};

}  // namespace

std::shared_ptr<const Config> World::make_config() {
  auto config = std::make_shared<Config>();
  config->node.name = "lb1";
  config->vips.pool = {IpPrefix::parse("10.10.10.0/24").value(),
                       IpPrefix::parse("2001:db8:10::/64").value()};
  config->vips.detach_delay = chance(30) ? 0ms : between(1, 1'500);
  config->frr.min_change_interval = chance(50) ? 0ms : 1'000ms;
  if (connected_) {
    config->frr.announcer = Announcer::connected;
    config->vips.detach_delay = 0ms;
  }
  config->relay = RelayConfig{.siblings = {address(200), address(201)}};
  const std::uint64_t services = 1 + below(3);
  std::uint64_t next_vip = below(3);
  for (std::uint64_t index = 0; index < services; ++index) {
    ServiceConfig service;
    service.name = "service" + std::to_string(index);
    service.vrf = vrf_;
    service.enabled = !chance(10);
    service.attach = chance(25) && !connected_ ? AttachPolicy::always : AttachPolicy::when_up;
    service.route.tag = chance(80) ? 100 : 200;
    const std::uint64_t vips = 1 + below(3);
    for (std::uint64_t vip = 0; vip < vips; ++vip) service.vips.push_back(address(next_vip++));
    const std::uint64_t checks = 1 + below(3);
    for (std::uint64_t number = 0; number < checks; ++number) {
      CheckConfig check;
      check.name = "check" + std::to_string(number);
      check.type = "tcp";
      check.interval = between(200, 1'500);
      check.fast_interval = std::min<Duration>(check.interval, between(50, 400));
      check.timeout = between(50, 600);
      check.rise = static_cast<std::uint32_t>(1 + below(3));
      check.fall = static_cast<std::uint32_t>(1 + below(3));
      if (chance(30)) check.fall_window = check.fall + static_cast<std::uint32_t>(below(5));
      check.down_interval = chance(50) ? check.interval : between(200, 2'500);
      if (chance(30)) check.jitter = between(1, 200);
      check.refused_decides = chance(50);
      // The first one decides.
      check.advisory = number > 0 && chance(20);
      if (service.attach == AttachPolicy::always && chance(30)) {
        check.needed_vips = {service.vips[below(service.vips.size())]};
      }
      if (chance(30)) check.watch_connections = {{"127.0.0.1:80", ""}};
      service.checks.push_back(check);
    }
    service.needs.mode = static_cast<Needs::Mode>(below(3));
    if (service.needs.mode == Needs::Mode::count) {
      const auto deciding = std::ranges::count(service.checks, false, &CheckConfig::advisory);
      service.needs.count =
          static_cast<std::uint32_t>(1 + below(static_cast<std::uint64_t>(deciding)));
    }
    service.fail_open = chance(30);
    service.drain.hold = between(0, 3'000);
    service.drain.timeout = between(0, 5'000);
    service.drain.route.tag = 900;
    service.weighting = static_cast<Weighting>(below(3));
    service.weight = static_cast<std::uint32_t>(1 + below(100));
    service.weigh_health = chance(30);
    if (chance(30)) service.on_all_down = OnAllDown::hold;
    if (chance(30)) service.watch.unit = "nginx.service";
    if (chance(30)) service.watch.pid_file = "/run/nginx.pid";
    // Short enough to be over when convergence is demanded.
    if (chance(30)) service.damping = Damping{between(1'000, 5'000), 2'000, 1'000, 30s};
    config->services.push_back(service);
  }
  return config;
}

/// The health of a service holds over a reload until its new checks have spoken; the old
/// results of a check that was redefined say nothing any more.
void World::forget_changed_checks(const Config& before) {
  held_.clear();
  std::map<CheckId, CheckConfig> unchanged;
  for (const ServiceConfig& service : before.services) {
    held_.insert(service.name);
    if (!service.enabled) continue;
    for (const CheckConfig& check : service.checks) {
      unchanged.emplace(CheckId{service.name, check.name}, check);
    }
  }
  for (const ServiceConfig& service : config_->services) {
    // So do announcements that move to a service with a new name.
    const auto announced = [this](const IpAddress& vip) {
      const auto found = core_.state().vips.find(vip);
      return found != core_.state().vips.end() && found->second.desired.wanted;
    };
    if (std::ranges::all_of(service.vips, announced)) held_.insert(service.name);
    for (const CheckConfig& check : service.checks) {
      const CheckId id{service.name, check.name};
      const auto found = unchanged.find(id);
      if (found == unchanged.end() || found->second != check) seen_[id].results.clear();
    }
  }
}

void World::reload() {
  if (!alive_ || stopping_) return;
  note("-- reload");
  if (chance(20)) {
    const Event rejected = event::ConfigRejected{"vipherd.toml:3:1: unknown key"};
    return deliver(rejected);
  }
  const auto before = std::exchange(config_, make_config());
  forget_changed_checks(*before);
  commands_.push_back(now_);
  down_since_.clear();  // VIPs may belong to other services now
  deliver(event::ConfigApplied{config_});
}

bool World::is_drained(const std::string& service, const IpAddress& vip) const {
  return operators_.node_drained || operators_.drained_services.contains(service) ||
         operators_.drained_vips.contains(vip);
}

void World::command() {
  constexpr std::size_t kCommands = std::variant_size_v<Command>;
  const ServiceConfig& service = config_->services[below(config_->services.size())];
  Command said = command_at(below(kCommands), scope::Service{service.name},
                            std::make_index_sequence<kCommands>{});
  std::visit(
      [&](auto& one) {
        if constexpr (std::is_same_v<decltype(one.scope), Scope>) {
          if (chance(30)) one.scope = scope::Node{};
          if (chance(30)) one.scope = scope::Vip{service.vips.front()};
        }
      },
      said);
  if (auto* weight = std::get_if<command::Weight>(&said)) {
    const auto percent = static_cast<std::uint32_t>(below(101));
    if (percent > 0) weight->percent = percent;
  }
  std::visit(
      [&](auto& one) {
        if constexpr (HasTerms<std::decay_t<decltype(one)>>) {
          if (chance(50)) one.terms.lasts = between(1'000, 20'000);
        }
      },
      said);
  commands_.push_back(now_);
  note("-- operator: " + std::string(name_of(said)) + " " + to_string(scope_of(said)));
  deliver(event::OperatorCommand{std::move(said), "", wall()});
}

void World::schedule_mischief() {
  later(between(50, 1'500), [this] {
    if (!faults_) return;
    make_mischief();
    schedule_mischief();
  });
}

/// An operator gives a neighbour the address of a VIP, or another one again.
void World::change_surroundings() {
  event::SurroundingsRead read;
  if (taken_.empty()) {
    const IpAddress vip = address(below(9));
    note("-- the gateway is " + vip.to_string());
    read.all.push_back(
        {Neighbourhood::Kind::gateway, IpPrefix{vip, vip.host_length()}, "eth0", vrf_});
  } else {
    note("-- the gateway is no VIP");
  }
  deliver(std::move(read));
}

void World::make_mischief() {
  const std::uint64_t dice = below(100);
  if (dice < 40) {
    if (healthy_.empty()) return;
    auto position = healthy_.begin();
    std::advance(position, static_cast<std::ptrdiff_t>(below(healthy_.size())));
    position->second = !position->second;
    wake_watchers(position->first);
    note("-- " + position->first.to_string() + (position->second ? " works" : " is broken"));
  } else if (dice < 50) {
    overrun();
  } else if (dice < 60) {
    if (zebra_up_) {
      kill_zebra();
      later(between(10, 3'000), [this] {
        if (!zebra_up_) start_zebra();
      });
    }
  } else if (dice < 70) {
    const IpAddress vip = address(below(9));
    Local& local = local_[vip];
    // Another program adds an address, or removes it, or removes ours.
    if (local.foreign) {
      local.foreign = false;
    } else if (local.ours) {
      local.ours = false;
    } else {
      local.foreign = chance(50);
    }
    note("-- another program changes " + vip.to_string() + " to " +
         std::string(to_string(kernel_route(vip))));
    kernel_changed(vip);
  } else if (dice < 72) {
    // Another client of our route type closes, and zebra takes our routes along.
    const auto flushed = std::exchange(rib_, {});
    for (const auto& [vip, route] : flushed) {
      if (session_ != 0 && !other_route_wins_.contains(vip)) notify(vip, RouteOutcome::removed);
    }
  } else if (dice < 76) {
    const IpAddress vip = address(below(9));
    if (other_route_wins_.erase(vip) > 0) {
      if (rib_.contains(vip)) notify(vip, RouteOutcome::installed);
    } else {
      other_route_wins_.insert(vip);
      if (rib_.contains(vip)) notify(vip, RouteOutcome::not_selected);
    }
  } else if (dice < 77) {
    if (alive_) rave();
  } else if (dice < 79) {
    if (alive_) change_surroundings();
  } else if (dice < 84) {
    if (!alive_ || stopping_) return;
    command();
  } else if (dice < 90) {
    reload();
  } else if (dice < 95) {
    if (alive_) crash_agent();
    later(between(10, 2'000), [this] {
      if (!alive_) start_agent();
    });
  } else if (alive_ && !stopping_) {
    stopping_ = true;
    const bool keep = chance(40);
    note(keep ? "-- hand over" : "-- SIGTERM");
    deliver(event::ShutdownRequested{"SIGTERM", keep});
    later(between(2'000, 15'000), [this] {
      if (!alive_) start_agent();
    });
  }
}

}  // namespace vipherd::sim
