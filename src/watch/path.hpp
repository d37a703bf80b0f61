// Tells that what a path leads to may have changed: the file was written or replaced, or a
// directory on the way to it came, went or was exchanged.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "vipherd/base/result.hpp"
#include "watch/directory_changes.hpp"

namespace vipherd::watch {

/// Every directory on the way is watched, as far as they exist. Symbolic links are followed, but
/// what happens where they lead to is seen for the last directory alone.
class PathWatch {
 public:
  /// `path` is absolute; the file and directories may be missing. `changed` is called from the
  /// loop, at most once a millisecond, and may destroy this. Fails with "cannot watch DIRECTORY:
  /// REASON".
  static Result<std::unique_ptr<PathWatch>> start(boost::asio::io_context& io,
                                                  const std::string& path,
                                                  std::function<void()> changed);
  PathWatch(const PathWatch&) = delete;
  PathWatch& operator=(const PathWatch&) = delete;

 private:
  PathWatch(std::shared_ptr<DirectoryChanges> changes, const std::string& path,
            std::function<void()> changed);
  /// Watches what there is by now.
  Result<void> arm();
  void on_change();

  std::shared_ptr<DirectoryChanges> changes_;
  /// Each directory on the way with the name in it that matters: "/" and "run", "/run" and
  /// "web.pid".
  std::vector<std::pair<std::string, std::string>> steps_;
  std::function<void()> changed_;
  std::vector<DirectoryWatch> watches_;
};

}  // namespace vipherd::watch
