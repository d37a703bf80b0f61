#include "vipherd/wire/status_json.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <type_traits>

#include "wire/instruction_json.hpp"

namespace vipherd::wire {
namespace {

using nlohmann::json;

// ---------------------------------------------------------------- values -> text
// Written straight into the text: a tree of 10,000 VIPs would cost more than all the rest.

bool is_plain(char letter) {
  return letter >= 0x20 && letter < 0x7f && letter != '"' && letter != '\\';
}

class Writer {
 public:
  Writer& open(char bracket) { return separate().raw(bracket).first(); }
  Writer& close(char bracket) {
    raw(bracket);
    fresh_ = false;
    return *this;
  }
  Writer& key(std::string_view name) {
    separate();
    text_ += '"';
    text_ += name;
    text_ += "\":";
    return first();
  }
  Writer& text(std::string_view value) {
    separate();
    if (std::all_of(value.begin(), value.end(), is_plain)) {
      text_ += '"';
      text_ += value;
      text_ += '"';
    } else {
      text_ += json(value).dump(-1, ' ', true, json::error_handler_t::replace);
    }
    return *this;
  }
  Writer& boolean(bool value) { return literal(value ? "true" : "false"); }
  Writer& number(std::uint64_t value) { return literal(std::to_string(value)); }
  Writer& null() { return literal("null"); }
  /// Of what there are few.
  Writer& json_value(const json& value) {
    return literal(value.dump(-1, ' ', true, json::error_handler_t::replace));
  }
  Writer& time(WallTime value) {
    const auto second = std::chrono::floor<std::chrono::seconds>(value);
    // Thousands of VIPs change within the same second: only its milliseconds are new.
    if (second != last_second_ || last_time_.empty()) {
      last_second_ = second;
      last_time_ = format_wall_time(second);
    }
    auto thousandths = (value - second) / std::chrono::milliseconds(1);
    for (std::size_t back = 2; back <= 4; ++back, thousandths /= 10) {
      last_time_[last_time_.size() - back] = static_cast<char>('0' + thousandths % 10);
    }
    return text(last_time_);
  }
  /// Milliseconds with at most three digits after the point.
  Writer& milliseconds(Duration value) {
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(value).count();
    return literal(json(static_cast<double>(microseconds) / 1000.0).dump());
  }
  std::string take() { return std::move(text_); }
  void reserve(std::size_t size) { text_.reserve(size); }

 private:
  Writer& raw(char letter) {
    text_ += letter;
    return *this;
  }
  Writer& first() {
    fresh_ = true;
    return *this;
  }
  Writer& separate() {
    if (!fresh_) text_ += ',';
    fresh_ = false;
    return *this;
  }
  Writer& literal(std::string_view value) {
    separate();
    text_ += value;
    return *this;
  }

