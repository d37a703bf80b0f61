#include "cli/event_stream.hpp"

#include <gmock/gmock.h>

namespace vipherd::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(EventStream, IsTheSameHoweverItIsCut) {
  const std::string text =
      "retry: 1000\n\n:\n\nid: 1\nevent: change\ndata: one\n\nid: 2\ndata: two\n\n";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    EventStreamReader reader;
    std::vector<std::string> all;
    for (std::size_t at = 0; at < text.size(); at += size) {
      for (std::string& data : reader.take(text.substr(at, size))) all.push_back(std::move(data));
    }
    EXPECT_THAT(all, ElementsAre("one", "two")) << size;
  }
}

TEST(EventStream, AnEventThatIsNotWholeIsNone) {
  EventStreamReader reader;
  EXPECT_THAT(reader.take("id: 1\ndata: one\n"), IsEmpty());
  EXPECT_THAT(reader.take("\n"), ElementsAre("one"));
}

TEST(EventStream, IsBounded) {
  EventStreamReader reader;
  for (int piece = 0; piece < 100; ++piece) reader.take(std::string(10'000, 'x'));
  EXPECT_THAT(reader.take("\ndata: one\n\n"), ElementsAre("one"));
}

}  // namespace
}  // namespace vipherd::cli
