#include "agent/history_file.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "agent/history.hpp"
#include "vipherd/files/files.hpp"
#include "vipherd/wire/json/history.hpp"

namespace vipherd::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestHistory = std::size_t{128} << 20;
/// Twice what is kept, so that it is not written anew with every line.
constexpr std::size_t kMostLines = 4 * kMostEntries;
/// A burst does not fill the memory a second time.
constexpr std::size_t kMostInAWrite = 1000;
/// More than that waits, so that FRR has the processor while thousands of routes change.
constexpr std::size_t kFew = 100;
constexpr Duration kPause = std::chrono::seconds(3);
/// After a write that failed.
constexpr Duration kRetry = std::chrono::seconds(5);

Result<HistoryFile::Entries> read_entries(const std::string& path, std::size_t& lines) {
  HistoryFile::Entries entries;
  const auto text = files::read_if_there(path, kLargestHistory);
  if (!text) return text.error();
  if (!*text) return entries;
  std::string_view rest(**text);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    ++lines;
    // A crash may have left half a line.
    if (auto entry = wire::decode_entry(rest.substr(0, end))) entries.push_back(std::move(*entry));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return entries;
}

Result<void> write_entries(const std::string& path, const HistoryFile::Entries& entries,
                           bool whole) {
  // Half a line that a crash has left is ended first.
  std::string text = whole ? "" : "\n";
  for (const model::HistoryEntry& entry : entries) text += wire::encode_entry(entry) + "\n";
  std::error_code ignored;
  fs::create_directories(fs::path(path).parent_path(), ignored);
  return whole ? files::replace(path, text) : files::append(path, text);
}

}  // namespace

std::string history_path(const std::string& state_file) {
  if (state_file.empty()) return "";
  return fs::path(state_file).replace_extension(".events.jsonl").string();
}

HistoryFile::HistoryFile(boost::asio::io_context& io, std::string path, const History& history,
                         Report report)
    : path_(std::move(path)),
      history_(history),
      report_(std::move(report)),
      pause_(io),
      worker_([&io](std::function<void()> told) { boost::asio::post(io, std::move(told)); }) {}

void HistoryFile::read(const std::function<void(Entries)>& done) {
  if (path_.empty()) return done({});
  // Shared with a thread that may outlive this.
  struct Read {
    Result<Entries> entries{Entries{}};
    std::size_t lines = 0;
  };
  const auto read = std::make_shared<Read>();
  busy_ = worker_.run([path = path_, read] { read->entries = read_entries(path, read->lines); },
                      [this, read, done] {
                        lines_ = read->lines;
                        busy_ = false;
                        if (!read->entries && !closed_) report_(told_ = read->entries.error().what);
                        Entries entries;
                        if (read->entries) entries = std::move(*read->entries);
                        for (const model::HistoryEntry& entry : entries) {
                          written_ = std::max(written_, entry.id);
                        }
                        done(std::move(entries));
                        // The clock was set back: what is new would be taken for written.
                        if (history_.last_id() < written_) whole_ = true;
                        flush();
                      });
  if (!busy_) done({});
}

void HistoryFile::flush() {
  if (path_.empty() || busy_ || pausing_ || closed_) return;
  Entries entries = history_.after(written_, {}, kMostInAWrite);
  if (entries.empty() && !whole_) {
    has_paused_ = false;
    return;
  }
  if (entries.size() > kFew && !std::exchange(has_paused_, true)) return pause(kPause);
  write(std::move(entries));
}

void HistoryFile::write(Entries entries) {
  const bool whole = whole_ || lines_ + entries.size() > kMostLines;
  if (whole) entries = history_.all();
  if (!entries.empty()) written_ = entries.back().id;
  lines_ = entries.size() + (whole ? 0 : lines_ + 1);
  const auto result = std::make_shared<Result<void>>();
  busy_ = worker_.run([path = path_, entries = std::move(entries), whole,
                       result] { *result = write_entries(path, entries, whole); },
                      [this, result] { on_written(*result); });
  if (!busy_) on_written(fail("cannot write " + path_ + ": there can be no thread"));
}

void HistoryFile::on_written(const Result<void>& result) {
  busy_ = false;
  whole_ = !result;
  const std::string failure = result ? "" : result.error().what;
  if (std::exchange(told_, failure) != failure && !closed_) {
    report_(failure.empty() ? std::nullopt : std::optional(failure));
  }
  if (!result) return pause(kRetry);
  flush();
}

void HistoryFile::pause(Duration duration) {
  pausing_ = true;
  pause_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(duration));
  pause_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    pausing_ = false;
    flush();
  });
}

void HistoryFile::end(Duration limit) {
  closed_ = true;
  Entries entries = history_.after(written_, {}, SIZE_MAX);
  if (!path_.empty() && (whole_ || !entries.empty())) write(std::move(entries));
  worker_.end(limit);
}

}  // namespace vipherd::agent
