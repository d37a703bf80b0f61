#include <algorithm>
#include <utility>

#include "frr/vty/steps.hpp"

namespace vipherd::frr::vty {
namespace {

using Step = State::Step;
using Held = wire::vty::Holding::State;

std::string question_about(const State& state, const IpAddress& vip) {
  switch (state.daemon) {
    case Daemon::bgpd:
      return wire::vty::show_bgp_command(vip, state.instance.vrf);
    case Daemon::ospfd:
      return wire::vty::show_ospf_command(vip, state.instance.vrf);
    case Daemon::ospf6d:
      return wire::vty::show_ospf6_command(state.ospf.advertises, state.instance.vrf);
  }
  return {};
}

/// What an absence means of a VIP that is to be announced.
wire::vty::Holding explain_absence(const State& state, const model::RouteAttributes& route,
                                   const DesiredRoutes& desired) {
  if (state.daemon == Daemon::bgpd) return {Held::absent, ""};
  const bool listed = std::ranges::any_of(state.ospf.referred, [&](const std::string& list) {
    return wire::vty::selects(list, route.tag, state.instance.vrf);
  });
  if (!listed) {
    return {Held::blocked,
            name_of(state) + " refers to no prefix-list for the tag " + std::to_string(route.tag)};
  }
  if (state.ospf.advertises && desired.vips.size() > kMostAdvertised) {
    return {Held::blocked, "ospf6d can advertise no more than " + std::to_string(kMostAdvertised) +
                               " VIPs of an interface"};
  }
  return {Held::blocked, name_of(state) +
                             " has it in its prefix-list, but originates no LSA for "
                             "it: it has to be an address on " +
                             (state.instance.vrf.empty() ? "lo" : state.instance.vrf)};
}

wire::vty::Holding evaluate(const State& state, const Answer& answer, const IpAddress& vip,
                            const DesiredRoutes& desired) {
  const auto* route = desired_route(state, desired, vip);
  const auto refused = state.refused.find(vip);
  if (route != nullptr && refused != state.refused.end()) return {Held::blocked, refused->second};
  if (answer.status > wire::vty::kWarning) {
    return {Held::unknown, name_of(state) + " does not answer the question: " +
                               wire::vty::first_words(answer.text)};
  }
  const wire::vty::Holding holding =
      state.daemon == Daemon::bgpd ? wire::vty::parse_bgp_path(answer.text, vip, state.instance.vrf)
                                   : wire::vty::parse_ospf_lsa(answer.text, vip);
  const bool missing = holding.state == Held::absent && route != nullptr;
  return missing ? explain_absence(state, *route, desired) : holding;
}

/// Written long ago, and not there: another program may have removed it, and more than that.
bool is_missed(const State& state, const IpAddress& vip, Held found, const DesiredRoutes& desired) {
  const bool lacking = found == Held::absent || found == Held::blocked;
  return lacking && desired_route(state, desired, vip) != nullptr &&
         !state.unproven.contains(vip) && !state.refused.contains(vip);
}

void count_look(State& state, const IpAddress& vip, Held found, const DesiredRoutes& desired) {
  const auto unproven = state.unproven.find(vip);
  if (unproven == state.unproven.end()) return;
  const Held wanted = desired_route(state, desired, vip) != nullptr ? Held::held : Held::absent;
  if (found == wanted || ++unproven->second >= kLooks) state.unproven.erase(unproven);
}

}  // namespace

std::optional<Effects> ask(State& state) {
  std::set<IpAddress> about;
  for (const IpAddress& vip : state.questions) {
    if (about.size() < kBatch) about.insert(vip);
  }
  if (state.look_now) {
    for (const auto& [vip, looks] : state.unproven) {
      if (about.size() < kBatch) about.insert(vip);
    }
  }
  if (about.empty()) return std::nullopt;
  std::vector<std::string> commands;
  state.asked.clear();
  for (const IpAddress& vip : about) {
    state.questions.erase(vip);
    state.asked[question_about(state, vip)].insert(vip);
  }
  for (const auto& [question, vips] : state.asked) commands.push_back(question);
  return send(state, Step::asking, std::move(commands));
}

Duration next_look(const State& state) {
  std::uint32_t looks = kLooks;
  for (const auto& [vip, taken] : state.unproven) looks = std::min(looks, taken);
  return kLook * (std::int64_t{1} << (2 * looks));
}

Effects on_found(State& state, const std::vector<Answer>& answers, const DesiredRoutes& desired) {
  Effects effects;
  std::size_t index = 0;
  const bool looked = std::exchange(state.look_now, false);
  std::size_t unseen = state.unproven.size();
  for (const auto& [question, vips] : std::exchange(state.asked, {})) {
    for (const IpAddress& vip : vips) {
      unseen -= state.unproven.count(vip);
      const wire::vty::Holding holding = evaluate(state, answers[index], vip, desired);
      if (is_missed(state, vip, holding.state, desired)) {
        state.audit = true;
        const bool may_help = holding.without_effect || holding.state == Held::absent;
        if (state.daemon == Daemon::bgpd && may_help) state.without_effect.insert(vip);
      }
      count_look(state, vip, holding.state, desired);
      effects.push_back(effect::Found{vip, holding});
    }
    ++index;
  }
  // The rest of what is to be looked at now, if that was too much for one batch.
  state.look_now = looked && unseen > 0;
  state.attempts = 0;
  for (Effect& effect : go_on(state, desired)) effects.push_back(std::move(effect));
  return effects;
}

}  // namespace vipherd::frr::vty
