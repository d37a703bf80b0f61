#include "config/text_limits.hpp"

#include <gmock/gmock.h>

#include "vipherd/config/load.hpp"

namespace vipherd::config {
namespace {

using testing::HasSubstr;

std::string times(std::size_t count, const std::string& text) {
  std::string all;
  all.reserve(count * text.size());
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

/// "LINE:COLUMN: MESSAGE", or nothing.
std::string found_in(const std::string& text) {
  std::size_t bytes = 0;
  std::size_t values = 0;
  const auto found = find_too_much(text, bytes, values);
  if (!found) return "";
  return std::to_string(found->line) + ":" + std::to_string(found->column) + ": " + found->message;
}

TEST(TextLimits, RefuseAKeyOfVeryManyPartsWithItsPlace) {
  const std::string expected = "expected less, got a key of more than 32 parts";
  EXPECT_EQ(found_in("a = 1\n" + times(60'000, "x.") + "y = 1\n"), "2:64: " + expected);
  EXPECT_EQ(found_in(times(40, "\"x\" . ") + "y = 1\n"), "1:191: " + expected);
  EXPECT_EQ(found_in("[" + times(40, "x.") + "y]\n"), "1:65: " + expected);
  EXPECT_EQ(found_in("a = {" + times(40, "x.") + "y = 1}\n"), "1:69: " + expected);
}

TEST(TextLimits, RefuseDeepNesting) {
  const std::string expected =
      "expected less, got more than 32 arrays and tables within each other";
  EXPECT_EQ(found_in("a = " + times(50'000, "[")), "1:37: " + expected);
  EXPECT_EQ(found_in("a = [\n" + times(50'000, "{a = ")), "2:156: " + expected);
}

TEST(TextLimits, RefuseLongLinesLargeFilesAndVeryManyValues) {
  EXPECT_THAT(found_in("# " + std::string(kLongestLine, 'x')), HasSubstr("a line of more than"));
  EXPECT_THAT(found_in(std::string(kLargestText + 1, '\n')), HasSubstr("files of more than"));
  EXPECT_THAT(found_in(times(kMostValues + 1, "a=1\n")), HasSubstr("400001:2: "));
  EXPECT_THAT(found_in("a = [" + times(1000, times(500, "1,") + "\n")),
              HasSubstr("keys and values"));
}

TEST(TextLimits, CountAllFilesTogether) {
  std::size_t bytes = 0;
  std::size_t values = 0;
  const std::string half = times(kMostValues / 2 + 1, "a=1\n");
  EXPECT_FALSE(find_too_much(half, bytes, values));
  EXPECT_TRUE(find_too_much(half, bytes, values));
  values = 0;
  bytes = kLargestText;
  EXPECT_TRUE(find_too_much("a", bytes, values));
}

TEST(TextLimits, KnowWhereStringsAndCommentsAre) {
  const std::string dots = times(100, ".");
  const std::string brackets = times(100, "[{");
  const std::string both = dots + brackets + ",=";
  for (const std::string& text : std::vector<std::string>{
           "# " + both + "\na = 1\n", "a = \"" + both + "\"\n", "a = \"\\\"" + both + "\"\n",
           "a = '" + both + "\\'\nb = '" + both + "'\n",
           "a = \"\"\"\n" + both + "\n\"\"" + both + "\\\"\"\"" + both + "\"\"\"\"\"\n",
           "a = '''\n" + both + "\n''" + both + "\"\"\"" + both + "'''''\nb = 1\n",
           "a = \"\"\nb = ''\nc = \"\"\"\"\"\"\nd = ''''''\n# '\"" + both + "\n",
           "a = \"\" # \"" + both + "\n"}) {
    EXPECT_EQ(found_in(text), "") << text;
  }
  // Nor do they hide what follows them.
  for (const std::string before :
       {"a = \"\"\n", "a = ''\n", "a = \"\\\\\"\n", "a = 'x\\'\n", "a = \"\"\"\"\"\"\n", "# x\n",
        "a = '''x'''\n", "a = \"\"\"\\\"\"\"\"\n", "a = \"\"\"x\"\"\"\"\"\n"}) {
    EXPECT_NE(found_in(before + times(40, "x.") + "y = 1\n"), "") << before;
  }
}

TEST(TextLimits, AreFarFromWhatAConfigurationHas) {
  std::string text = "[vips]\npool = [\"10.10.0.0/16\"]\n";
  std::string vips;
  for (int i = 0; i < 10'000; ++i) {
    vips += "\"10.10." + std::to_string(i / 256) + "." + std::to_string(i % 256) + "\", ";
  }
  text += "[services.all]\nvips = [" + vips + "]\n";
  for (int i = 0; i < 10'000; ++i) {
    const std::string name = "[services.s" + std::to_string(i);
    text += name + "]\nvips = [\"10.10.1.1\"]\n" + name +
            ".checks.http]\ntype = \"http\"\nurl = \"http://127.0.0.1/\"\ninterval = \"1s\"\n" +
            "timeout = \"300ms\"\nrise = 2\nfall = 2\n";
  }
  EXPECT_EQ(found_in(text), "");
}

TEST(Load, RefusesWhatWouldOverflowTheParser) {
  const std::vector<Source> sources{{"main", "[node]\n"},
                                    {"conf.d/x.toml", times(60'000, "x.") + "y = 1\n"}};
  const Loaded loaded = parse(sources, {}, "host");
  EXPECT_EQ(loaded.errors,
            (std::vector<ConfigError>{
                {"conf.d/x.toml", 1, 64, "expected less, got a key of more than 32 parts"}}));
  EXPECT_TRUE(salvage(sources).uncertain);
}

TEST(Load, ListsAThousandErrorsAndTheNumberOfTheOthers) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "key" + std::to_string(i) + " = 1\n";
  const Loaded loaded = parse(std::vector<Source>{{"main", text}}, {}, "host");
  ASSERT_EQ(loaded.errors.size(), 1000U);
  EXPECT_THAT(loaded.errors.back().message, testing::EndsWith(" more errors)"));
}

}  // namespace
}  // namespace vipherd::config
