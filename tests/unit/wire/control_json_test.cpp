#include "vipherd/wire/control_json.hpp"

#include <gmock/gmock.h>

#include "vipherd/wire/status_json.hpp"

namespace vipherd::wire {
namespace {

TEST(ControlJson, NamesTheServicesReached) {
  EXPECT_EQ(encode_reached({}), "{\"services\":[]}\n");
  const std::vector<std::string> services{"dns", "web"};
  EXPECT_EQ(encode_reached(services), "{\"services\":[\"dns\",\"web\"]}\n");
}

TEST(ControlJson, ReadsTheServicesReached) {
  const std::vector<std::string> services{"dns", "web"};
  EXPECT_EQ(decode_reached(encode_reached(services)).value(), services);
  for (const char* other : {"", "{", "[]", "{}", "{\"services\":5}", "{\"services\":[5]}"}) {
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
