#include "watch/path.hpp"

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace vipherd::watch {

Result<std::unique_ptr<PathWatch>> PathWatch::start(boost::asio::io_context& io,
                                                    const std::string& path,
                                                    std::function<void()> changed) {
  auto changes = DirectoryChanges::of(io);
  if (!changes) return fail("cannot watch " + path + ": " + changes.error().what);
  std::unique_ptr<PathWatch> watch(new PathWatch(std::move(*changes), path, std::move(changed)));
  const auto armed = watch->arm();
  if (!armed) return armed.error();
  return watch;
}

PathWatch::PathWatch(std::shared_ptr<DirectoryChanges> changes, const std::string& path,
                     std::function<void()> changed)
    : changes_(std::move(changes)), changed_(std::move(changed)) {
  std::filesystem::path directory = "/";
  for (const auto& name : std::filesystem::path(path).relative_path()) {
    if (name.empty()) continue;
    steps_.emplace_back(directory.string(), name.string());
    directory /= name;
  }
}

/// From the root on: what appears behind a directory that is watched already is either found here,
/// or told. The new watches are there before the old ones go, so that inotify keeps what both have.
Result<void> PathWatch::arm() {
  std::vector<DirectoryWatch> watches;
  for (const auto& [directory, name] : steps_) {
    auto [watch, error] = changes_->watch(directory, name, [this] { on_change(); });
    if (error == ENOENT || error == ENOTDIR) break;
    if (error != 0) {
      return fail("cannot watch " + directory + ": " + std::generic_category().message(error));
    }
    watches.push_back(std::move(watch));
  }
  watches_ = std::move(watches);
  return {};
}

void PathWatch::on_change() {
  // Of directories that cannot be watched any more there is no news; what was watched goes on.
  static_cast<void>(arm());
  const auto changed = changed_;
  changed();
}

}  // namespace vipherd::watch
