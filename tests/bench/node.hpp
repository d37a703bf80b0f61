// A core with any number of VIPs, all of them announced, for benchmarks.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <string>

#include "core/state.hpp"
#include "vipherd/core/core.hpp"

namespace vipherd::bench {

using namespace std::chrono_literals;

inline IpAddress address(int number) {
  return IpAddress::parse("10." + std::to_string(number / 65536) + "." +
                          std::to_string(number / 256 % 256) + "." + std::to_string(number % 256))
      .value();
}

/// `vips` services with one VIP and one check each, all of them announced.
class Node {
 public:
  explicit Node(int vips) {
    auto config = std::make_shared<model::Config>();
    config->vips.pool = {IpPrefix::parse("10.0.0.0/8").value()};
    config->vips.detach_delay = 0ms;
    config->frr.min_change_interval = 0ms;
    for (int number = 0; number < vips; ++number) {
      model::CheckConfig check;
      check.name = "check";
      check.rise = check.fall = 1;
      model::ServiceConfig service;
      service.name = "service" + std::to_string(number);
      service.vips = {address(number)};
      service.checks = {check};
      config->services.push_back(service);
    }
    std::ranges::sort(config->services, {}, &model::ServiceConfig::name);
    feed(model::event::ConfigApplied{config});
    feed(model::event::KernelSnapshot{});
    feed(model::event::SpeakerUp{1, "FRR"});
    for (int number = 0; number < vips; ++number) up(number);
  }

  void up(int number) {
    probe(number, true);
    feed(model::event::KernelChanged{{address(number), model::KernelRoute::ours}});
    feed(model::event::RouteStatus{1, address(number), model::RouteOutcome::installed});
  }
  void down(int number) {
    probe(number, false);
    feed(model::event::RouteStatus{1, address(number), model::RouteOutcome::removed});
    feed(model::event::KernelChanged{{address(number), model::KernelRoute::absent}});
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

  core::Core core_;
  TimePoint now_{1000s};
};

}  // namespace vipherd::bench
