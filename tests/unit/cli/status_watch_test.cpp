#include "cli/status_watch.hpp"

#include <gmock/gmock.h>

namespace vipherd::cli {
namespace {

using namespace std::chrono_literals;

TimePoint moment(Duration since_start) { return TimePoint(1h + since_start); }

TEST(StatusWatch, ShowsTheLastStatusWhileNoAgentAnswers) {
  StatusWatch watch(80);
  EXPECT_EQ(plain(watch.on_failure("no such file", moment(0s))),
            "NO AGENT ANSWERS for 0s: no such file\n");
  EXPECT_EQ(plain(watch.on_status({{"lb1: healthy\n"}}, moment(2s))), "lb1: healthy\n");
  EXPECT_EQ(plain(watch.on_failure("refused", moment(4s))),
            "NO AGENT ANSWERS for 0s: refused\n\nthis is from 2s ago:\n\nlb1: healthy\n");
  EXPECT_EQ(plain(watch.on_failure("refused", moment(6500ms))),
            "NO AGENT ANSWERS for 2s: refused\n\nthis is from 4s ago:\n\nlb1: healthy\n");
  EXPECT_EQ(plain(watch.on_status({{"lb1: drained\n"}}, moment(8s))), "lb1: drained\n");
  EXPECT_THAT(plain(watch.on_failure("refused", moment(9s))),
              testing::StartsWith("NO AGENT ANSWERS for 0s: "));
}

}  // namespace
}  // namespace vipherd::cli
