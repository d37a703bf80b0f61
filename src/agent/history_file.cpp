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

HistoryFile::HistoryFile(boost::asio::io_context& io, std::string path, All all, Report report)
    : path_(std::move(path)),
      all_(std::move(all)),
      report_(std::move(report)),
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
                        done(read->entries ? std::move(*read->entries) : Entries{});
                        flush();
                      });
  if (!busy_) done({});
}

void HistoryFile::append(const model::HistoryEntry& entry) {
  if (path_.empty() || whole_) return;  // all of it will be written
  // A disk that hangs must not fill the memory.
  if (waiting_.size() >= 2 * kMostEntries) {
    whole_ = true;
    waiting_ = {};
    return;
  }
  waiting_.push_back(entry);
}

void HistoryFile::flush() {
  if (busy_ || (waiting_.empty() && !whole_)) return;
  if (std::chrono::steady_clock::now() < not_before_) return;
  write();
}

void HistoryFile::write() {
  const bool whole = whole_ || lines_ + waiting_.size() > kMostLines;
  const auto entries = std::make_shared<const Entries>(whole ? all_() : std::move(waiting_));
  waiting_ = {};
  whole_ = false;
  const auto result = std::make_shared<Result<void>>();
  const std::size_t lines = entries->size() + (whole ? 0 : lines_ + 1);
  busy_ = worker_.run(
      [path = path_, entries, whole, result] { *result = write_entries(path, *entries, whole); },
      [this, lines, result] { on_written(lines, *result); });
  if (!busy_) on_written(lines, fail("cannot write " + path_ + ": there can be no thread"));
}

void HistoryFile::on_written(std::size_t lines, const Result<void>& result) {
  busy_ = false;
  lines_ = lines;
  if (!result) {
    whole_ = true;
    not_before_ = std::chrono::steady_clock::now() + kRetry;
  }
  const std::string failure = result ? "" : result.error().what;
  if (std::exchange(told_, failure) != failure && !closed_) {
    report_(failure.empty() ? std::nullopt : std::optional(failure));
  }
  if (!closed_) flush();
}

void HistoryFile::end(Duration limit) {
  closed_ = true;
  if (!path_.empty() && (!waiting_.empty() || whole_)) write();
  worker_.end(limit);
}

}  // namespace vipherd::agent
