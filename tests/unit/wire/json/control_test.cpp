#include "vipherd/wire/json/control.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "vipherd/wire/json/status.hpp"

namespace vipherd::wire {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const Reached kReached{
    "drain", model::scope::Service{"web"}, std::nullopt, {"web"}, {"10.10.10.10"}};

TEST(ControlJson, NamesWhatWasReached) {
  EXPECT_EQ(encode_reached({"hand-over"}),
            "{\"command\":\"hand-over\",\"scope\":{\"node\":true},\"services\":[],\"vips\":[]}\n");
  EXPECT_EQ(encode_reached(kReached),
            "{\"command\":\"drain\",\"scope\":{\"service\":\"web\"},\"services\":[\"web\"],"
            "\"vips\":[\"10.10.10.10\"]}\n");
}

TEST(ControlJson, TellsWhetherACommandWouldOutliveTheAgent) {
  Reached reached = kReached;
  const auto written = [&reached](Persisted persisted, const char* warning) {
    reached.persisted = persisted;
    reached.warning = warning;
    return encode_reached(reached);
  };
  EXPECT_THAT(written(Persisted::not_asked, ""), Not(HasSubstr("persisted")));
  EXPECT_THAT(written(Persisted::yes, ""), HasSubstr("\"persisted\":true"));
  EXPECT_THAT(written(Persisted::no, "it will not"),
              AllOf(HasSubstr("\"persisted\":false"), HasSubstr("\"warning\":\"it will not\"")));
  EXPECT_THAT(written(Persisted::unknown, "it may not"), HasSubstr("\"persisted\":null"));
  for (const auto persisted :
       {Persisted::not_asked, Persisted::yes, Persisted::no, Persisted::unknown}) {
    const Reached read = decode_reached(written(persisted, "so it is")).value();
    EXPECT_EQ(read.persisted, persisted);
    EXPECT_EQ(read.warning, "so it is");
  }
}

TEST(ControlJson, ReadsWhatWasReached) {
  for (const model::Scope& scope :
       std::vector<model::Scope>{model::scope::Node{}, model::scope::Service{"web"},
                                 model::scope::Vip{IpAddress::parse("2001:db8::1").value()}}) {
    Reached written = kReached;
    written.scope = scope;
    written.percent = 100;
    const Reached read = decode_reached(encode_reached(written)).value();
    EXPECT_EQ(read.command, "drain");
    EXPECT_EQ(read.scope, scope);
    EXPECT_EQ(read.percent, 100u);
    EXPECT_EQ(read.services, written.services);
    EXPECT_EQ(read.vips, written.vips);
  }
}

TEST(ControlJson, RefusesEverythingElse) {
  const std::string lists = R"("services":[],"vips":[]})";
  for (const std::string& other :
       {std::string(), std::string("{"), std::string("[]"), std::string("{}"), "{" + lists,
        R"({"command":5,"scope":{"node":true},)" + lists,
        R"({"command":"drain","scope":{},)" + lists,
        R"({"command":"drain","scope":{"node":false},)" + lists,
        R"({"command":"drain","scope":{"node":true,"vip":"::1"},)" + lists,
        R"({"command":"drain","scope":{"vip":"web"},)" + lists,
        R"({"command":"drain","scope":{"zone":"web"},)" + lists,
        R"({"command":"drain","percent":101,"scope":{"node":true},)" + lists,
        std::string(R"({"command":"drain","scope":{"node":true},"services":[5],"vips":[]})")}) {
    EXPECT_FALSE(decode_reached(other)) << other;
  }
}

TEST(ControlJson, ReadsAnError) {
  EXPECT_EQ(decode_error(encode_error("there is no service \"x\"")), "there is no service \"x\"");
  for (const char* other : {"", "{", "[]", "5", "{}", "{\"error\":5}", "<html>"}) {
    EXPECT_EQ(decode_error(other), "") << other;
  }
}

TEST(ControlJson, EveryFieldThatIsNotAsExpectedIsRefusedOrUnknown) {
  const auto good = nlohmann::json::parse(
      R"({"command":"weight","scope":{"service":"web"},"services":["web"],"vips":["10.10.10.10"],
          "percent":30,"persisted":true,"warning":"so it is"})");
  const auto read = [&](const char* key, const char* value) {
    auto changed = good;
    if (value == nullptr) {
      changed.erase(key);
    } else {
      changed[key] = nlohmann::json::parse(value);
    }
    return decode_reached(changed.dump());
  };
  for (const auto& [key, value] : {
           std::pair<const char*, const char*>{"command", nullptr},
           {"command", "7"},
           {"command", "null"},
           {"scope", nullptr},
           {"scope", "7"},
           {"scope", "[]"},
           {"scope", "{}"},
           {"scope", R"({"node":"true"})"},
           {"scope", R"({"node":false})"},
           {"scope", R"({"service":7})"},
           {"scope", R"({"vip":true})"},
           {"scope", R"({"vip":"10.10.10"})"},
           {"scope", R"({"site":"10.10.10.10"})"},
           {"scope", R"({"site":true})"},
           {"scope", R"({"service":"web","vip":"10.10.10.10"})"},
           {"services", nullptr},
           {"services", R"("web")"},
           {"services", R"(["web",7])"},
           {"vips", nullptr},
           {"vips", "{}"},
           {"vips", "[null]"},
           {"percent", "101"},
           {"percent", "-1"},
           {"percent", "30.5"},
           {"percent", R"("30")"},
           {"percent", "null"},
       }) {
    const auto reached = read(key, value);
    ASSERT_FALSE(reached) << key << " " << (value == nullptr ? "absent" : value);
    EXPECT_THAT(reached.error().what,
                testing::StartsWith(R"(expected {"command": ..., "scope": ..., "services": [...], )"
                                    R"("vips": [...]}, got {")"));
  }
  EXPECT_EQ(read("percent", nullptr).value().percent, std::nullopt);
  EXPECT_EQ(read("percent", "100").value().percent, 100u);
  EXPECT_EQ(read("scope", R"({"vip":"::1"})").value().scope,
            model::Scope(model::scope::Vip{IpAddress::parse("::1").value()}));
  for (const auto& [value, persisted] :
       {std::pair<const char*, Persisted>{nullptr, Persisted::not_asked},
        {"true", Persisted::yes},
        {"false", Persisted::no},
        {"null", Persisted::unknown},
        {"1", Persisted::unknown}}) {
    EXPECT_EQ(read("persisted", value).value().persisted, persisted);
  }
  for (const char* value : {static_cast<const char*>(nullptr), "7", "null", R"("")"}) {
    EXPECT_EQ(read("warning", value).value().warning, "");
  }
}

TEST(ControlJson, AnotherAnswerIsRepeatedByItsBeginning) {
  EXPECT_EQ(decode_reached("<html>" + std::string(100, 'x')).error().what,
            R"(expected {"command": ..., "scope": ..., "services": [...], "vips": [...]}, got )"
            "<html>" +
                std::string(74, 'x'));
}

TEST(ControlJson, AReloadTellsItsFaults) {
  EXPECT_EQ(encode_reload({}), "{\"reloaded\":true}\n");
  EXPECT_EQ(decode_errors(encode_reload({})), std::vector<std::string>{});
  EXPECT_EQ(decode_error(encode_reload({})), "");
  const std::vector<std::string> faults{"vipherd.toml:3:1: expected \"true\"", "b.toml:1:1: \xff"};
  const std::string answer = encode_reload(faults);
  EXPECT_EQ(answer, R"({"error":"nothing was changed, the configuration from before is in force",)"
                    R"("faults":["vipherd.toml:3:1: expected \"true\"","b.toml:1:1: \ufffd"],)"
                    "\"reloaded\":false}\n");
  EXPECT_EQ(decode_errors(answer),
            (std::vector<std::string>{faults[0], "b.toml:1:1: \xef\xbf\xbd"}));
  EXPECT_EQ(decode_error(answer), "nothing was changed, the configuration from before is in force");
  for (const char* other : {"", "{", "[]", "7", "{}", R"({"faults":7})", R"({"faults":{"a":"b"}})",
                            R"({"faults":["a",7]})", R"({"faults":null})"}) {
    EXPECT_EQ(decode_errors(other), std::vector<std::string>{}) << other;
  }
}

TEST(ControlJson, WhatIsNotPlainIsEscaped) {
  EXPECT_EQ(encode_error("a\"b\\c\x7f\n\xc3\xa4\xff"),
            "{\"error\":\"a\\\"b\\\\c\\u007f\\n\\u00e4\\ufffd\"}\n");
  for (const char* text : {"~ plain ", "\"", "\\", "\x7f", "\x1f", "\xc3\xa4"}) {
    EXPECT_EQ(decode_error(encode_error(text)), text);
  }
}

}  // namespace
}  // namespace vipherd::wire
