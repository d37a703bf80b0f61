#include "agent/event_streams.hpp"

#include <gmock/gmock.h>

namespace vipherd::agent {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const WallTime kMoment(std::chrono::hours(500'000));

class EventStreamsTest : public testing::Test {
 protected:
  EventStreamsTest() { streams_.begin(); }
  void add(const std::string& text, const std::string& service = "web") {
    history_.add({.at = kMoment, .service = service, .text = text});
    streams_.wake();
  }

  History history_;
  EventStreams streams_{history_};
};

TEST_F(EventStreamsTest, BeginWithWhatIsNew) {
  add("old");
  const auto stream = streams_.open({}, std::nullopt).stream;
  EXPECT_EQ(stream->next(), "retry: 1000\n\n");
  EXPECT_EQ(stream->next(), "");
  add("new");
  const std::string piece = stream->next();
  EXPECT_THAT(piece, StartsWith("id: " + std::to_string(history_.last_id()) +
                                "\nevent: change\ndata: {\"id\":"));
  EXPECT_THAT(piece, HasSubstr("\"text\":\"new\"}\n\n"));
  EXPECT_EQ(stream->next(), "");
}

TEST_F(EventStreamsTest, GoOnWhereAClientLeftOff) {
  add("a");
  const std::uint64_t last = history_.last_id();
  add("b");
  const std::string piece = streams_.open({}, last).stream->next();
  EXPECT_THAT(piece, HasSubstr("\"b\""));
  EXPECT_THAT(piece, Not(HasSubstr("\"a\"")));
}

TEST_F(EventStreamsTest, ComeInPiecesThatTheClientAsksFor) {
  for (int number = 0; number < 1000; ++number) add("event " + std::to_string(number));
  const auto stream = streams_.open({}, 0).stream;
  std::string all;
  std::size_t pieces = 0;
  for (std::string piece = stream->next(); !piece.empty(); piece = stream->next(), ++pieces) {
    EXPECT_LT(piece.size(), 16'000u);
    all += piece;
  }
  EXPECT_GT(pieces, 10u);
  EXPECT_THAT(all, HasSubstr("event 999\""));
}

TEST_F(EventStreamsTest, WaitForWhatAnEarlierAgentLeft) {
  EventStreams early(history_);
  add("of this agent");
  const auto stream = early.open({}, 1).stream;
  stream->next();
  EXPECT_EQ(stream->next(), "");
  history_.add_earlier({{.id = 2, .text = "of the one before"}});
  early.begin();
  EXPECT_THAT(stream->next(), testing::AllOf(HasSubstr("before"), HasSubstr("of this agent")));
}

TEST_F(EventStreamsTest, AreFiltered) {
  const auto stream = streams_.open({.service = "dns"}, std::nullopt).stream;
  stream->next();
  add("a");
  EXPECT_EQ(stream->next(), "");
  add("b", "dns");
  EXPECT_THAT(stream->next(), HasSubstr("\"b\""));
}

TEST_F(EventStreamsTest, AreWokenAndPinged) {
  const auto stream = streams_.open({}, std::nullopt).stream;
  int woken = 0;
  stream->wake = [&] { ++woken; };
  stream->next();
  add("a");
  EXPECT_EQ(woken, 1);
  stream->next();
  streams_.ping();
  EXPECT_EQ(woken, 2);
  EXPECT_EQ(stream->next(), ":\n\n");
  EXPECT_EQ(stream->next(), "");
}

TEST_F(EventStreamsTest, AreForgottenWithTheirClient) {
  auto response = streams_.open({}, std::nullopt);
  response.stream->wake = [] { FAIL(); };
  response.stream.reset();
  add("a");
}

}  // namespace
}  // namespace vipherd::agent
