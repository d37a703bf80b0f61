#include "vipherd/wire/json/operator.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

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

/// What is in force, along with one explanation.
model::OperatorState with_instruction(const std::string& changes) {
  auto state = nlohmann::json::parse(
      R"({"disabled":["dns"],"drained":{"node":true,"services":["web"],"vips":["10.10.10.10"]},
          "instructions":[{"command":"drain","scope":{"service":"web"},"by":"alice","reason":"a",
                           "since":"2027-01-15T08:00:00.250Z","until":null}],
          "weights":{"node":null,"services":{}}})");
  state["instructions"][0].merge_patch(nlohmann::json::parse(changes));
  return decode_operators(state.dump()).value();
}

TEST(OperatorJson, AnExplanationGoesWithWhatItIsOf) {
  const model::Instruction said{.by = "alice",
                                .reason = "a",
                                .since = WallTime(std::chrono::milliseconds(1'800'000'000'250))};
  model::OperatorState plain;
  plain.disabled = {{"dns", {}}};
  plain.node_drained.emplace();
  plain.drained_services = {{"web", {}}};
  plain.drained_vips = {{IpAddress::parse("10.10.10.10").value(), {}}};
  const auto with = [&](auto explain) {
    model::OperatorState expected = plain;
    explain(expected);
    return expected;
  };
  const auto of_web = with([&](auto& all) { all.drained_services.at("web") = said; });
  EXPECT_EQ(with_instruction("{}"), of_web);
  EXPECT_EQ(with_instruction(R"({"scope":{"service":null,"node":true}})"),
            with([&](auto& all) { all.node_drained = said; }));
  EXPECT_EQ(with_instruction(R"({"scope":{"service":null,"vip":"10.10.10.10"}})"),
            with([&](auto& all) { all.drained_vips.begin()->second = said; }));
  EXPECT_EQ(with_instruction(R"({"command":"disable","scope":{"service":"dns"}})"),
            with([&](auto& all) { all.disabled.at("dns") = said; }));
  const model::Instruction ends{.by = "alice",
                                .reason = "a",
                                .since = said.since,
                                .until = said.since + std::chrono::seconds(1)};
  EXPECT_EQ(with_instruction(R"({"until":"2027-01-15T08:00:01.250Z"})"),
            with([&](auto& all) { all.drained_services.at("web") = ends; }));
  for (const char* changes : {
           // What is not in force needs none.
           R"({"scope":{"service":"dns"}})",
           R"({"scope":{"service":null,"vip":"10.10.10.11"}})",
           R"({"command":"disable"})",
           // What cannot be read is none.
           R"({"command":"explode"})",
           R"({"command":null})",
           R"({"command":7})",
           R"({"scope":null})",
           R"({"scope":"web"})",
           R"({"scope":{"service":7}})",
           R"({"scope":{"vip":"10.10.10.10"}})",
           R"({"by":null})",
           R"({"reason":7})",
           R"({"since":null})",
           R"({"since":"yesterday"})",
           R"({"since":7})",
           R"({"until":"tomorrow"})",
           R"({"until":7})",
       }) {
    EXPECT_EQ(with_instruction(changes), with([](auto&) {})) << changes;
  }
}

TEST(OperatorJson, AnExplanationOfANodeThatServesIsNotNeeded) {
  model::OperatorState drained;
  drained.node_drained.emplace().reason = "a word";
  auto state = nlohmann::json::parse(encode_operators(drained));
  state["drained"]["node"] = false;
  EXPECT_EQ(decode_operators(state.dump()).value(), model::OperatorState{});
  state["instructions"] = "none";
  EXPECT_EQ(decode_operators(state.dump()).value(), model::OperatorState{});
}

}  // namespace
}  // namespace vipherd::wire
