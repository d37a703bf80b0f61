#include "vipherd/wire/control_json.hpp"

#include <gmock/gmock.h>

#include "vipherd/wire/status_json.hpp"

namespace vipherd::wire {
namespace {

TEST(ControlJson, NamesWhatWasReached) {
  EXPECT_EQ(encode_reached({}), "{\"services\":[],\"vips\":[]}\n");
  EXPECT_EQ(encode_reached({{"dns", "web"}, {"10.10.10.10"}}),
            "{\"services\":[\"dns\",\"web\"],\"vips\":[\"10.10.10.10\"]}\n");
}

TEST(ControlJson, TellsWhetherACommandWouldOutliveTheAgent) {
  EXPECT_EQ(encode_reached({{}, {}, Persisted::yes}),
            "{\"persisted\":true,\"services\":[],\"vips\":[]}\n");
  EXPECT_EQ(encode_reached({{}, {}, Persisted::no, "it will not"}),
            "{\"persisted\":false,\"services\":[],\"vips\":[],\"warning\":\"it will not\"}\n");
  EXPECT_EQ(encode_reached({{}, {}, Persisted::unknown, "it may not"}),
            "{\"persisted\":null,\"services\":[],\"vips\":[],\"warning\":\"it may not\"}\n");
  for (const auto persisted :
       {Persisted::not_asked, Persisted::yes, Persisted::no, Persisted::unknown}) {
    const Reached read = decode_reached(encode_reached({{}, {}, persisted, "so it is"})).value();
    EXPECT_EQ(read.persisted, persisted);
    EXPECT_EQ(read.warning, "so it is");
  }
}

TEST(ControlJson, ReadsWhatWasReached) {
  const Reached read = decode_reached(encode_reached({{"dns", "web"}, {"10.10.10.10"}})).value();
  EXPECT_EQ(read.services, (std::vector<std::string>{"dns", "web"}));
  EXPECT_EQ(read.vips, std::vector<std::string>{"10.10.10.10"});
  for (const char* other : {"", "{", "[]", "{}", "{\"services\":5,\"vips\":[]}",
                            "{\"services\":[5],\"vips\":[]}", "{\"services\":[]}"}) {
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
