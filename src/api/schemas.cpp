#include "api/schemas.hpp"

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace vipherd::api {
namespace {

// A room of its own for short names: its neighbours have them, too.
namespace schema {

// Keeps the order in which it is written.
using Json = nlohmann::ordered_json;

Json text(std::string_view about = "") {
  Json type{{"type", "string"}};
  if (!about.empty()) type["description"] = about;
  return type;
}
Json number(std::string_view about = "") {
  Json type{{"type", "number"}, {"minimum", 0}};
  if (!about.empty()) type["description"] = about;
  return type;
}
Json count(std::string_view about = "") {
  Json type{{"type", "integer"}, {"minimum", 0}};
  if (!about.empty()) type["description"] = about;
  return type;
}
Json boolean() { return {{"type", "boolean"}}; }
Json time() { return {{"type", "string"}, {"format", "date-time"}}; }
Json one_of(std::initializer_list<std::string_view> words) {
  return {{"type", "string"}, {"enum", words}};
}
Json list_of(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }
Json reference(std::string_view name) {
  return {{"$ref", "#/components/schemas/" + std::string(name)}};
}
Json or_null(Json schema) { return {{"oneOf", {std::move(schema), Json{{"type", "null"}}}}}; }

using Members = std::initializer_list<std::pair<const char*, Json>>;
/// All of these, always, and in later versions perhaps more.
Json object(Members always, Members sometimes = {}) {
  Json all{{"type", "object"}, {"required", Json::array()}, {"properties", Json::object()}};
  for (const auto& [name, schema] : always) {
    all["required"].push_back(name);
    all["properties"][name] = schema;
  }
  for (const auto& [name, schema] : sometimes) all["properties"][name] = schema;
  return all;
}

Json fact(std::initializer_list<std::string_view> states) {
  return object({{"state", one_of(states)}, {"since", time()}, {"why", text()}});
}

Json scope() {
  return {{"type", "object"},
          {"description", "one of: {\"node\": true}, {\"service\": NAME}, {\"vip\": ADDRESS}"},
          {"minProperties", 1},
          {"maxProperties", 1},
          {"properties", {{"node", boolean()}, {"service", text()}, {"vip", text()}}}};
}

Json reached() {
  return object(
      {{"command", text()},
       {"scope", reference("Scope")},
       {"services", list_of(text())},
       {"vips", list_of(text())}},
      {{"percent", count("of weight")},
       {"persisted",
        {{"type", {"boolean", "null"}},
         {"description",
          "of what is to be remembered: whether it would outlive the agent; null if that is not "
          "known yet"}}},
       {"warning", text()}});
}

Json health() {
  return object({{"healthy", boolean()},
                 {"state", one_of({"healthy", "drained", "unhealthy"})},
                 {"node", text()},
                 {"problems", list_of(text())},
                 {"notices", list_of(text())}},
                {{"service", text()}});
}

Json event() {
  return object({{"id", count("microseconds since 1970, greater with each event")},
                 {"at", time()},
                 {"level", one_of({"debug", "info", "warning", "error"})},
                 {"kind", one_of({"check", "service", "vip", "attachment", "zebra", "command",
                                  "config", "agent", "relay", "sibling", "remark"})},
                 {"text", text("as in the log")}},
                {{"state", text("what it is now: \"up\", \"announced\", \"attached\", \"drain\"")},
                 {"service", text()},
                 {"check", text("of the service")},
                 {"vip", text()},
                 {"by", text("who asked for it")}});
}

Json instruction() {
  return object({{"command", one_of({"drain", "disable"})},
                 {"scope", reference("Scope")},
                 {"by", text("who asked for it; empty: not known")},
                 {"reason", text()},
                 {"since", time()},
                 {"until", or_null(time())}});
}

Json check() {
  Json last = object({{"pass", boolean()},
                      {"reason", text()},
                      {"latency_ms", number()},
                      {"at", time()},
                      {"warning", text()}});
  return object({{"name", text()},
                 {"type", text()},
                 {"advisory", boolean()},
                 {"weight", count()},
                 {"verdict", fact({"undecided", "up", "down"})},
                 {"passes", count("one after another")},
                 {"fails", count("one after another")},
                 {"last", or_null(std::move(last))}},
                {{"recent", list_of(object({{"pass", boolean()}, {"latency_ms", number()}}))}});
}

Json service() {
  Json damping = object({{"penalty", count()}, {"held", boolean()}, {"hold_left_ms", number()}});
  Json watch = object(
      {{"kind", text()}, {"check", text()}, {"target", text()}, {"state", reference("Fact")}});
  return object({{"name", text()},
                 {"enabled", boolean()},
                 {"disabled_by", text("operator or configuration")},
                 {"verdict", fact({"undecided", "up", "down", "disabled"})},
                 {"weight", count("per cent")},
                 {"operator_weight", or_null(count())},
                 {"health", or_null(count("per cent"))},
                 {"damping", or_null(std::move(damping))},
                 {"watches", list_of(std::move(watch))},
                 {"vips", list_of(text())},
                 {"checks", list_of(reference("Check"))}});
}

Json vip() {
  Json drain = object({{"step", fact({"least preferred", "leaving", "drained"})},
                       {"connections", or_null(count())}});
  Json daemon = object({{"daemon", text()}, {"seen_at", time()}, {"problem", text()}},
                       {{"originated", or_null(boolean())},
                        {"neighbours", or_null(list_of(text()))},
                        {"others", or_null(count("other nodes that announce it"))}});
  return object(
      {{"vip", text()},
       {"service", text("empty: no longer configured")},
       {"wanted", boolean()},
       {"attached",
        fact({"unknown", "detached", "attaching", "attached", "foreign", "detaching", "failed"})},
       {"announced", fact({"withdrawn", "sent", "announced", "losing", "failed", "withdrawing"})},
       {"tag", count()},
       {"metric", count()},
       {"drain", or_null(std::move(drain))},
       {"held", boolean()},
       {"reach", fact({"unknown", "reached", "partly", "unreached", "lingering"})},
       {"reach_alarm", boolean()},
       {"daemons", list_of(std::move(daemon))}});
}

Json relay() {
  Json sibling = object({{"address", text()},
                         {"state", fact({"unknown", "alive", "silent", "left"})},
                         {"round_trip_ms", or_null(number())},
                         {"passed_on", count("packets to it, which may have the connection")},
                         {"forwarded", count("packets to it that came from another sibling")},
                         {"accepted", count("packets from it, of connections of this node")},
                         {"unowned", count("packets from it, of no node's connection")},
                         {"dropped", count("packets from it")},
                         {"connections_passed_on", count("of which packets were passed on")},
                         {"connections_accepted", count("of which packets were accepted")},
                         {"connections_unowned", count("of which packets were unowned")}});
  return object({{"state", fact({"working", "failed"})},
                 {"own", list_of(text())},
                 {"interfaces", list_of(text())},
                 {"vips", count("that it is about")},
                 {"too_big", count("packets without room for the outer header")},
                 {"rate_limited", count("packets of clients")},
                 {"untouched", count("fragments and the like")},
                 {"strangers", count("packets from no sibling")},
                 {"rejected_heartbeats", count("malformed, old or not authentic")},
                 {"siblings", list_of(std::move(sibling))}});
}

Json status() {
  Json problem = object({{"severity", one_of({"problem", "notice"})},
                         {"text", text()},
                         {"service", text("empty: it concerns all")}});
  return object({{"node", text()},
                 {"version", text()},
                 {"now", time()},
                 {"agent", fact({"starting", "running", "stopping", "finished"})},
                 {"zebra", fact({"connected", "disconnected"})},
                 {"config", fact({"applied", "rejected"})},
                 {"announcer", one_of({"zapi", "vty", "connected"})},
                 {"drained", boolean()},
                 {"operator_weight", or_null(count())},
                 {"instructions", list_of(reference("Instruction"))},
                 {"last_reaction_ms", or_null(number())},
                 {"services", list_of(reference("Service"))},
                 {"vips", list_of(reference("Vip"))},
                 {"relay", or_null(reference("Relay"))},
                 {"problems", list_of(std::move(problem))}});
}

}  // namespace schema
}  // namespace

nlohmann::ordered_json schemas() {
  using namespace schema;
  return {{"Status", schema::status()},
          {"Service", schema::service()},
          {"Check", schema::check()},
          {"Vip", schema::vip()},
          {"Relay", schema::relay()},
          {"Fact", object({{"state", text()}, {"since", time()}, {"why", text()}})},
          {"Instruction", schema::instruction()},
          {"Event", schema::event()},
          {"Events", object({{"events", list_of(reference("Event"))}})},
          {"Health", schema::health()},
          {"Scope", schema::scope()},
          {"Reached", schema::reached()},
          {"Reloaded",
           object({{"reloaded", boolean()}}, {{"error", text()}, {"faults", list_of(text())}})},
          {"Error", object({{"error", text()}})}};
}

}  // namespace vipherd::api
