#include "api/query.hpp"

#include <gmock/gmock.h>

#include <array>

namespace vipherd::api {
namespace {

using testing::HasSubstr;
using Kind = Parameter::Kind;

constexpr std::array kStrictness{Parameter{"drained", Kind::http_status, false, ""},
                                 Parameter{"notices", Kind::http_status, false, ""}};
constexpr std::array kEveryKind{
    Parameter{"flag", Kind::flag, false, ""},   Parameter{"percent", Kind::percent, true, ""},
    Parameter{"text", Kind::text, false, ""},   Parameter{"duration", Kind::duration, false, ""},
    Parameter{"event", Kind::event, false, ""}, Parameter{"count", Kind::count, false, ""},
    Parameter{"name", Kind::name, false, ""},   Parameter{"address", Kind::address, false, ""}};

TEST(Query, HasWhatWasGivenDecoded) {
  const auto query = Query::read(
      "percent=0&text=kernel%20upgrade&flag=1&event=18446744073709551615&count=1000&"
      "name=web&address=2001:db8::1&duration=30m",
      kEveryKind);
  ASSERT_TRUE(query) << query.error().what;
  EXPECT_EQ(*query->find("text"), "kernel upgrade");
  EXPECT_EQ(query->number("percent"), 0u);
  EXPECT_EQ(query->number("event"), UINT64_MAX);
  EXPECT_TRUE(query->has("flag"));
  EXPECT_FALSE(Query::read("percent=1", kEveryKind)->has("flag"));
  EXPECT_EQ(Query::read("percent=1", kEveryKind)->number("event"), std::nullopt);
  EXPECT_TRUE(Query::read("", kStrictness));
  EXPECT_EQ(*Query::read("drained=50%33", kStrictness)->find("drained"), "503");
}

TEST(Query, TakesNoValueOfAnotherKind) {
  for (const char* value : {"flag=0",
                            "flag",
                            "percent=101",
                            "percent=-1",
                            "percent=",
                            "text=",
                            "text=a%0ab",
                            "text=%ff",
                            "text=%1b%5b31m",
                            "duration=5",
                            "duration=0s",
                            "duration=-1s",
                            "duration=366d",
                            "duration=1ms",
                            "event=-1",
                            "event=1.5",
                            "event=18446744073709551616",
                            "count=0",
                            "count=1001",
                            "name=..",
                            "name=we%20b",
                            "address=web",
                            "address=10.0.0.0/8",
                            "text=%zz"}) {
    const std::string all = std::string(value).starts_with("percent") ? "" : "&percent=1";
    const auto refused = Query::read(value + all, kEveryKind);
    ASSERT_FALSE(refused) << value;
    EXPECT_THAT(refused.error().what, HasSubstr("has no such value: expected flag=1, percent=N"));
  }
  const std::string longest(model::kLongestReason, 'x');
  EXPECT_TRUE(Query::read("percent=1&text=" + longest, kEveryKind));
  EXPECT_FALSE(Query::read("percent=1&text=x" + longest, kEveryKind));
}

TEST(Query, MissesWhatMustBeThere) {
  EXPECT_THAT(Query::read("flag=1", kEveryKind).error().what,
              HasSubstr("\"percent\" is missing: expected"));
}

TEST(Query, AnythingElseIsRefusedWithWhatIsAccepted) {
  for (const char* query :
       {"x=1", "drained", "drained=", "drained=1", "drained=5030", "drained=503 ", "Drained=503",
        "drained==503", "=503", "=", "&", "&drained=503", "drained=503&",
        "drained=503&&notices=503", "drained=503&drained=503", "drained=200&drained=503",
        "drained=503;notices=503", "notices=503&x", "drained=503?"}) {
    const auto refused = Query::read(query, kStrictness);
    ASSERT_FALSE(refused.has_value()) << query;
    EXPECT_THAT(refused.error().what,
                HasSubstr("expected drained=200 or drained=503, notices=200 or notices=503, each"));
  }
  EXPECT_THAT(Query::read("darined=503", kStrictness).error().what,
              HasSubstr("\"darined=503\" is no parameter"));
}

}  // namespace
}  // namespace vipherd::api
