#include "vipherd/base/lines.hpp"

#include <gtest/gtest.h>

namespace vipherd {
namespace {

TEST(LinesTest, CutsLines) {
  std::string_view text = "one\r\n\ntwo";
  EXPECT_EQ(cut_line(text), "one");
  EXPECT_EQ(cut_line(text), "");
  EXPECT_EQ(cut_line(text), "two");
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(cut_line(text), "");
}

TEST(LinesTest, CutsWords) {
  std::string_view text = "  router\tbgp  65001 \r\n";
  EXPECT_EQ(cut_word(text), "router");
  EXPECT_EQ(text, "bgp  65001");
  EXPECT_EQ(cut_word(text), "bgp");
  EXPECT_EQ(cut_word(text), "65001");
  EXPECT_EQ(cut_word(text), "");
}

TEST(LinesTest, CutsWholeWordsOnly) {
  std::string_view text = "router ospf6 vrf blue";
  EXPECT_FALSE(cut_words(text, "router ospf"));
  EXPECT_EQ(text, "router ospf6 vrf blue");
  EXPECT_TRUE(cut_words(text, "router ospf6"));
  EXPECT_EQ(text, "vrf blue");
  EXPECT_TRUE(cut_words(text, "vrf blue"));
  EXPECT_TRUE(text.empty());
}

TEST(LinesTest, FindsTheWordAfterAnother) {
  EXPECT_EQ(word_after("metric 100 route-map VIPHERD", "route-map"), "VIPHERD");
  EXPECT_EQ(word_after("no-route-map VIPHERD", "route-map"), "");
  EXPECT_EQ(word_after("metric route-map", "route-map"), "");
  EXPECT_EQ(word_after("", "route-map"), "");
}

}  // namespace
}  // namespace vipherd
