// Tells of changes in directories, by inotify: one instance a loop, because Linux allows a user 128
// of them. Knows names in directories, not paths. On file systems that other machines write, too
// (NFS), it sees what this machine does and nothing else.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "vipherd/base/result.hpp"

namespace vipherd::watch {

/// What DirectoryChanges still has to tell. Destroying it ends that.
using DirectoryWatch = std::shared_ptr<void>;

class DirectoryChanges : public std::enable_shared_from_this<DirectoryChanges> {
 public:
  /// The instance of this loop. Fails with an errno's words.
  static Result<std::shared_ptr<DirectoryChanges>> of(boost::asio::io_context& io);

  DirectoryChanges(const DirectoryChanges&) = delete;
  DirectoryChanges& operator=(const DirectoryChanges&) = delete;

  /// `changed` is called from the loop when something of this name is made in the directory,
  /// renamed into it or written there, when the directory itself is moved or removed, and when the
  /// kernel could not keep up. At most once a millisecond: what happens meanwhile is one change.
  /// Returns nothing and an errno if the directory cannot be watched.
  std::pair<DirectoryWatch, int> watch(const std::string& directory, const std::string& name,
                                       std::function<void()> changed);

 private:
  using Changed = std::weak_ptr<std::function<void()>>;
  using Concerned = std::set<Changed, std::owner_less<>>;
  using Key = std::pair<int, std::string>;  ///< inotify's number of the directory, and the name
  struct Watched;

  DirectoryChanges(boost::asio::io_context& io, int descriptor);
  void wait();
  void rest();
  /// Takes what inotify has by now, up to a limit.
  Concerned read();
  void add_concerned(int directory, const std::string& name, Concerned& to) const;
  void forget(int directory);

  boost::asio::posix::stream_descriptor descriptor_;
  boost::asio::steady_timer timer_;
  std::multimap<Key, Changed> watched_;
};

}  // namespace vipherd::watch
