// Texts that were reviewed: tests/golden/setup. With VIPHERD_UPDATE=1 they are written anew.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace vipherd::setup {

inline std::string source_path(const std::string& name) {
  const char* source = std::getenv("VIPHERD_SOURCE");
  return std::string(source ? source : ".") + "/" + name;
}

inline std::string read_source(const std::string& name) {
  std::ifstream file(source_path(name));
  EXPECT_TRUE(file.is_open()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The reviewed text, or, where it is to be written anew, the one of now.
inline std::string golden(const std::string& name, const std::string& now) {
  const std::string path = "tests/golden/setup/" + name;
  if (std::getenv("VIPHERD_UPDATE")) std::ofstream(source_path(path)) << now;
  return read_source(path);
}

}  // namespace vipherd::setup
