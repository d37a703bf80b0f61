#include "vipherd/wire/json/operator.hpp"

#include <gtest/gtest.h>

namespace vipherd::wire {
namespace {

model::OperatorState example_state() {
  model::OperatorState operators;
  const WallTime since(std::chrono::milliseconds(1'800'000'000'250));
  operators.disabled = {{"dns", {.by = "alice", .reason = "kernel \"upgrade\"", .since = since}}};
  operators.drained_services = {
      {"web", {.by = "root for bob", .since = since, .until = since + std::chrono::minutes(30)}}};
  operators.drained_vips = {{IpAddress::parse("10.10.10.10").value(), {.since = since}},
                            {IpAddress::parse("2001:db8:10::10").value(), {.since = since}}};
  operators.node_weight = 50;
  operators.service_weights = {{"web", 30}};
  return operators;
}

TEST(OperatorJson, IsReadBack) {
  EXPECT_EQ(decode_operators(encode_operators(example_state())).value(), example_state());
  EXPECT_EQ(decode_operators(encode_operators({})).value(), model::OperatorState{});
  model::OperatorState drained;
  drained.node_drained.emplace().reason = "a word";
  EXPECT_EQ(decode_operators(encode_operators(drained)).value(), drained);
}

TEST(OperatorJson, OfAnAgentThatWroteNoReasonsIsReadToo) {
  const auto read = decode_operators(
      R"({"disabled":["dns"],"drained":{"node":true,"services":["web"],"vips":["10.10.10.10"]},)"
      R"("weights":{"node":null,"services":{}}})");
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->node_drained, model::Instruction{});
  EXPECT_TRUE(read->disabled.contains("dns"));
  EXPECT_TRUE(read->drained_services.contains("web"));
  EXPECT_EQ(read->drained_vips.size(), 1u);
}

TEST(OperatorJson, AnExplanationThatCannotBeReadCostsNothingElse) {
  const std::string text = encode_operators(example_state());
  for (const auto& [good, bad] : {std::pair("30:00.250Z", "30:00"),
                                  {"\"reason\": \"kernel", "\"raeson\": \"kernel"},
                                  {"{\n    \"service\": \"web\"", "{\n    \"site\": \"web\""},
                                  {"\"by\": \"alice\"", "\"by\": 7"}}) {
    std::string changed = text;
    const std::size_t found = changed.find(good);
    ASSERT_NE(found, std::string::npos) << good << text;
    changed.replace(found, std::string_view(good).size(), bad);
    const auto read = decode_operators(changed);
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_NE(*read, example_state());
    EXPECT_TRUE(read->disabled.contains("dns"));
    EXPECT_TRUE(read->drained_services.contains("web"));
    EXPECT_EQ(read->drained_vips.size(), 2u);
  }
}

TEST(OperatorJson, IsTakenAsAWholeOrNotAtAll) {
  const std::string text = encode_operators(example_state());
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
