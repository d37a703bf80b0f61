#include "vipherd/base/printable.hpp"

#include <gtest/gtest.h>

namespace vipherd {
namespace {

TEST(Printable, LeavesTextAlone) {
  for (const char* text : {"", "status 200", "Zürich → Genève", "日本語", "🙂",
                           "a\xef\xbf\xbd"
                           "b"}) {
    EXPECT_EQ(printable(text), text);
    EXPECT_EQ(printable_lines(text), text);
  }
}

TEST(Printable, IsOneLine) {
  EXPECT_EQ(printable("a\tb\r\nc"), "a b  c");
  EXPECT_EQ(printable_lines("a\tb\r\nc\n"), "a b \nc\n");
}

TEST(Printable, HasNoControlCharacters) {
  const std::string mark = "\xef\xbf\xbd";
  for (int byte = 0; byte < 0x20; ++byte) {
    if (byte == '\t' || byte == '\n' || byte == '\r') continue;
    EXPECT_EQ(printable(std::string(1, static_cast<char>(byte))), mark) << byte;
  }
  EXPECT_EQ(printable("\x7f"), mark);
  // C1, as UTF-8 and as bytes.
  for (int byte = 0x80; byte < 0xa0; ++byte) {
    EXPECT_EQ(printable(std::string("\xc2") + static_cast<char>(byte)), mark) << byte;
    EXPECT_EQ(printable(std::string(1, static_cast<char>(byte))), mark) << byte;
  }
  EXPECT_EQ(printable("a\x1b[31mb"), "a" + mark + "[31mb");
}

TEST(Printable, HidesAndReordersNothing) {
  const std::string mark = "\xef\xbf\xbd";
  for (const char* hidden : {"\u061c", "\u200b", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a",
                             "\u202e", "\u2066", "\u2069", "\ufeff", "\U000e0041"}) {
    EXPECT_EQ(printable(std::string("a") + hidden + "b"), "a" + mark + "b");
  }
}

TEST(Printable, IsValidUtf8) {
  const std::string mark = "\xef\xbf\xbd";
  EXPECT_EQ(printable("a\xff"
                      "b"),
            "a" + mark + "b");
  EXPECT_EQ(printable("a\xc3"
                      "b"),
            "a" + mark + "b")
      << "the next character is not swallowed";
  EXPECT_EQ(printable("\xc3"), mark);
  EXPECT_EQ(printable("\xc0\x9b"), mark + mark) << "an overlong ESC";
  EXPECT_EQ(printable("\xed\xa0\x80"), mark + mark + mark) << "a surrogate";
  EXPECT_EQ(printable("\xf5\x80\x80\x80"), mark + mark + mark + mark);
}

TEST(Printable, IsSoAgain) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += {static_cast<char>(byte), '\xc2'};
  EXPECT_EQ(printable(printable(all)), printable(all));
  EXPECT_EQ(printable_lines(printable_lines(all)), printable_lines(all));
}

TEST(PrintableJson, MeansTheSame) {
  EXPECT_EQ(printable_json("{\"a\": 1}\n"), "{\"a\": 1}\n");
  EXPECT_EQ(printable_json("{\r\t\"a\"}"), "{  \"a\"}");
  EXPECT_EQ(printable_json("\"\u00fc\u202e\x7f\xc2\x9b\U0001f642\""),
            "\"\\u00fc\\u202e\\u007f\\u009b\\ud83d\\ude42\"");
  EXPECT_EQ(printable_json("\"\xff\""), "\"\\ufffd\"");
}

}  // namespace
}  // namespace vipherd
