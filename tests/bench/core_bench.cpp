// What the pure core costs: the whole way of one VIP down and up again, among 10 and among
// 10,000 VIPs on the node. The two must cost about the same.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <string>

#include "core/state.hpp"
#include "vipherd/core/core.hpp"

namespace {

using namespace vipherd;
using namespace std::chrono_literals;

IpAddress address(int number) {
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

void down_and_up(benchmark::State& state) {
  Node node(static_cast<int>(state.range(0)));
  for (auto unused : state) {
    static_cast<void>(unused);
    node.down(5);
    node.up(5);
  }
}
BENCHMARK(down_and_up)->Arg(10)->Arg(10'000);

}  // namespace