  std::string text_;
  bool fresh_ = true;  // nothing stands before that needs a comma
  std::chrono::sys_seconds last_second_{};
  std::string last_time_;  // "....250Z"
};

void write_fact(Writer& out, std::string_view key, const model::Fact& fact) {
  out.key(key).open('{');
  out.key("state").text(fact.state).key("since").time(fact.since).key("why").text(fact.why);
  out.close('}');
}

/// A number, or null.
void write_count(Writer& out, std::string_view key, std::optional<std::uint64_t> count) {
  out.key(key);
  if (count) {
    out.number(*count);
  } else {
    out.null();
  }
}

void write_check(Writer& out, const model::CheckStatus& check) {
  out.open('{').key("name").text(check.name).key("type").text(check.type);
  out.key("advisory").boolean(check.advisory).key("weight").number(check.weight);
  write_fact(out, "verdict", check.verdict);
  out.key("passes").number(check.passes).key("fails").number(check.fails).key("last");
  if (!check.last) {
    out.null();
  } else {
    out.open('{').key("pass").boolean(check.last->pass).key("reason").text(check.last->reason);
    out.key("latency_ms").milliseconds(check.last->latency).key("at").time(check.last->at);
    out.key("warning").text(check.last->warning).close('}');
  }
  if (!check.recent.empty()) {
    out.key("recent").open('[');
    for (const auto& one : check.recent) {
      out.open('{').key("pass").boolean(one.pass);
      out.key("latency_ms").milliseconds(one.latency).close('}');
    }
    out.close(']');
  }
  out.close('}');
}

void write_watch(Writer& out, const model::WatchStatus& watch) {
  out.open('{').key("kind").text(watch.kind).key("check").text(watch.check);
  out.key("target").text(watch.target);
  write_fact(out, "state", watch.state);
  out.close('}');
}

void write_damping(Writer& out, const std::optional<model::DampingStatus>& damping) {
  out.key("damping");
  if (!damping) {
    out.null();
    return;
  }
  out.open('{').key("penalty").number(damping->penalty).key("held").boolean(damping->held);
  out.key("hold_left_ms").milliseconds(damping->hold_left).close('}');
}

void write_service(Writer& out, const model::ServiceStatus& service) {
  out.open('{').key("name").text(service.name).key("enabled").boolean(service.enabled);
  out.key("disabled_by").text(service.disabled_by);
  write_fact(out, "verdict", service.verdict);
  out.key("weight").number(service.weight);
  write_count(out, "operator_weight", service.operator_weight);
  write_count(out, "health", service.health);
  write_damping(out, service.damping);
  out.key("watches").open('[');
  for (const model::WatchStatus& watch : service.watches) write_watch(out, watch);
  out.close(']').key("vips").open('[');
  for (const std::string& vip : service.vips) out.text(vip);
  out.close(']').key("checks").open('[');
  for (const model::CheckStatus& check : service.checks) write_check(out, check);
  out.close(']').close('}');
}

void write_daemon(Writer& out, const model::ReachStatus& daemon) {
  out.open('{').key("daemon").text(daemon.source()).key("seen_at").time(daemon.at());
  if (const model::Reach* reach = daemon.value()) {
    out.key("originated").boolean(reach->originated).key("neighbours").open('[');
    for (const std::string& neighbour : reach->neighbours) out.text(neighbour);
    out.close(']');
    write_count(out, "others", reach->others);
    out.key("problem").text(reach->problem).close('}');
  } else {
    out.key("originated").null().key("neighbours").null().key("others").null();
    out.key("problem").text(daemon.why_unknown()).close('}');
  }
}

void write_vip(Writer& out, const model::VipStatus& vip) {
  out.open('{').key("vip").text(vip.vip).key("service").text(vip.service);
  out.key("wanted").boolean(vip.wanted);
  write_fact(out, "attached", vip.attached);
  write_fact(out, "announced", vip.announced);
  out.key("tag").number(vip.tag).key("metric").number(vip.metric);
  out.key("held").boolean(vip.held).key("drain");
  if (vip.drain) {
    out.open('{');
    write_fact(out, "step", vip.drain->step);
    write_count(out, "connections", vip.drain->connections);
    out.close('}');
  } else {
    out.null();
  }
  write_fact(out, "reach", vip.reach);
  out.key("reach_alarm").boolean(vip.reach_alarm).key("daemons").open('[');
  for (const model::ReachStatus& daemon : vip.daemons) write_daemon(out, daemon);
  out.close(']').close('}');
}

void write_problem(Writer& out, const model::Problem& problem) {
  out.open('{').key("severity").text(model::to_string(problem.severity));
  out.key("text").text(problem.text).key("service").text(problem.service).close('}');
}

// ---------------------------------------------------------------- text -> values

/// The epoch if it is anything else than the writer spells.
WallTime read_wall_time(std::string_view text) {
  return parse_wall_time(text).value_or(WallTime{});
}

/// The member, or a shared null: a missing key is nothing to fail for. Throws if `value` is no
/// object.
const json& member(const json& value, const char* key) {
  static const json kNull;
  const auto& object = value.get_ref<const json::object_t&>();
  const auto found = object.find(key);
  return found == object.end() ? kNull : found->second;
}

template <class T>
std::optional<T> read_count(const json& object, const char* key) {
  const json& value = member(object, key);
  if (value.is_null()) return std::nullopt;
  // The library would convert any number, whether it fits or not.
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > std::numeric_limits<T>::max()) {
    throw std::out_of_range(std::string(key) + " is no count that fits");
  }
  return value.get<T>();
}

template <class T>
T value_or_default(const json& object, const char* key) {
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    return read_count<T>(object, key).value_or(0);
  } else {
    const json& value = member(object, key);
    return value.is_null() ? T{} : value.get<T>();
  }
}

std::string text_of(const json& object, const char* key) {
  return value_or_default<std::string>(object, key);
}

