// Keeps the last state changes for the next agent: a file with a line each, written on a thread of
// its own. A line may be lost with the machine; none holds anything up.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vipherd/base/duration.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/files/worker.hpp"
#include "vipherd/model/history.hpp"

namespace vipherd::agent {

/// The file beside the one with what operators asked for: "/var/lib/vipherd/state.json" has
/// "/var/lib/vipherd/state.events.jsonl"; empty: nothing is kept.
std::string history_path(const std::string& state_file);

class HistoryFile {
 public:
  using Entries = std::vector<model::HistoryEntry>;
  /// Why nothing is written, with every change of it; nullopt: it is.
  using Report = std::function<void(const std::optional<std::string>& why)>;
  /// What is to be in the file, when it has grown too long or could not be written.
  using All = std::function<Entries()>;

  /// An empty path: reads nothing, writes nothing.
  HistoryFile(boost::asio::io_context& io, std::string path, All all, Report report);

  /// Has `done` called once with what an earlier agent has left; lines that make no sense are
  /// skipped. To be called first.
  void read(const std::function<void(Entries)>& done);
  /// After the last line.
  void append(const model::HistoryEntry& entry);
  /// Writes what was appended, unless a write is under way, which it then follows.
  void flush();
  /// Reports nothing any more.
  void close() { closed_ = true; }
  /// Waits at most `limit` for what was appended to be written.
  void end(Duration limit);

 private:
  void write();
  void on_written(std::size_t lines, const Result<void>& result);

  const std::string path_;
  const All all_;
  const Report report_;
  Entries waiting_;
  std::size_t lines_ = 0;  ///< in the file
  bool whole_ = false;     ///< next time all of it is to be written
  bool busy_ = false;
  std::string told_;        ///< the last failure; empty: none
  TimePoint not_before_{};  ///< of the next write
  bool closed_ = false;
  files::Worker worker_;
};

}  // namespace vipherd::agent
