#include "vipherd/wire/json/control.hpp"

#include <gmock/gmock.h>

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

}  // namespace
}  // namespace vipherd::wire