template <class T, class Read>
std::vector<T> list_of(const json& object, const char* key, Read read) {
  std::vector<T> values;
  const json& list = member(object, key);
  if (list.is_null()) return values;
  for (const json& element : list.get_ref<const json::array_t&>()) values.push_back(read(element));
  return values;
}

model::Fact read_fact(const json& object, const char* key) {
  const json& fact = member(object, key);
  if (fact.is_null()) return {};
  return {text_of(fact, "state"), read_wall_time(text_of(fact, "since")), text_of(fact, "why")};
}

Duration read_milliseconds(const json& object, const char* key) {
  constexpr double kMost = 1e12;  // what is far beyond any duration of ours still fits
  const std::chrono::duration<double, std::milli> duration(
      std::clamp(value_or_default<double>(object, key), 0.0, kMost));
  return std::chrono::round<std::chrono::microseconds>(duration);
}

model::CheckStatus read_check(const json& object) {
  model::CheckStatus check;
  check.name = text_of(object, "name");
  check.type = text_of(object, "type");
  check.advisory = value_or_default<bool>(object, "advisory");
  check.weight = value_or_default<std::uint32_t>(object, "weight");
  check.verdict = read_fact(object, "verdict");
  check.passes = value_or_default<std::uint32_t>(object, "passes");
  check.fails = value_or_default<std::uint32_t>(object, "fails");
  check.recent = list_of<model::CheckStatus::Recent>(object, "recent", [](const json& one) {
    return model::CheckStatus::Recent{value_or_default<bool>(one, "pass"),
                                      read_milliseconds(one, "latency_ms")};
  });
  const json& last = member(object, "last");
  if (last.is_null()) return check;
  check.last =
      model::CheckStatus::Last{value_or_default<bool>(last, "pass"), text_of(last, "reason"),
                               read_milliseconds(last, "latency_ms"),
                               read_wall_time(text_of(last, "at")), text_of(last, "warning")};
  return check;
}

model::WatchStatus read_watch(const json& object) {
  return {text_of(object, "kind"), text_of(object, "check"), text_of(object, "target"),
          read_fact(object, "state")};
}

model::ServiceStatus read_service(const json& object) {
  model::ServiceStatus service;
  service.name = text_of(object, "name");
  service.enabled = value_or_default<bool>(object, "enabled");
  service.disabled_by = text_of(object, "disabled_by");
  service.verdict = read_fact(object, "verdict");
  service.weight = value_or_default<std::uint32_t>(object, "weight");
  service.operator_weight = read_count<std::uint32_t>(object, "operator_weight");
  service.health = read_count<std::uint32_t>(object, "health");
  if (const json& damping = member(object, "damping"); !damping.is_null()) {
    service.damping = model::DampingStatus{value_or_default<std::uint32_t>(damping, "penalty"),
                                           value_or_default<bool>(damping, "held"),
                                           read_milliseconds(damping, "hold_left_ms")};
  }
  service.watches = list_of<model::WatchStatus>(object, "watches", read_watch);
  service.vips = value_or_default<std::vector<std::string>>(object, "vips");
  service.checks = list_of<model::CheckStatus>(object, "checks", read_check);
  return service;
}

model::ReachStatus read_daemon(const json& object) {
  const std::string daemon = text_of(object, "daemon");
  const WallTime seen_at = read_wall_time(text_of(object, "seen_at"));
  const json& originated = member(object, "originated");
  if (originated.is_null()) return {daemon, seen_at, fail(text_of(object, "problem"))};
  return {daemon, seen_at,
          model::Reach{originated.get<bool>(),
                       value_or_default<std::vector<std::string>>(object, "neighbours"),
                       read_count<std::uint32_t>(object, "others"), text_of(object, "problem")}};
}

model::VipStatus read_vip(const json& object) {
  model::VipStatus vip;
  vip.vip = text_of(object, "vip");
  vip.service = text_of(object, "service");
  vip.wanted = value_or_default<bool>(object, "wanted");
  vip.attached = read_fact(object, "attached");
  vip.announced = read_fact(object, "announced");
  vip.tag = value_or_default<std::uint32_t>(object, "tag");
  vip.metric = value_or_default<std::uint32_t>(object, "metric");
  vip.held = value_or_default<bool>(object, "held");
  if (const json& drain = member(object, "drain"); !drain.is_null()) {
    vip.drain = model::DrainStatus{read_fact(drain, "step"),
                                   read_count<std::uint64_t>(drain, "connections")};
  }
  vip.reach = read_fact(object, "reach");
  vip.reach_alarm = value_or_default<bool>(object, "reach_alarm");
  vip.daemons = list_of<model::ReachStatus>(object, "daemons", read_daemon);
  return vip;
}

