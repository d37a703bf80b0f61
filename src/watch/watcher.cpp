#include "vipherd/watch/watcher.hpp"

#include <boost/asio/post.hpp>
#include <map>
#include <utility>

#include "watch/watch.hpp"

namespace vipherd::watch {

using namespace model;
namespace asio = boost::asio;

/// Handlers may outlive the Watcher; they hold it weakly. An entry is known by its serial number,
/// so that what a stopped or replaced watch still has queued finds nothing.
class Watcher::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& io, model::EventSink sink) : io_(io), sink_(std::move(sink)) {}

  void start(const WatchId& watch, std::uint64_t generation, const WatchTarget& target) {
    stop(watch);
    const std::uint64_t serial = ++last_serial_;
    Entry& entry = entries_[watch];
    entry.serial = serial;
    entry.generation = generation;
    starting_ = serial;
    entry.watch = make(watch.kind, target, [weak = weak_from_this(), watch, serial](Sighting seen) {
      const auto self = weak.lock();
      if (self) self->on_report(watch, serial, std::move(seen));
    });
    starting_ = 0;
  }

  void stop(const WatchId& watch) { entries_.erase(watch); }

 private:
  struct Entry {
    std::uint64_t serial = 0;
    std::uint64_t generation = 0;
    std::unique_ptr<Watch> watch;
  };

  std::unique_ptr<Watch> make(WatchKind kind, const WatchTarget& target, Report report) {
    switch (kind) {
      case WatchKind::connection:
        return watch_connection(io_, target, std::move(report));
      case WatchKind::unit:
        return watch_unit(io_, target.what, std::move(report));
      case WatchKind::pid_file:
        return watch_pid_file(io_, target.what, std::move(report));
    }
    return nullptr;
  }

  void on_report(const WatchId& watch, std::uint64_t serial, Sighting seen) {
    if (starting_ != serial) {
      fire(watch, serial, std::move(seen));
      return;
    }
    asio::post(io_, [weak = weak_from_this(), watch, serial, seen = std::move(seen)] {
      if (const auto self = weak.lock()) self->fire(watch, serial, seen);
    });
  }

  void fire(const WatchId& watch, std::uint64_t serial, Sighting seen) {
    const auto found = entries_.find(watch);
    if (found == entries_.end() || found->second.serial != serial) return;
    event::WatchFired fired{watch, found->second.generation, std::move(seen.what), seen.then,
                            seen.news};
    if (seen.then == WatchStep::ended) entries_.erase(found);
    sink_(std::move(fired));
  }

  asio::io_context& io_;
  model::EventSink sink_;
  std::map<WatchId, Entry> entries_;
  std::uint64_t last_serial_ = 0;
  std::uint64_t starting_ = 0;  ///< the entry whose watch is being made
};

// The Impl is shared for the sake of weak pointers alone; only this object keeps it.
Watcher::Watcher(asio::io_context& io, model::EventSink sink)
    : impl_(std::make_shared<Impl>(io, std::move(sink))) {}

Watcher::~Watcher() = default;

void Watcher::start(const WatchId& watch, std::uint64_t generation, const WatchTarget& target) {
  impl_->start(watch, generation, target);
}

void Watcher::stop(const WatchId& watch) { impl_->stop(watch); }

}  // namespace vipherd::watch
