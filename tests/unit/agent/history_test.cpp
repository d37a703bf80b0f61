#include "agent/history.hpp"

#include <gmock/gmock.h>

#include <string>

namespace vipherd::agent {
namespace {

using model::HistoryEntry;
using model::HistoryFilter;
using testing::ElementsAre;
using testing::IsEmpty;

const WallTime kNoon(std::chrono::hours(500'000));
const std::uint64_t kNoonId = std::uint64_t{500'000} * 3'600'000'000;
const IpAddress kVip = IpAddress::parse("10.10.10.10").value();

HistoryEntry entry(const std::string& text, WallTime at = kNoon) {
  return {.at = at, .service = "web", .text = text};
}
HistoryEntry vip_entry(const std::string& text, WallTime at = kNoon) {
  HistoryEntry made = entry(text, at);
  made.vip = kVip;
  return made;
}
std::vector<std::string> texts(const std::vector<HistoryEntry>& entries) {
  std::vector<std::string> all;
  for (const HistoryEntry& one : entries) all.push_back(one.text);
  return all;
}

TEST(History, IdsGrowWhateverTheClockDoes) {
  History history;
  EXPECT_EQ(history.add(entry("a")).id, kNoonId);
  EXPECT_EQ(history.add(entry("b")).id, kNoonId + 1) << "within the same microsecond";
  EXPECT_EQ(history.add(entry("c", kNoon - std::chrono::hours(1))).id, kNoonId + 2) << "set back";
  EXPECT_EQ(history.add(entry("d", kNoon + std::chrono::seconds(1))).id, kNoonId + 1'000'000);
  EXPECT_EQ(history.last_id(), kNoonId + 1'000'000);
}

TEST(History, ShowsTheNewestOrWhatCameAfter) {
  History history;
  for (const char* text : {"a", "b", "c"}) history.add(entry(text));
  history.add(vip_entry("d"));
  history.add(entry("e"));
  EXPECT_THAT(texts(history.newest({}, 2)), ElementsAre("d", "e"));
  EXPECT_THAT(texts(history.after(kNoonId, {}, 2)), ElementsAre("b", "c"));
  EXPECT_THAT(texts(history.after(kNoonId + 2, {}, 9)), ElementsAre("d", "e"));
  EXPECT_THAT(texts(history.after(history.last_id(), {}, 9)), IsEmpty());
}

TEST(History, IsFiltered) {
  History history;
  history.add(entry("a"));
  history.add(vip_entry("b"));
  HistoryEntry other = entry("c");
  other.service = "dns";
  history.add(other);
  EXPECT_THAT(texts(history.newest({.service = "web"}, 9)), ElementsAre("a", "b"));
  EXPECT_THAT(texts(history.newest({.vip = kVip}, 9)), ElementsAre("b"));
  EXPECT_THAT(texts(history.after(0, {.service = "dns"}, 9)), ElementsAre("c"));
  EXPECT_THAT(texts(history.newest({.service = "ssh"}, 9)), IsEmpty());
}

TEST(History, OfManyVipsKeepsWhyTheyWent) {
  History history(3);
  history.add(entry("why"));
  for (int vip = 0; vip < 10; ++vip) history.add(vip_entry(std::to_string(vip)));
  EXPECT_THAT(texts(history.all()), ElementsAre("why", "7", "8", "9"));
  for (int check = 0; check < 3; ++check) history.add(entry("later"));
  EXPECT_THAT(texts(history.all()), ElementsAre("7", "8", "9", "later", "later", "later"));
}

TEST(History, TakesWhatAnEarlierAgentLeft) {
  History earlier;
  for (const char* text : {"a", "b", "c", "d"}) earlier.add(entry(text));
  auto left = earlier.all();
  History history(5);
  history.add(entry("now", kNoon + std::chrono::seconds(1)));
  history.add(vip_entry("vip", kNoon + std::chrono::seconds(1)));
  left.push_back(history.all().front());  // it may have been written down already
  std::swap(left.front(), left.back());
  history.add_earlier(left);
  EXPECT_THAT(texts(history.all()), ElementsAre("a", "b", "c", "d", "now", "vip"));
  History small(2);
  small.add_earlier(earlier.all());
  EXPECT_THAT(texts(small.all()), ElementsAre("c", "d"));
  EXPECT_GT(small.add(entry("e")).id, earlier.last_id()) << "although the clock stands still";
}

TEST(History, GoesOnAfterAnAgentWhoseClockWasAhead) {
  History ahead;
  ahead.add(entry("before", kNoon + std::chrono::hours(1)));
  History history;
  history.add_earlier(ahead.all());
  EXPECT_GT(history.add(entry("after")).id, ahead.last_id());
  EXPECT_THAT(texts(history.all()), ElementsAre("before", "after"));
}

TEST(History, KeepsNoLineLongerThanItsLimitAndNoneThatIsNoText) {
  History history;
  EXPECT_LE(history.add(entry(std::string(100'000, 'x'))).text.size(), kLongestEntry);
  EXPECT_EQ(history.add(entry("a\nb")).text, "a b");
}

}  // namespace
}  // namespace vipherd::agent
