#include "vipherd/wire/json/history.hpp"

#include <gmock/gmock.h>

namespace vipherd::wire {
namespace {

using model::HistoryEntry;
using model::LogLevel;
using model::StateChange;

HistoryEntry example_entry() {
  return {.id = 1'800'000'000'250'000,
          .at = WallTime(std::chrono::milliseconds(1'800'000'000'250)),
          .level = LogLevel::warning,
          .kind = StateChange::Kind::check,
          .service = "web",
          .check = "http",
          .vip = IpAddress::parse("2001:db8::1").value(),
          .state = "down",
          .by = "alice",
          .text = "check web/http down: \"status\" 500"};
}

TEST(HistoryJson, IsOneLineWithWhatThereIs) {
  EXPECT_EQ(encode_entry(example_entry()),
            R"({"id":1800000000250000,"at":"2027-01-15T08:00:00.250Z","level":"warning",)"
            R"("kind":"check","state":"down","service":"web","check":"http","vip":"2001:db8::1",)"
            R"("by":"alice","text":"check web/http down: \"status\" 500"})");
  EXPECT_EQ(encode_entry({.id = 1}),
            R"({"id":1,"at":"1970-01-01T00:00:00.000Z","level":"info","kind":"remark","text":""})");
}

TEST(HistoryJson, IsReadBack) {
  EXPECT_EQ(decode_entry(encode_entry(example_entry())).value(), example_entry());
  EXPECT_EQ(decode_entry(encode_entry({.id = 1})).value(), HistoryEntry{.id = 1});
  const std::vector<HistoryEntry> all{example_entry(), {.id = 2}};
  EXPECT_EQ(decode_history(encode_history(all)).value(), all);
  EXPECT_EQ(decode_history(encode_history({})).value().size(), 0u);
}

TEST(HistoryJson, OfALaterAgentMayHaveMore) {
  const auto entry = decode_entry(
      R"({"id":1,"at":"1970-01-01T00:00:00.000Z","level":"info","kind":"moon","text":"","x":1})");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->kind, StateChange::Kind::remark);
}

TEST(HistoryJson, AnythingElseIsRefused) {
  const std::string text = encode_entry(example_entry());
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(decode_entry(text.substr(0, length))) << length;
  }
  for (const auto& [good, bad] : {std::pair("1800000000250000", "-1"),
                                  {"warning", "loud"},
                                  {"250Z", "250"},
                                  {"2001:db8::1", "2001"},
                                  {"\"web\"", "7"}}) {
    std::string changed = text;
    changed.replace(changed.find(good), std::string_view(good).size(), bad);
    EXPECT_FALSE(decode_entry(changed)) << changed;
  }
  EXPECT_FALSE(decode_history("{}"));
}

}  // namespace
}  // namespace vipherd::wire
