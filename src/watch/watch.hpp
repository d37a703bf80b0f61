// One thing watched: a file each, all behind one interface. Each starts to watch when it is made.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "vipherd/model/config.hpp"
#include "vipherd/model/event.hpp"

namespace vipherd::watch {

/// What a watch has seen, and how it goes on; see model::event::WatchFired.
struct Sighting {
  std::string what;
  model::WatchStep then = model::WatchStep::ended;
  bool news = true;
};

/// Called from the loop or from within the call that made the watch, not again after
/// WatchStep::ended. The watch may be destroyed inside the call, and this function with it.
using Report = std::function<void(Sighting seen)>;

/// Destroying it ends it silently.
class Watch {
 public:
  Watch() = default;
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  virtual ~Watch() = default;
};

/// An idle connection to "ADDRESS:PORT", after the words of `target`: ends when the peer ends it,
/// or when it cannot be made.
std::unique_ptr<Watch> watch_connection(boost::asio::io_context& io,
                                        const model::WatchTarget& target, Report report);
/// The process whose number is in the file, and the next one after it: ends only if changes of the
/// file cannot be seen.
std::unique_ptr<Watch> watch_pid_file(boost::asio::io_context& io, const std::string& path,
                                      Report report);
/// The state of a systemd unit, and its main process: ends when systemd cannot be reached.
std::unique_ptr<Watch> watch_unit(boost::asio::io_context& io, const std::string& unit,
                                  Report report);

}  // namespace vipherd::watch