/// What is not known to be harmless is a problem.
model::Problem read_problem(const json& object) {
  const bool notice = text_of(object, "severity") == model::to_string(model::Severity::notice);
  return {notice ? model::Severity::notice : model::Severity::problem, text_of(object, "text"),
          text_of(object, "service")};
}

/// What every vipherd writes; without it it is another program's document.
void expect_status(const json& object) {
  for (const char* key : {"node", "agent", "services", "vips"}) {
    if (member(object, key).is_null()) {
      throw std::invalid_argument("it has no \"" + std::string(key) + "\"");
    }
  }
}

model::Status read_status(const json& object) {
  expect_status(object);
  model::Status status;
  status.node = text_of(object, "node");
  status.version = text_of(object, "version");
  status.now = read_wall_time(text_of(object, "now"));
  status.agent = read_fact(object, "agent");
  status.zebra = read_fact(object, "zebra");
  status.config = read_fact(object, "config");
  status.announcer = text_of(object, "announcer");
  status.drained = value_or_default<bool>(object, "drained");
  status.operator_weight = read_count<std::uint32_t>(object, "operator_weight");
  status.instructions = decode_instructions(member(object, "instructions"));
  if (!member(object, "last_reaction_ms").is_null()) {
    status.last_reaction = read_milliseconds(object, "last_reaction_ms");
  }
  status.services = list_of<model::ServiceStatus>(object, "services", read_service);
  status.vips = list_of<model::VipStatus>(object, "vips", read_vip);
  status.problems = list_of<model::Problem>(object, "problems", read_problem);
  return status;
}

}  // namespace

std::string encode_status(const model::Status& status) {
  constexpr std::size_t kUsualVip = 320;
  Writer out;
  out.reserve(4096 + status.vips.size() * kUsualVip);
  out.open('{').key("node").text(status.node).key("version").text(status.version);
  out.key("now").time(status.now);
  write_fact(out, "agent", status.agent);
  write_fact(out, "zebra", status.zebra);
  write_fact(out, "config", status.config);
  out.key("announcer").text(status.announcer).key("drained").boolean(status.drained);
  write_count(out, "operator_weight", status.operator_weight);
  out.key("instructions").open('[');
  for (const auto& one : status.instructions) out.json_value(encode_instruction(one));
  out.close(']').key("last_reaction_ms");
  if (status.last_reaction) {
    out.milliseconds(*status.last_reaction);
  } else {
    out.null();
  }
  out.key("services").open('[');
  for (const model::ServiceStatus& service : status.services) write_service(out, service);
  out.close(']').key("vips").open('[');
  for (const model::VipStatus& vip : status.vips) write_vip(out, vip);
  out.close(']').key("problems").open('[');
  for (const model::Problem& problem : status.problems) write_problem(out, problem);
  out.close(']').close('}');
  return out.take() + "\n";
}

std::string encode_health(std::string_view node, const model::ServiceScope& scope,
                          const model::Health& health) {
  Writer out;
  out.open('{').key("healthy").boolean(health.state != model::HealthState::unhealthy);
  out.key("state").text(model::to_string(health.state)).key("node").text(node);
  if (const auto* service = std::get_if<model::scope::Service>(&scope)) {
    out.key("service").text(service->name);
  }
  for (const auto& [key, severity] : {std::pair{"problems", model::Severity::problem},
                                      std::pair{"notices", model::Severity::notice}}) {
    out.key(key).open('[');
    for (const model::Problem& problem : health.problems) {
      if (problem.severity == severity) out.text(problem.text);
    }
    out.close(']');
  }
  out.close('}');
  return out.take() + "\n";
}

std::string encode_error(std::string_view message) {
  Writer out;
  out.open('{').key("error").text(message).close('}');
  return out.take() + "\n";
}

Result<model::Status> decode_status(std::string_view text) {
  try {
    return read_status(json::parse(text));
  } catch (const std::exception& error) {
    return fail(std::string("not a status of vipherd: ") + error.what());
  }
}

}  // namespace vipherd::wire
