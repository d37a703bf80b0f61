#include "api/health_query.hpp"

#include <gmock/gmock.h>

namespace vipherd::api {
namespace {

using model::Strictness;
using testing::HasSubstr;

TEST(HealthQuery, SaysWhatCountsAsAFailure) {
  for (const auto& [query, strictness] : {std::pair("", Strictness{false, false}),
                                          {"drained=503", {true, false}},
                                          {"notices=503", {false, true}},
                                          {"drained=200", {false, false}},
                                          {"notices=200", {false, false}},
                                          {"drained=503&notices=503", {true, true}},
                                          {"notices=503&drained=200", {false, true}}}) {
    EXPECT_EQ(parse_health_query(query).value(), strictness) << query;
  }
}

TEST(HealthQuery, AnythingElseIsRefusedWithWhatIsAccepted) {
  for (const char* query : {"x=1",
                            "drained",
                            "drained=",
                            "drained=1",
                            "drained=5030",
                            "drained=503 ",
                            "Drained=503",
                            "drained=50%33",
                            "drained==503",
                            "=503",
                            "=",
                            "&",
                            "&drained=503",
                            "drained=503&",
                            "drained=503&&notices=503",
                            "drained=503&drained=503",
                            "drained=200&drained=503",
                            "drained=503;notices=503",
                            "notices=503&x",
                            "drained=503?"}) {
    const auto refused = parse_health_query(query);
    ASSERT_FALSE(refused.has_value()) << query;
    EXPECT_THAT(refused.error().what, HasSubstr("expected drained=200 or drained=503, notices="));
  }
  EXPECT_THAT(parse_health_query("darined=503").error().what,
              HasSubstr("\"darined=503\" is no parameter"));
}

}  // namespace
}  // namespace vipherd::api
