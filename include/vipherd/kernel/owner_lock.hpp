// Who may touch the routes of one protocol number: one process in a network namespace. Owns a
// locked file (flock(2)), which the kernel frees when its holder ends, however that ends: a file
// that is left over locks nothing. It lies where only root and the agent's user may write, so that
// no other process can hold it. Never waits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "vipherd/base/result.hpp"

namespace vipherd::kernel {

/// RuntimeDirectory= of the systemd unit. Not configurable: two agents that look for each other in
/// different places do not find each other.
inline constexpr const char* kLockDirectory = "/run/vipherd";

class OwnerLock {
 public:
  /// Nothing if another process has it; fails with a sentence if that cannot be found out (no such
  /// place, no right, not for others alone). Makes the directory (0750) if only that is missing.
  /// The file's name has the network namespace in it: several may share one directory.
  static Result<std::optional<OwnerLock>> take(std::uint8_t route_protocol,
                                               const std::string& directory = kLockDirectory);
  OwnerLock(OwnerLock&& other) noexcept;
  OwnerLock& operator=(OwnerLock&&) = delete;
  /// Removes the file.
  ~OwnerLock();
  /// False if the file was removed or replaced: then no other process finds the lock any more.
  bool is_in_place() const;

 private:
  OwnerLock(int descriptor, int directory) : descriptor_(descriptor), directory_(directory) {}
  int descriptor_ = -1;
  int directory_ = -1;
  std::string name_;
};

}  // namespace vipherd::kernel
