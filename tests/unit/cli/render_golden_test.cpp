// What `vipherd render` gives, whole: tests/golden/render/cases.txt says of which arguments, and
// how to write the files anew.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "unit/cli/run_command.hpp"
#include "vipherd/render/render.hpp"

namespace vipherd::cli {
namespace {

std::string source_path(const std::string& name) {
  const char* source = std::getenv("VIPHERD_SOURCE");
  return std::string(source ? source : ".") + "/" + name;
}

std::string file_text(const std::string& name) {
  std::ifstream file(source_path(name));
  return {std::istreambuf_iterator<char>(file), {}};
}

struct GoldenCase {
  std::string file;
  std::vector<std::string> arguments;
};

std::vector<GoldenCase> golden_cases() {
  std::vector<GoldenCase> cases;
  std::istringstream lines(file_text("tests/golden/render/cases.txt"));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("#") || colon == line.npos) continue;
    GoldenCase one{line.substr(0, colon), {"render"}};
    std::istringstream words(line.substr(colon + 2));
    for (std::string word; words >> word;) {
      one.arguments.push_back(word.ends_with(".toml") ? source_path(word) : word);
    }
    cases.push_back(std::move(one));
  }
  return cases;
}

TEST(RenderGolden, GivesTheFilesThatCasesNames) {
  const char* golden = std::getenv("VIPHERD_GOLDEN");
  const bool writes = golden != nullptr && std::string_view(golden) == "write";
  const auto cases = golden_cases();
  EXPECT_GE(cases.size(), 20u);
  for (const GoldenCase& one : cases) {
    const Outcome outcome = run(one.arguments);
    EXPECT_EQ(outcome.code, 0) << one.file;
    EXPECT_EQ(outcome.err, "") << one.file;
    if (writes) std::ofstream(source_path(one.file)) << outcome.out;
    EXPECT_EQ(outcome.out, file_text(one.file)) << one.file;
  }
}

/// Nothing is installed, and nothing reviewed, that is never rendered.
TEST(RenderGolden, HasEveryFileOfItsFoldersAndEveryPlatform) {
  std::set<std::string> rendered;
  std::set<std::string> platforms;
  for (const GoldenCase& one : golden_cases()) {
    rendered.insert(one.file);
    for (std::size_t index = 0; index + 1 < one.arguments.size(); ++index) {
      if (one.arguments[index] == "--platform") platforms.insert(one.arguments[index + 1]);
    }
  }
  for (const char* folder : {"deploy/frr", "deploy/routers", "tests/golden/render"}) {
    for (const auto& entry : std::filesystem::directory_iterator(source_path(folder))) {
      const std::string name = entry.path().filename().string();
      const bool is_input = std::string_view(folder).starts_with("tests") &&
                            (name == "cases.txt" || name.ends_with(".toml"));
      if (name == "README.md" || (is_input && name != "gobgp-named.toml")) continue;
      EXPECT_THAT(rendered, testing::Contains(std::string(folder) + "/" + name));
    }
  }
  for (const render::Platform& platform : render::platforms()) {
    EXPECT_THAT(platforms, testing::Contains(std::string(platform.name)));
  }
}

}  // namespace
}  // namespace vipherd::cli
