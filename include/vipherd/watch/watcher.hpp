// Watches what tells of a service's end and return at once: a connection held to it, its unit, its
// process.
// Says that something changed, never what that means: the core probes and decides.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "vipherd/model/event.hpp"
#include "vipherd/probe/prober.hpp"

namespace vipherd::watch {

class Watcher {
 public:
  /// `sink` receives WatchFired. Never called from within a method of Watcher.
  Watcher(boost::asio::io_context& io, model::EventSink sink);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  /// `what`, by the kind: "ADDRESS:PORT", the name of a unit, the path of a file. WatchFired follow
  /// until one has ended it, or until it is stopped or replaced by another start.
  void start(const model::WatchId& watch, std::uint64_t generation,
             const model::WatchTarget& target);
  void stop(const model::WatchId& watch);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vipherd::watch
