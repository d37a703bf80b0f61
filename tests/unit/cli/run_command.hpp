// A command line from outside: arguments in, exit code and text out.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.hpp"

namespace vipherd::cli {

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

inline int call(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "vipherd");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  return cli::main(static_cast<int>(arguments.size()), argv.data());
}

inline Outcome run(std::vector<std::string> arguments) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = call(std::move(arguments));
  std::fflush(nullptr);
  return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

}  // namespace vipherd::cli
