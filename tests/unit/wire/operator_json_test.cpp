#include "vipherd/wire/operator_json.hpp"

#include <gtest/gtest.h>

namespace vipherd::wire {
namespace {

model::OperatorState example() {
  model::OperatorState operators;
  operators.disabled = {"dns"};
  operators.drained_services = {"web"};
  operators.drained_vips = {IpAddress::parse("10.10.10.10").value(),
                            IpAddress::parse("2001:db8:10::10").value()};
  operators.node_weight = 50;
  operators.service_weights = {{"web", 30}};
  return operators;
}

TEST(OperatorJson, IsReadBack) {
  EXPECT_EQ(decode_operators(encode_operators(example())).value(), example());
  EXPECT_EQ(decode_operators(encode_operators({})).value(), model::OperatorState{});
  model::OperatorState drained;
  drained.node_drained = true;
  EXPECT_TRUE(decode_operators(encode_operators(drained)).value().node_drained);
}

TEST(OperatorJson, IsTakenAsAWholeOrNotAtAll) {
  const std::string text = encode_operators(example());
  for (std::size_t length = 0; length + 2 < text.size(); ++length) {
    EXPECT_FALSE(decode_operators(text.substr(0, length))) << length;
  }
  for (const auto& [good, bad] : {std::pair("10.10.10.10", "10.10.10"),
                                  {": 30", ": 0"},
                                  {": 30", ": 101"},
                                  {": 30", ": -1"},
                                  {": 30", ": 1.5"},
                                  {"\"node\": 50", "\"node\": \"50\""},
                                  {"\"disabled\"", "\"disbled\""},
                                  {"\"node\": false", "\"node\": 0"}}) {
    std::string changed = text;
    const std::size_t found = changed.find(good);
    ASSERT_NE(found, std::string::npos) << good;
    changed.replace(found, std::string_view(good).size(), bad);
    EXPECT_FALSE(decode_operators(changed)) << changed;
  }
}

}  // namespace
}  // namespace vipherd::wire
