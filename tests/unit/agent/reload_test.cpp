// A reload changes what a restart would change, or is refused. Every key that there is, one by one:
// the running core takes the changed configuration, and ends as one that was started with it.
#include "core/reload.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "config/tables/all_tables.hpp"
#include "core/state.hpp"
#include "vipherd/config/load.hpp"
#include "vipherd/core/core.hpp"
#include "vipherd/probe/kinds.hpp"
#include "vipherd/wire/json/status.hpp"

namespace vipherd {
namespace {

using namespace std::chrono_literals;
using namespace model;

constexpr TimePoint kStart{1000s};
constexpr Duration kSettled = 3min;

/// The core in a world where everything goes well, but for the service if it is said to be down.
class World {
 public:
  World(bool service_up, const Config& config) : up_(service_up) {
    apply(config);
    feed(event::SpeakerUp{1, "FRR"});
    settle();
  }

  void apply(const Config& config) {
    feed(event::ConfigApplied{std::make_shared<const Config>(config)});
  }
  void settle() {
    const TimePoint end = now_ + kSettled;
    while (core_.next_alarm() && *core_.next_alarm() <= end) {
      now_ = std::max(now_, *core_.next_alarm());
      feed(event::TimersDue{});
    }
    now_ = end;
  }
  const core::State& state() const { return core_.state(); }
  /// What a daemon was told, what the kernel holds, what is looked at: without times and reasons.
  std::string describe() const;

