// A core with any number of VIPs, all of them announced, for benchmarks.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "core/state.hpp"
#include "vipherd/core/core.hpp"

namespace vipherd::bench {

using namespace std::chrono_literals;

inline IpAddress address(int number) {
  return IpAddress::parse("10." + std::to_string(number / 65536) + "." +
                          std::to_string(number / 256 % 256) + "." + std::to_string(number % 256))
      .value();
}

/// `services` with so many VIPs and one check each, all of them announced.
class Node {
 public:
  explicit Node(int services, int vips_of_each = 1) : vips_of_each_(vips_of_each) {
    auto config = std::make_shared<model::Config>();
    config->vips.pool = {IpPrefix::parse("10.0.0.0/8").value()};
    config->vips.detach_delay = 0ms;
    config->frr.min_change_interval = 0ms;
    for (int number = 0; number < services; ++number) {
      model::CheckConfig check;
      check.name = "check";
      check.rise = check.fall = 1;
      model::ServiceConfig service;
      service.name = "service" + std::to_string(number);
      for (const IpAddress& vip : vips_of(number)) service.vips.push_back(vip);
      service.checks = {check};
      config->services.push_back(service);
    }
    std::ranges::sort(config->services, {}, &model::ServiceConfig::name);
    feed(model::event::ConfigApplied{config});
    feed(model::event::KernelSnapshot{});
    feed(model::event::SpeakerUp{1, "FRR"});
    for (int number = 0; number < services; ++number) up(number);
  }

  void up(int number) {
    probe(number, true);
    for (const IpAddress& vip : vips_of(number)) {
      feed(model::event::KernelChanged{{vip, model::KernelRoute::ours}});
      feed(model::event::RouteStatus{1, vip, model::RouteOutcome::installed});
    }
  }
  void down(int number) {
    probe(number, false);
    confirm_down(number);
  }
  /// What the core makes of a check that fails; nothing else is as urgent.
  void fail(int number) { probe(number, false); }
  void confirm_down(int number) {
    for (const IpAddress& vip : vips_of(number)) {
      feed(model::event::RouteStatus{1, vip, model::RouteOutcome::removed});
      feed(model::event::KernelChanged{{vip, model::KernelRoute::absent}});
    }
  }

  model::Status status() const { return core_.status(now_, WallTime(now_.time_since_epoch())); }

 private:
  void feed(const model::Event& event) {
    now_ += 1ms;
    benchmark::DoNotOptimize(core_.apply(event, now_));
  }
  void probe(int number, bool pass) {
    const model::CheckId id{"service" + std::to_string(number), "check"};
    feed(model::event::OperatorCommand{model::command::Probe{model::scope::Service{id.service}}});
    const std::uint64_t generation = core_.state().checks.at(id).generation;
    feed(model::event::ProbeFinished{id, generation, {pass, "because", 1ms}});
  }

  std::vector<IpAddress> vips_of(int number) const {
    std::vector<IpAddress> vips;
    for (int vip = 0; vip < vips_of_each_; ++vip) {
      vips.push_back(address(number * vips_of_each_ + vip));
    }
    return vips;
  }

  int vips_of_each_;
  core::Core core_;
  TimePoint now_{1000s};
};

}  // namespace vipherd::bench
