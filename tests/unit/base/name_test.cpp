#include "vipherd/base/name.hpp"

#include <gtest/gtest.h>

#include <string>

namespace vipherd {
namespace {

using namespace std::string_view_literals;

TEST(Name, IsOfLettersDigitsAndThreeSigns) {
  for (const std::string_view name : {"web"sv, "dns-1"sv, "a.b_c"sv, "...x"sv, "10.10.10.10"sv}) {
    EXPECT_TRUE(is_name(name)) << name;
  }
  EXPECT_TRUE(is_name(std::string(64, 'a')));
  EXPECT_FALSE(is_name(std::string(65, 'a')));
  for (const std::string_view text :
       {""sv, "."sv, ".."sv, "a b"sv, "a/b"sv, "a?b"sv, "a#b"sv, "a%62"sv, "\0"sv, "web\0"sv,
        "w\xc3\xa9"sv, "a\n"sv, "\x1b[m"sv, "::1"sv}) {
    EXPECT_FALSE(is_name(text)) << text;
  }
}

TEST(DeviceName, IsWhatTheKernelTakes) {
  for (const std::string_view name : {"blue"sv, "vrf-1"sv, "a+b@c"sv}) {
    EXPECT_TRUE(is_device_name(name)) << name;
  }
  for (const std::string_view text : {""sv, "."sv, ".."sv, "a/b"sv, "a:b"sv, "a b"sv, "a%d"sv,
                                      "0123456789abcdef"sv, "\0"sv, "\x7f"sv, "\xc3\xa9"sv}) {
    EXPECT_FALSE(is_device_name(text)) << text;
  }
}

}  // namespace
}  // namespace vipherd
