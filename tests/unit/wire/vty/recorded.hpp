// What real daemons of FRR 7.5.1, 8.4.4 and 10.3 answered: the corpus of the fuzzer.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace vipherd::test {

inline std::string recorded_answer(const std::string& name) {
  const char* source = std::getenv("VIPHERD_SOURCE");
  const std::string folder = source == nullptr ? "." : source;
  std::ifstream file(folder + "/tests/fuzz/corpus/vty_daemons/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace vipherd::test
