// docs/routers.md: each command in it gives what stands below it, and every platform is in the part
// that it belongs to. With VIPHERD_UPDATE=1 what stands below is written anew.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "unit/cli/run_command.hpp"
#include "vipherd/render/render.hpp"

namespace vipherd::cli {
namespace {

constexpr std::string_view kBegin = "\n```\n$ vipherd ";
constexpr std::string_view kEnd = "\n```\n";

std::string page_path() {
  const char* source = std::getenv("VIPHERD_SOURCE");
  return std::string(source ? source : ".") + "/docs/routers.md";
}

/// The words of the command that begins there, and where its output begins.
std::pair<std::vector<std::string>, std::size_t> command_at(const std::string& page,
                                                            std::size_t at) {
  std::vector<std::string> words;
  while (true) {
    const std::size_t end = page.find('\n', at);
    std::istringstream line(page.substr(at, end - at));
    for (std::string word; line >> word;) words.push_back(word);
    at = end + 1;
    if (words.empty() || words.back() != "\\") return {words, at};
    words.pop_back();
  }
}

TEST(RoutersPage, ShowsWhatRenderGives) {
  std::ifstream file(page_path());
  std::string page{std::istreambuf_iterator<char>(file), {}};
  std::string untested_here;
  std::string untested;
  std::size_t count = 0;
  for (std::size_t at = page.find(kBegin); at != page.npos; at = page.find(kBegin, at + 1)) {
    const auto [words, begin] = command_at(page, at + kBegin.size());
    const std::size_t end = page.find(kEnd, begin) + 1;
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    const auto name = std::ranges::find(words, "--platform");
    ASSERT_LT(name, words.end() - 1);
    if (at > page.find("\n## Not run\n")) untested_here += *std::next(name) + " ";
    ++count;
    if (std::getenv("VIPHERD_UPDATE") != nullptr) {
      page.replace(begin, end - begin, outcome.out);
    } else {
      EXPECT_EQ(page.substr(begin, end - begin), outcome.out) << *std::next(name);
    }
  }
  for (const render::Platform& platform : render::platforms()) {
    if (platform.tested.empty()) untested += std::string(platform.name) + " ";
    EXPECT_THAT(page, testing::HasSubstr("--platform " + std::string(platform.name) + " "));
  }
  EXPECT_EQ(count, render::platforms().size());
  EXPECT_EQ(untested_here, untested);
  if (std::getenv("VIPHERD_UPDATE") != nullptr) std::ofstream(page_path()) << page;
}

}  // namespace
}  // namespace vipherd::cli
