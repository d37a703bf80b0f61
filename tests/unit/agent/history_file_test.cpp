#include "agent/history_file.hpp"

#include <gmock/gmock.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

#include "agent/history.hpp"
#include "unit/temporary_directory.hpp"
#include "vipherd/files/files.hpp"

namespace vipherd::agent {
namespace {

using namespace std::chrono_literals;
using model::HistoryEntry;
using testing::ElementsAre;
using testing::HasSubstr;

/// An agent's history and its file.
struct Kept {
  explicit Kept(std::string path)
      : file(io, std::move(path), history, [this](const std::optional<std::string>& why) {
          reports.push_back(why.value_or("well"));
        }) {}
  ~Kept() { file.end(10s); }

  void add(const std::string& text) {
    history.add({.at = std::chrono::system_clock::now(), .text = text});
    file.flush();
  }
  void read() {
    bool done = false;
    file.read([&](HistoryFile::Entries entries) {
      history.add_earlier(std::move(entries));
      done = true;
    });
    for (int turn = 0; turn < 100 && !done; ++turn) io.run_one_for(100ms);
    ASSERT_TRUE(done);
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const HistoryEntry& entry : history.all()) all.push_back(entry.text);
    return all;
  }

  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  History history;
  std::vector<std::string> reports;
  HistoryFile file;
};

TEST(HistoryPath, IsBesideTheStateFile) {
  EXPECT_EQ(history_path("/var/lib/vipherd/state.json"), "/var/lib/vipherd/state.events.jsonl");
  EXPECT_EQ(history_path(""), "");
}

TEST(HistoryFile, IsThereForTheNextAgent) {
  const test::TemporaryDirectory folder;
  const std::string path = folder.path("made/state.events.jsonl");
  {
    Kept first(path);
    first.read();
    first.add("a");
    first.add("b");
  }
  {
    Kept second(path);
    second.add("c");  // before it has read
    second.read();
    EXPECT_THAT(second.texts(), ElementsAre("a", "b", "c"));
  }
  Kept third(path);
  third.read();
  EXPECT_THAT(third.texts(), ElementsAre("a", "b", "c"));
}

TEST(HistoryFile, ThousandsAtOnceAreWrittenInOrderOnce) {
  const test::TemporaryDirectory folder;
  const std::string path = folder.path("state.events.jsonl");
  std::vector<std::string> texts;
  {
    Kept kept(path);
    kept.read();
    for (int number = 0; number < 2500; ++number) {
      texts.push_back(std::to_string(number));
      kept.add(texts.back());
    }
    const auto has_all = [&] {
      const auto text = files::read(path, 1 << 20);
      return text && text->find("\"2499\"") != std::string::npos;
    };
    for (int turn = 0; turn < 1000 && !has_all(); ++turn) kept.io.run_one_for(100ms);
    EXPECT_TRUE(has_all());
    kept.history.add({.text = texts.emplace_back("last")});  // is left for the end
  }
  Kept next(path);
  next.read();
  EXPECT_EQ(next.texts(), texts);
}

TEST(HistoryFile, WhatIsOnItsWayIsNotWrittenAgainAtTheEnd) {
  const test::TemporaryDirectory folder;
  const std::string path = folder.path("state.events.jsonl");
  {
    Kept kept(path);
    kept.read();
    kept.add("a");  // never told that it is written
  }
  Kept next(path);
  next.read();
  EXPECT_THAT(next.texts(), ElementsAre("a"));
}

TEST(HistoryFile, HasWhatHappenedAfterTheClockWasSetBack) {
  const test::TemporaryDirectory folder;
  const std::string path = folder.path("state.events.jsonl");
  { Kept(path).add("from the future"); }
  {
    Kept kept(path);
    kept.history.add({.at = WallTime(1000s), .text = "now"});  // before it has read
    kept.read();
    kept.history.add({.at = WallTime(1001s), .text = "later"});
  }
  Kept next(path);
  next.read();
  EXPECT_THAT(next.texts(), ElementsAre("now", "later"));
}

TEST(HistoryFile, HalfALineCostsThatLineAlone) {
  const test::TemporaryDirectory folder;
  const std::string path = folder.path("state.events.jsonl");
  { Kept(path).add("a"); }
  ASSERT_TRUE(files::append(path, R"({"id":17,"at":"2026-)"));
  { Kept(path).add("b"); }
  Kept last(path);
  last.read();
  EXPECT_THAT(last.texts(), ElementsAre("a", "b"));
}

TEST(HistoryFile, ThatIsTooLongIsWrittenAnew) {
  const test::TemporaryDirectory folder;
  const std::string path = folder.path("state.events.jsonl");
  ASSERT_TRUE(files::append(path, std::string(4 * kMostEntries, '\n')));
  {
    Kept kept(path);
    kept.read();
    kept.add("a");
  }
  EXPECT_LT(files::read(path, 1 << 20).value().size(), 1000u);
}

TEST(HistoryFile, ThatCannotBeWrittenIsReported) {
  const test::TemporaryDirectory folder;
  const std::string path = folder.path("state.events.jsonl/below");
  folder.write("state.events.jsonl", "");
  Kept kept(path);
  kept.add("a");
  for (int turn = 0; turn < 100 && kept.reports.empty(); ++turn) kept.io.run_one_for(100ms);
  EXPECT_THAT(kept.reports, ElementsAre(HasSubstr("cannot write")));
}

TEST(HistoryFile, ThatCannotBeReadIsReported) {
  const test::TemporaryDirectory folder;
  Kept kept(folder.path(""));
  kept.read();
  EXPECT_THAT(kept.reports, ElementsAre(HasSubstr("not a regular file")));
}

TEST(HistoryFile, WithoutAPathThereIsNone) {
  Kept kept("");
  kept.add("a");
  EXPECT_THAT(kept.texts(), ElementsAre("a"));
  EXPECT_TRUE(kept.reports.empty());
}

}  // namespace
}  // namespace vipherd::agent
