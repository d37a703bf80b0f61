// A listening UNIX socket and its file. Owns both: the file is removed with the object, unless
// another one was put in its place. Never takes a path on which another process listens.
#pragma once

#include <sys/types.h>

#include <string>

#include "vipherd/base/result.hpp"

namespace vipherd::api {

class SocketFile {
 public:
  /// A non-blocking listening socket at an absolute path, mode 0660. Makes the last directory of
  /// the path (0750) if it is missing, and replaces a socket on which nothing listens.
  static Result<SocketFile> listen(const std::string& path);

  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&& other) = delete;
  ~SocketFile();

  /// Whether the path still leads to it.
  bool is_there() const;
  /// The descriptor, which the caller has to close from now on. To be called once.
  int release_descriptor();

 private:
  explicit SocketFile(int descriptor) : descriptor_(descriptor) {}
  void own(const std::string& path);

  std::string path_;  ///< empty: no file is ours
  int descriptor_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace vipherd::api
