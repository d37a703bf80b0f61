// A file system that never answers: its daemon (FUSE) would be this process, which does not read.
// Only for root, in kernels that have it.
#pragma once

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <string>

#include "unit/temporary_directory.hpp"

namespace vipherd::test {

class FrozenFiles {
 public:
  FrozenFiles() : device_(::open("/dev/fuse", O_RDWR | O_CLOEXEC)) {
    if (device_ < 0) return;
    const std::string options =
        "fd=" + std::to_string(device_) + ",rootmode=40000,user_id=0,group_id=0";
    mounted_ = ::mount("frozen", folder_.path("").c_str(), "fuse", 0, options.c_str()) == 0;
  }
  ~FrozenFiles() {
    thaw();
    if (mounted_) ::umount2(folder_.path("").c_str(), MNT_DETACH);
  }
  FrozenFiles(const FrozenFiles&) = delete;
  FrozenFiles& operator=(const FrozenFiles&) = delete;

  bool exist() const { return mounted_; }
  std::string path(const std::string& name) const { return folder_.path(name); }
  /// A reader that waits gets an error.
  void thaw() {
    if (device_ >= 0) ::close(device_);
    device_ = -1;
  }

 private:
  const TemporaryDirectory folder_;
  int device_;
  bool mounted_ = false;
};

}  // namespace vipherd::test
