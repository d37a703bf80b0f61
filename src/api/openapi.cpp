// The table of routes as an OpenAPI document.
#include <nlohmann/json.hpp>

#include "api/query.hpp"
#include "api/schemas.hpp"
#include "vipherd/api/routes.hpp"
#include "vipherd/base/name.hpp"
#include "vipherd/model/instruction.hpp"

namespace vipherd::api {
namespace {

// Keeps the order in which it is written, which is that of the table.
using Json = nlohmann::ordered_json;

Json schema_of(Parameter::Kind kind) {
  switch (kind) {
    case Parameter::Kind::flag:
      return {{"type", "integer"}, {"enum", {1}}};
    case Parameter::Kind::percent:
      return {{"type", "integer"}, {"minimum", 0}, {"maximum", 100}};
    case Parameter::Kind::http_status:
      return {{"type", "integer"}, {"enum", {200, 503}}};
    case Parameter::Kind::text:
      return {{"type", "string"}, {"maxLength", model::kLongestReason}};
    case Parameter::Kind::duration:
      return {{"type", "string"}, {"examples", {"30m", "2h"}}};
    case Parameter::Kind::event:
      return {{"type", "integer"}, {"minimum", 0}};
    case Parameter::Kind::count:
      return {{"type", "integer"}, {"minimum", 1}, {"maximum", kMostEventsAtOnce}};
    case Parameter::Kind::name:
    case Parameter::Kind::address:
      return {{"type", "string"}};
  }
  return {};
}

/// Those in the path and those of the query.
Json parameters_of(const Route& route) {
  Json all = Json::array();
  const std::size_t open = route.path.find('{');
  if (open != route.path.npos) {
    const std::string name(route.path.substr(open + 1, route.path.find('}') - open - 1));
    all.push_back({{"name", name},
                   {"in", "path"},
                   {"required", true},
                   {"description", name == "ADDRESS" ? "an IPv4 or IPv6 address" : kNameRule},
                   {"schema", {{"type", "string"}}}});
  }
  for (const Parameter& parameter : route.query) {
    all.push_back({{"name", parameter.name},
                   {"in", "query"},
                   {"required", parameter.required},
                   {"description", parameter.help},
                   {"schema", schema_of(parameter.kind)}});
  }
  return all;
}

Json body_of(std::string_view description, std::string_view schema) {
  const Json reference{{"$ref", "#/components/schemas/" + std::string(schema)}};
  return {{"description", description},
          {"content", {{"application/json", {{"schema", reference}}}}}};
}

Json responses_of(const Route& route) {
  Json all;
  switch (route.answer) {
    case Answer::health:
      all["200"] = body_of("nothing is wrong that counts", "Health");
      all["503"] = body_of("something is", "Health");
      break;
    case Answer::status:
      all["200"] = body_of("everything, as of now", "Status");
      break;
    case Answer::metrics:
      all["200"] = {{"description", "the Prometheus text format 0.0.4"},
                    {"content", {{"text/plain", Json::object()}}}};
      break;
    case Answer::page:
      all["200"] = {{"description", "HTML, CSS, JavaScript or an image"},
                    {"content", {{"*/*", Json::object()}}}};
      break;
    case Answer::description:
      all["200"] = {{"description", "an OpenAPI document"},
                    {"content", {{"application/json", Json::object()}}}};
      break;
    case Answer::events:
      all["200"] = body_of("what has changed, oldest first", "Events");
      break;
    case Answer::stream:
      all["200"] = {{"description",
                     "server-sent events: \"id\", \"event: change\", and as \"data\" an Event"},
                    {"content", {{"text/event-stream", Json::object()}}}};
      break;
    case Answer::reloaded:
      all["200"] = body_of("the new configuration is in force", "Reloaded");
      all["422"] = body_of("nothing was changed, and why", "Reloaded");
      break;
    case Answer::reached:
      all["200"] =
          body_of("the agent took it: what was understood, and what it concerns", "Reached");
      break;
  }
  all["default"] = body_of("refused, or failed", "Error");
  return all;
}

Json operation_of(const Route& route) {
  Json operation{{"summary", route.help}};
  Json parameters = parameters_of(route);
  if (!parameters.empty()) operation["parameters"] = std::move(parameters);
  operation["responses"] = responses_of(route);
  return operation;
}

std::string document() {
  Json paths = Json::object();
  for (const Route& route : routes()) {
    const char* method = route.method == Method::get ? "get" : "post";
    paths[std::string(route.path)][method] = operation_of(route);
  }
  const Json all{{"openapi", "3.1.0"},
                 {"info",
                  {{"title", "vipherd"},
                   {"version", VIPHERD_VERSION},
                   {"description",
                    "What is read (GET, and HEAD) is answered over the endpoint (api.listen) "
                    "and over the control socket (api.control_socket); what changes something "
                    "(POST) over the control socket alone."}}},
                 {"paths", std::move(paths)},
                 {"components", {{"schemas", schemas()}}}};
  return all.dump() + "\n";
}

}  // namespace

const std::string& describe() {
  static const std::string kDocument = document();
  return kDocument;
}

}  // namespace vipherd::api
