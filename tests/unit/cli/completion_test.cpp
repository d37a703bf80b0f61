#include "cli/completion.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "unit/cli/run_command.hpp"

namespace vipherd::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

std::vector<std::string> complete(std::vector<std::string> words) {
  words.insert(words.begin(), {"complete", "--"});
  const Outcome outcome = run(words);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "");
  std::vector<std::string> lines;
  std::istringstream text(outcome.out);
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

TEST(Completion, OffersCommandsAndOptions) {
  EXPECT_THAT(complete({""}), IsSupersetOf({"check-config", "status", "drain", "spread"}));
  EXPECT_THAT(complete({""}), Not(Contains("complete")));
  EXPECT_THAT(complete({"dra"}), ElementsAre("drain"));
  EXPECT_THAT(complete({"--v"}), ElementsAre("--version"));
  EXPECT_THAT(complete({"status", "--w"}), ElementsAre("--watch", "--wide"));
  EXPECT_THAT(complete({"drain", "--"}), Not(Contains("--limit"))) << "an old name of --timeout";
  EXPECT_THAT(complete({"nonsense", ""}), IsEmpty());
  EXPECT_THAT(complete({}), IsEmpty());
}

TEST(Completion, OffersWhatAnOptionTakes) {
  EXPECT_THAT(complete({"run", "--log-level", ""}),
              ElementsAre("debug", "error", "info", "warning"));
  EXPECT_THAT(complete({"run", "--log-level", "w"}), ElementsAre("warning"));
  EXPECT_THAT(complete({"run", "--config", "/e"}), ElementsAre(kFileNames));
  EXPECT_THAT(complete({"status", "--socket", ""}), ElementsAre(kFileNames));
  EXPECT_THAT(complete({"status", "--watch", "--j"}), ElementsAre("--json"));
  EXPECT_THAT(complete({"weight", ""}), IsEmpty()) << "a number";
}

TEST(Completion, SaysNothingWithoutAnAgent) {
  EXPECT_THAT(complete({"drain", "--socket", "/nonexistent.sock", ""}), IsEmpty());
  EXPECT_THAT(complete({"explain", "--socket", "/dev/null", "10"}), IsEmpty());
}

/// What the help lists is what is offered.
TEST(Completion, HasEveryOptionOfTheHelp) {
  for (const std::string& command : complete({""})) {
    const std::string help = run({command, "--help"}).out;
    const std::vector<std::string> offered = complete({command, "--"});
    EXPECT_THAT(offered, Not(IsEmpty())) << command;
    for (const std::string& option : offered) EXPECT_THAT(help, testing::HasSubstr(option));
  }
}

}  // namespace
}  // namespace vipherd::cli
