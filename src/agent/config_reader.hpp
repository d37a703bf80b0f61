// Reads the configuration again while the agent runs, on a thread of its own: a disk that hangs, or
// a large file that is parsed, holds up no probe. One reading at a time.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "vipherd/base/duration.hpp"
#include "vipherd/config/load.hpp"
#include "vipherd/files/worker.hpp"

namespace vipherd::agent {

class ConfigReader {
 public:
  /// May wait for a disk; called on a thread of its own.
  using Load = std::function<config::Loaded()>;
  using Done = std::function<void(config::Loaded)>;
  /// After `patience` with a reading that is not done, counted from the last request for one.
  using Slow = std::function<void()>;

  ConfigReader(boost::asio::io_context& io, Load load, Done done, Slow slow,
               Duration patience = std::chrono::seconds(2));

  /// `done` is called with what is read; of several requests during one reading a single one
  /// follows it.
  void read();
  /// Whether another reading follows the one that is done: the files may have changed since it
  /// began.
  bool reads_again() const { return again_; }
  /// Calls nothing any more, and keeps no loop running.
  void close();

 private:
  void start();
  void be_patient();
  void finish(config::Loaded loaded);

  const Load load_;
  const Done done_;
  const Slow slow_;
  const Duration patience_;
  boost::asio::steady_timer timer_;
  bool reading_ = false;
  bool again_ = false;
  bool closed_ = false;
  files::Worker worker_;
};

}  // namespace vipherd::agent
