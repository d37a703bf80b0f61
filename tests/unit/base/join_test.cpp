#include "vipherd/base/join.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace vipherd {
namespace {

TEST(Join, PutsTheSeparatorBetween) {
  EXPECT_EQ(join(std::vector<std::string>{}), "");
  EXPECT_EQ(join(std::vector<std::string>{"a"}), "a");
  EXPECT_EQ(join(std::vector<std::string>{"a", "", "c"}, "; "), "a; ; c");
  EXPECT_EQ(join(std::map<std::string, int>{{"a", 1}, {"b", 2}}, ", ",
                 [](const auto& one) { return one.first + std::to_string(one.second); }),
            "a1, b2");
}

TEST(Join, AppendsToAList) {
  std::string list;
  append_item(list, "a");
  append_item(list, "b");
  append_item(list, "c", " or ");
  EXPECT_EQ(list, "a, b or c");
}

}  // namespace
}  // namespace vipherd