 private:
  void feed(Event first) {
    std::deque<Event> events{std::move(first)};
    for (int steps = 0; !events.empty(); ++steps) {
      ASSERT_LT(steps, 100'000);
      const Event event = std::move(events.front());
      events.pop_front();
      for (const Action& action : core_.apply(event, now_)) {
        if (auto answer = perform(action)) events.push_back(std::move(*answer));
      }
    }
  }
  std::optional<Event> perform(const Action& action);
  std::vector<SeenReach> told(const IpAddress& vip) const;

  bool up_;
  core::Core core_;
  TimePoint now_ = kStart;
  std::set<IpAddress> attached_;
  std::map<IpAddress, RouteAttributes> announced_;
  std::map<WatchId, WatchTarget> watches_;
};

/// As the observer, which is asked by the protocols that are in force.
std::vector<SeenReach> World::told(const IpAddress& vip) const {
  std::vector<SeenReach> reach;
  for (const Protocol protocol : state().config->frr.protocols) {
    const bool announced = announced_.contains(vip);
    reach.emplace_back(protocol == Protocol::bgp ? "bgpd" : "ospfd", now_,
                       Reach{.originated = announced,
                             .neighbours = announced ? std::vector<std::string>{"192.168.100.1"}
                                                     : std::vector<std::string>{},
                             .others = 0});
  }
  return reach;
}

std::optional<Event> World::perform(const Action& action) {
  if (const auto* start = std::get_if<action::StartProbe>(&action)) {
    return event::ProbeFinished{start->check, start->generation, {up_, "so it is", 1ms}};
  }
  if (const auto* start = std::get_if<action::StartWatch>(&action)) {
    watches_[start->watch] = start->target;
  } else if (const auto* stop = std::get_if<action::StopWatch>(&action)) {
    watches_.erase(stop->watch);
  } else if (std::holds_alternative<action::ReadKernel>(action)) {
    event::KernelSnapshot snapshot;
    for (const IpAddress& vip : attached_) snapshot.vips.push_back({vip, KernelRoute::ours});
    return snapshot;
  } else if (const auto* attach = std::get_if<action::Attach>(&action)) {
    attached_.insert(attach->vip);
    return event::KernelChanged{{attach->vip, KernelRoute::ours}};
  } else if (const auto* detach = std::get_if<action::Detach>(&action)) {
    attached_.erase(detach->vip);
    return event::KernelChanged{{detach->vip, KernelRoute::absent}};
  } else if (const auto* announce = std::get_if<action::Announce>(&action)) {
    announced_[announce->vip] = announce->route;
    return event::RouteStatus{1, announce->vip, RouteOutcome::installed};
  } else if (const auto* withdraw = std::get_if<action::Withdraw>(&action)) {
    announced_.erase(withdraw->vip);
    return event::RouteStatus{1, withdraw->vip, RouteOutcome::removed};
  } else if (const auto* inspect = std::get_if<action::InspectRoute>(&action)) {
    const bool held = announced_.contains(inspect->vip);
    return event::RouteInspected{1, inspect->vip, held ? RibState::selected : RibState::absent, ""};
  } else if (const auto* look = std::get_if<action::Observe>(&action)) {
    return event::Observed{look->vip, told(look->vip)};
  } else if (const auto* count = std::get_if<action::CountConnections>(&action)) {
    return event::ConnectionsCounted{count->vip, 0};
  }
  return std::nullopt;
}

std::string World::describe() const {
  const auto plain = [](auto&... facts) { ((facts = {facts.state, {}, {}}), ...); };
  Status status = core_.status(now_, {});
  status.now = {};
  plain(status.agent, status.zebra, status.config);
  for (ServiceStatus& service : status.services) {
    plain(service.health);
    for (WatchStatus& watch : service.watches) plain(watch.state);
    for (CheckStatus& check : service.checks) {
      plain(check.health);
      check.passes = check.fails = 0;
      check.last.reset();
    }
  }
  for (VipStatus& vip : status.vips) {
    plain(vip.attached, vip.announced, vip.reach);
    for (ReachStatus& daemon : vip.daemons) daemon = daemon.on_clock_at(WallTime{});
  }
  std::string text = wire::encode_status(status);
  for (const IpAddress& vip : attached_) text += "\nattached " + vip.to_string();
  for (const auto& [vip, route] : announced_) {
    text += "\nannounced " + vip.to_string() + " " + std::to_string(route.tag) + " " +
            std::to_string(route.metric) + " " + testing::PrintToString(route.announce.med) + " " +
            testing::PrintToString(route.announce.communities) + " " +
            testing::PrintToString(route.announce.large_communities) + " " +
            std::to_string(route.announce.prepend);
  }
  for (const auto& [id, target] : watches_) {
    text += "\nwatches " + std::string(to_string(id.kind)) + " " + id.service + " " + id.check +
            " " + target.what;
  }
  return text;
}

/// What the core goes by from now on: nothing of the old configuration is held anywhere.
void expect_same(const core::State& reloaded, const core::State& fresh) {
  EXPECT_TRUE(*reloaded.config == *fresh.config);
  ASSERT_EQ(reloaded.services.size(), fresh.services.size());
  for (const auto& [name, service] : fresh.services) {
    EXPECT_TRUE(*reloaded.services.at(name).config == *service.config) << name;
  }
  ASSERT_EQ(reloaded.checks.size(), fresh.checks.size());
  for (const auto& [id, check] : fresh.checks) {
    EXPECT_TRUE(*reloaded.checks.at(id).config == *check.config) << id.to_string();
  }
}

// ------------------------------------------------------------------------ every key, changed

using Tables = std::map<std::string, std::map<std::string, std::string>>;

constexpr const char* kVipTitle = "[[services.NAME.vips]]";
constexpr const char* kCheckTitle = "[services.NAME.checks.NAME]";

Tables usual(const std::string& announcer) {
  return {{"[frr]", {{"announcer", announcer}}},
          {"[vips]", {{"pool", R"(["10.10.10.0/24"])"}}},
          {"[services.NAME]", {{"vips", R"(["10.10.10.10"])"}}},
          {kCheckTitle, {{"type", "\"tcp\""}, {"address", "\"127.0.0.1:80\""}}}};
}

/// What each key is changed to; "zapi" is the announcer unless it is for another one.
struct Change {
  std::string value;
  std::string announcer = "\"zapi\"";
};
const std::map<std::string, std::map<std::string, Change>> kChanges{
    {"[node]",
     {{"name", {"\"other\""}},
      {"shutdown_timeout", {"\"3s\""}},
      {"weight", {"50"}},
      {"state_file", {"\"/run/other.json\""}}}},
    {"[log]", {{"level", {"\"debug\""}}}},
    {"[api]",
     {{"listen", {"\"127.0.0.1:9118\""}},
      {"hosts", {R"(["lb1.example.com"])"}},
      {"control_socket", {"\"/run/other.sock\""}}}},
    {"[frr]",
     {{"announcer", {"\"vty\""}},
      {"route_type", {"\"babel\""}},
      {"dialect", {"\"10.0\""}},
      {"protocols", {"[\"ospf\"]"}},
      {"zserv_socket", {"\"/run/other.api\""}},
      {"zebra_vty_socket", {"\"/run/other.vty\""}},
      {"min_change_interval", {"\"3s\""}},
      {"reach_deadline", {"\"3s\""}}}},
    {"[vips]",
     {{"pool", {R"(["10.10.10.0/25"])"}},
      {"route_protocol", {"119"}},
      {"detach_delay", {"\"3s\""}},
      {"lease", {"\"7s\""}}}},
    {"[services.NAME]",
     {{"enabled", {"false"}},
      {"vips", {R"(["10.10.10.11", "10.10.10.12"])"}},
      {"vrf", {"\"blue\""}},
      {"needs", {"\"any\""}},
      {"attach", {"\"always\""}},
      {"tag", {"300"}},
      {"metric", {"7"}},
      {"weight", {"30"}},
      {"weighting", {"\"bandwidth\""}},
      {"weigh_health", {"true"}},
      {"on_all_down", {"\"hold\""}},
      {"fail_open", {"true"}}}},
    {kVipTitle,
     {{"address", {"\"10.10.10.11\""}},
      {"tag", {"300"}},
      {"metric", {"7"}},
      {"announce", {"{ med = 5 }", "\"vty\""}}}},
    {"[relay]",
     {{"siblings", {R"(["192.0.2.1", "192.0.2.2"])"}},
      {"interfaces", {R"(["eth1"])"}},
      {"port", {"7000"}},
      {"key_file", {"\"/run/other.key\""}},
      {"packets_per_second", {"5000"}}}},
    {"[render]",  // of no meaning to the agent
     {{"protocol", {"\"bgp\""}},
      {"node_as", {"65001"}},
      {"router_as", {"65000"}},
      {"routers", {R"(["192.168.100.1"])"}},
      {"nodes", {R"(["192.168.100.0/24"])"}},
      {"interfaces", {R"(["eth1"])"}},
      {"router_id", {"\"192.168.100.2\""}},
      {"unnumbered", {"true"}},
      {"default_route", {"true"}},
      {"timers", {"\"seconds\""}},
      {"bfd", {"false"}},
      {"vrf", {"\"blue\""}}}},
    {"[services.NAME.announce]",
     {{"med", {"5", "\"vty\""}},
      {"communities", {R"(["65001:100"])", "\"vty\""}},
      {"large_communities", {R"(["65001:1:2"])", "\"vty\""}},
      {"prepend", {"2", "\"vty\""}}}},
    {"[services.NAME.drain]",
     {{"hold", {"\"3s\""}},
      {"timeout", {"\"3s\""}},
      {"tag", {"201"}},
      {"metric", {"7"}},
      {"med", {"5", "\"vty\""}},
      {"communities", {R"(["65001:100"])", "\"vty\""}},
      {"large_communities", {R"(["65001:1:2"])", "\"vty\""}},
      {"prepend", {"2", "\"vty\""}}}},
    {"[services.NAME.guard]", {{"min_announcers", {"1"}}}},
    {"[services.NAME.damping]",
     {{"half_life", {"\"2m\""}},
      {"suppress", {"4000"}},
      {"reuse", {"500"}},
      {"max_hold", {"\"20m\""}}}},
    {"[services.NAME.watch]",
     {{"unit", {"\"nginx.service\""}}, {"pid_file", {"\"/run/nginx.pid\""}}}},
    {kCheckTitle,
     {{"type", {"\"tcp\""}},  // the kind's own keys are another test's
      {"interval", {"\"3s\""}},
      {"fast_interval", {"\"50ms\""}},
      {"down_interval", {"\"3s\""}},
      {"jitter", {"\"100ms\""}},
      {"timeout", {"\"70ms\""}},
      {"rise", {"3"}},
      {"fall", {"\"3 of 5\""}},
      {"advisory", {"false"}},
      {"weight", {"7"}},
      {"via_vip", {"true"}},
      {"vrf", {"\"blue\""}},
      {"watch_connection", {"true"}}}},
};

std::string render(const Tables& tables) {
  std::string text;
  for (const auto& [title, keys] : tables) {
    std::string heading = title;
    for (const char* name : {"web", "port"}) {
      if (const auto at = heading.find("NAME"); at != heading.npos) heading.replace(at, 4, name);
    }
    text += heading + "\n";
    for (const auto& [key, value] : keys) text += key + " = " + value + "\n";
  }
  return text;
}

Config parsed(const Tables& tables) {
  const std::vector<config::Source> sources{{"text", render(tables)}};
  config::Loaded loaded = config::parse(sources, probe::check_schemas(), "lb1");
  for (const config::ConfigError& error : loaded.errors) ADD_FAILURE() << config::to_string(error);
  return loaded.config.value_or(Config{});
}

std::string configuration_document() {
  const char* source = std::getenv("VIPHERD_SOURCE");
  std::ifstream file(std::string(source ? source : ".") + "/docs/configuration.md");
  EXPECT_TRUE(file.is_open());
  return {std::istreambuf_iterator<char>(file), {}};
}

void expect_applied(const Config& before, const Config& after) {
  for (const bool up : {true, false}) {
    SCOPED_TRACE(up ? "the service is up" : "the service is down");
    World reloaded(up, before);
    reloaded.apply(after);
    reloaded.settle();
    World fresh(up, after);
    EXPECT_EQ(reloaded.describe(), fresh.describe());
    expect_same(reloaded.state(), fresh.state());
  }
}

/// "frr.protocols", "services.web.vrf"
std::string path_of(std::string_view title, std::string_view key) {
  const auto begin = title.find_first_not_of('[');
  std::string path(title.substr(begin, title.find(']') - begin));
  if (const auto at = path.find("NAME"); at != path.npos) path.replace(at, 4, "web");
  return path + "." + std::string(key);
}

TEST(Reload, OfEveryKeyIsAppliedAsByARestartOrRefusedByItsName) {
  const std::string document = configuration_document();
  std::set<std::string> refused;
  const std::vector<config::TableText> all = config::all_tables();
  for (const auto& [title, keys] : all) {
    for (const auto& [key, type, meaning, preset] : keys) {
      const std::string as_table = title.substr(0, title.size() - 1) + "." + key;
      const bool is_table = std::ranges::any_of(
          all, [&](const auto& other) { return other.title.starts_with(as_table); });
      if (is_table) continue;  // its own keys are changed
      SCOPED_TRACE(path_of(title, key));
      const auto changes = kChanges.find(title);
      ASSERT_TRUE(changes != kChanges.end() && changes->second.contains(key))
          << "a new key: say here what to change it to";
      const Change& change = changes->second.at(key);
      Tables tables = usual(change.announcer);
      if (title == "[relay]") tables[title]["siblings"] = R"(["192.0.2.1"])";
      if (title == kVipTitle) {
        tables["[services.NAME]"].erase("vips");
        tables[title] = {{"address", R"("10.10.10.10")"}};
      }
      const Config before = parsed(tables);
      tables[title][key] = change.value;
      const Config after = parsed(tables);
      const std::string obstacle = core::reload_obstacle(before, after);
      if (obstacle.empty()) {
        expect_applied(before, after);
      } else {
        EXPECT_THAT(obstacle, testing::HasSubstr(path_of(title, key)));
        refused.insert(path_of(title, key));
      }
    }
  }
  // What the agent's parts hold from their start on. Everything else is the core's, or is given
  // anew.
  EXPECT_THAT(refused,
              testing::UnorderedElementsAre(
                  "api.listen", "api.control_socket", "node.state_file", "frr.announcer",
                  "frr.route_type", "frr.dialect", "frr.zserv_socket", "frr.zebra_vty_socket",
                  "vips.route_protocol", "vips.lease", "services.web.vrf"));
  const std::string list = document.substr(document.find("These keys cannot change"), 500);
  for (const std::string& path : refused) {
    if (path != "services.web.vrf") {
      EXPECT_THAT(list, testing::HasSubstr("`" + path + "`"));
    }
  }
}

TEST(Reload, OfEveryKeyOfEveryKindOfCheckIsApplied) {
  const Config before = parsed(usual("\"zapi\""));
  for (const CheckSchema& schema : probe::check_schemas()) {
    for (const SettingSpec& spec : schema.settings) {
      SCOPED_TRACE(std::string(schema.type) + " " + std::string(spec.name));
      Config old = before, changed = before;
      for (Config* config : {&old, &changed}) config->services[0].checks[0].type = schema.type;
      changed.services[0].checks[0].settings.given[std::string(spec.name)] = std::string("other");
      EXPECT_EQ(core::reload_obstacle(old, changed), "");
      expect_applied(old, changed);
    }
  }
}

TEST(Reload, OfTheProtocolsIsRefusedOnlyWhereTheyNameTheDaemonsThatAreTold) {
  for (const char* announcer : {"\"zapi\"", "\"connected\"", "\"vty\""}) {
    Tables tables = usual(announcer);
    const Config before = parsed(tables);
    tables["[frr]"]["protocols"] = R"(["ospf"])";
    const bool refused = !core::reload_obstacle(before, parsed(tables)).empty();
    EXPECT_EQ(refused, announcer == std::string("\"vty\"")) << announcer;
  }
}

TEST(Reload, DropsAtOnceWhatAProtocolSaidThatIsNotAskedAnyMore) {
  Tables tables = usual("\"zapi\"");
  World world(true, parsed(tables));
  ASSERT_EQ(world.state().vips.begin()->second.reach.told.size(), 2u);
  tables["[frr]"]["protocols"] = R"(["ospf"])";
  world.apply(parsed(tables));
  EXPECT_TRUE(world.state().vips.begin()->second.reach.told.empty());
  world.settle();
  ASSERT_EQ(world.state().vips.begin()->second.reach.told.size(), 1u);
  EXPECT_EQ(world.state().vips.begin()->second.reach.told[0].source(), "ospfd");
}

}  // namespace
}  // namespace vipherd
