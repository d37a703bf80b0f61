// A script drives the real core: feed an event at a moment, look at the actions.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "core/state.hpp"
#include "vipherd/core/core.hpp"

namespace vipherd::core {

using namespace std::chrono_literals;

inline IpAddress vip(const char* text = "10.10.10.10") { return IpAddress::parse(text).value(); }

/// One service `web` with one VIP and one check, interval 1 s, rise and fall as given.
inline model::Config one_service(std::uint32_t rise = 1, std::uint32_t fall = 1) {
  model::Config config;
  config.node.name = "lb1";
  config.vips.pool = {IpPrefix::parse("10.10.10.0/24").value()};
  model::CheckConfig check;
  check.name = "http";
  check.type = "http";
  check.interval = 1s;
  check.fast_interval = 200ms;
  check.timeout = 300ms;
  check.rise = rise;
  check.fall = fall;
  model::ServiceConfig service;
  service.name = "web";
  service.vips = {vip()};
  service.checks = {check};
  config.services = {service};
  return config;
}

class Script {
 public:
  explicit Script(const model::Config& config) { apply(config); }

  model::Actions feed(const model::Event& event) { return last_ = core_.apply(event, now_); }
  model::Actions apply(const model::Config& config) {
    return feed(model::event::ConfigApplied{std::make_shared<const model::Config>(config)});
  }
  /// Time passes; alarms on the way go off, and their actions are gathered.
  model::Actions wait(Duration duration) {
    model::Actions all;
    const TimePoint end = now_ + duration;
    while (core_.next_alarm() && *core_.next_alarm() <= end) {
      now_ = std::max(now_, *core_.next_alarm());
      for (const model::Action& action : feed(model::event::TimersDue{})) all.push_back(action);
    }
    now_ = end;
    return last_ = all;
  }

  model::Actions snapshot(std::vector<model::KernelVip> vips = {}) {
    return feed(model::event::KernelSnapshot{std::move(vips)});
  }
  model::Actions kernel(model::KernelRoute route, const IpAddress& address = vip()) {
    return feed(model::event::KernelChanged{{address, route}});
  }
  model::Actions connect() { return feed(model::event::SpeakerUp{1, "FRR 8.4"}); }
  model::Actions route_note(model::RouteOutcome note, const IpAddress& address = vip()) {
    return feed(model::event::RouteStatus{1, address, note});
  }
  model::Actions rib(model::RibState state, std::string detail = "") {
    return feed(model::event::RouteInspected{1, vip(), state, std::move(detail)});
  }
  model::Actions probe(bool pass, const char* check = "http", std::string reason = "") {
    const model::CheckId id{"web", check};
    if (reason.empty()) reason = pass ? "status 200" : "connect refused";
    return feed(model::event::ProbeFinished{
        id, state().checks.at(id).generation, {pass, std::move(reason), 1ms}});
  }
  /// The same for a check that is not due: it is told to probe now.
  model::Actions probe_now(bool pass) {
    feed(model::event::OperatorCommand{model::command::Probe{model::scope::Node{}}});
    return probe(pass);
  }
  /// The whole way to an announced VIP.
  void bring_up() {
    snapshot();
    connect();
    probe(true);
    kernel(model::KernelRoute::ours);
    route_note(model::RouteOutcome::installed);
    wait(1500ms);
    probe(true);
  }

  const Core& core() const { return core_; }
  const State& state() const { return core_.state(); }
  const VipState& vip_state(const IpAddress& address = vip()) const {
    return state().vips.at(address);
  }
  TimePoint now() const { return now_; }

 private:
  Core core_;
  TimePoint now_{1000s};
  model::Actions last_;
};

template <class A>
std::size_t count(const model::Actions& actions) {
  std::size_t number = 0;
  for (const model::Action& action : actions) number += std::holds_alternative<A>(action) ? 1 : 0;
  return number;
}

inline std::vector<std::string> notes(const model::Actions& actions) {
  std::vector<std::string> lines;
  for (const model::Action& action : actions) {
    if (const auto* note = std::get_if<model::action::Note>(&action)) lines.push_back(note->text);
  }
  return lines;
}

}  // namespace vipherd::core
