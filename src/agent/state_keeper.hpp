// Writes down what operators have asked for, on a thread of its own: the newest state, one write at
// a time, again and again until one succeeds. Tells whether what is in force would outlive the
// agent.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vipherd/base/duration.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/files/worker.hpp"
#include "vipherd/model/operator_state.hpp"

namespace vipherd::agent {

struct Kept {
  enum class Answer { yes, no, unknown };
  Answer answer = Answer::yes;
  std::string reason{};  ///< unless yes: "cannot write /var/lib/…: Read-only file system"
  friend bool operator==(const Kept&, const Kept&) = default;
};

/// A sentence for the one who gave a command; of an answer that is not yes.
std::string not_kept(const Kept& kept, const std::string& path);

class StateKeeper {
 public:
  /// May wait for a disk; called on a thread of its own.
  using Write = std::function<Result<void>(const model::OperatorState&)>;
  using Report = std::function<void(const Kept&)>;
  struct Times {
    Duration patience = std::chrono::seconds(2);  ///< with a write, until it counts as unknown
    Duration retry = std::chrono::seconds(5);     ///< after a write that failed
  };

  /// `report` is called with every change of the answer.
  StateKeeper(boost::asio::io_context& io, Write write, Report report, Times times);
  StateKeeper(boost::asio::io_context& io, Write write, Report report)
      : StateKeeper(io, std::move(write), std::move(report), Times{}) {}
  ~StateKeeper();

  void keep(model::OperatorState state);
  /// Whether the newest state is kept, told now or within `patience`.
  void when_known(Report tell);
  /// Reports nothing any more, and keeps no loop running.
  void close();
  /// After that: waits at most `limit` for the newest state to be kept.
  void end(Duration limit);

 private:
  void write();
  void on_written(const Result<void>& result);
  void on_slow();
  void tell(const Kept& kept);

  boost::asio::steady_timer slow_;
  boost::asio::steady_timer retry_;
  const Write write_;
  const Report report_;
  const Times times_;
  std::optional<model::OperatorState> wanted_;  ///< not kept yet
  std::optional<Kept> kept_ = Kept{};           ///< none: a write is under way
  std::optional<Kept> reported_;
  bool writing_ = false;
  bool closed_ = false;
  bool patient_ = false;    ///< slow_ runs
  bool is_newest_ = false;  ///< what is being written is what is wanted
  std::vector<Report> waiting_;
  files::Worker worker_;
};

}  // namespace vipherd::agent
