// The description of the API has what the table has, and says of the answers what they have.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "vipherd/api/routes.hpp"
#include "vipherd/model/health.hpp"
#include "vipherd/wire/json/control.hpp"
#include "vipherd/wire/json/history.hpp"
#include "vipherd/wire/json/status.hpp"

namespace vipherd::api {
namespace {

using nlohmann::json;

std::set<std::string> keys_of(const json& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.insert(key);
  return keys;
}

/// The schema has every key of the answer, and demands only such.
void expect_described(const char* schema, const std::string& answer) {
  const json described = json::parse(describe())["components"]["schemas"][schema];
  const std::set<std::string> keys = keys_of(json::parse(answer));
  for (const std::string& key : keys) {
    EXPECT_TRUE(described["properties"].contains(key)) << schema << " " << key;
  }
  for (const json& key : described["required"]) {
    EXPECT_TRUE(keys.contains(key.get<std::string>())) << schema << " " << key;
  }
}

TEST(OpenApi, HasEveryRouteAndNoOther) {
  const json document = json::parse(describe());
  EXPECT_EQ(document["openapi"], "3.1.0");
  std::set<std::string> described;
  for (const auto& [path, operations] : document["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) described.insert(method + path);
  }
  std::set<std::string> known;
  for (const Route& route : routes()) {
    const std::string method = route.method == Method::get ? "get" : "post";
    const std::string path(route.path);
    known.insert(method + path);
    const json& operation = document["paths"][path][method];
    EXPECT_EQ(operation["summary"], route.help);
    const bool named = path.find('{') != path.npos;
    EXPECT_EQ(operation.value("parameters", json::array()).size(),
              route.query.size() + (named ? 1 : 0))
        << path;
  }
  EXPECT_EQ(described, known);
}

TEST(OpenApi, RefersToWhatIsThere) {
  const json document = json::parse(describe());
  const std::string text = document.dump();
  const std::string prefix = "#/components/schemas/";
  std::set<std::string> used;
  for (auto at = text.find(prefix); at != text.npos; at = text.find(prefix, at)) {
    at += prefix.size();
    used.insert(text.substr(at, text.find('"', at) - at));
  }
  EXPECT_EQ(used, keys_of(document["components"]["schemas"]));
}

TEST(OpenApi, SaysWhatTheAnswersHave) {
  wire::Reached all{"weight", model::scope::Service{"web"}};
  all.percent = 30;
  all.persisted = wire::Persisted::no;
  all.warning = "would not outlive";
  expect_described("Reached", wire::encode_reached(all));
  expect_described("Reached", wire::encode_reached({"probe"}));
  expect_described("Health", wire::encode_health("lb1", model::scope::Service{"web"}, {}));
  expect_described("Health", wire::encode_health("lb1", model::scope::Node{}, {}));
  expect_described("Error", wire::encode_error("no"));
}

TEST(OpenApi, DescribesAnEvent) {
  const model::HistoryEntry all{.id = 1,
                                .service = "web",
                                .check = "http",
                                .vip = IpAddress::parse("10.10.10.10").value(),
                                .state = "up",
                                .by = "alice",
                                .text = "x"};
  expect_described("Event", wire::encode_entry(all));
  expect_described("Event", wire::encode_entry({.id = 1}));
  expect_described("Events", wire::encode_history({}));
  const json kinds =
      json::parse(describe())["components"]["schemas"]["Event"]["properties"]["kind"];
  for (const json& kind : kinds["enum"]) {
    EXPECT_TRUE(model::kind_of_change(kind.get<std::string>())) << kind;
  }
}

}  // namespace
}  // namespace vipherd::api
