// Keeps the last state changes for the next agent: a file with a line each, written on a thread of
// its own. None holds anything up, thousands at once neither: what routes wait for has the
// processor for three seconds first. A line may be lost with the machine, those of three seconds
// with an agent that is killed.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/history.hpp"
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

  /// What is to be in the file is taken from `history` when it is written. An empty path: reads
  /// nothing, writes nothing.
  HistoryFile(boost::asio::io_context& io, std::string path, const History& history, Report report);

  /// Has `done` called once with what an earlier agent has left; lines that make no sense are
  /// skipped. To be called first.
  void read(const std::function<void(Entries)>& done);
  /// Writes what is new in the history: a few lines at once, many after a pause.
  void flush();
  /// Reports nothing any more.
  void close() { closed_ = true; }
  /// Waits at most `limit` for what is in the history to be written.
  void end(Duration limit);

 private:
  void write(Entries entries);
  void on_written(const Result<void>& result);
  void pause(Duration duration);

  const std::string path_;
  const History& history_;
  const Report report_;
  boost::asio::steady_timer pause_;
  bool pausing_ = false;
  bool has_paused_ = false;    ///< since there was nothing to write
  std::uint64_t written_ = 0;  ///< the greatest id in the file, or on its way there
  std::size_t lines_ = 0;      ///< in the file
  bool whole_ = false;         ///< next time all of it is to be written
  bool busy_ = false;
  std::string told_;  ///< the last failure; empty: none
  bool closed_ = false;
  files::Worker worker_;
};

}  // namespace vipherd::agent
