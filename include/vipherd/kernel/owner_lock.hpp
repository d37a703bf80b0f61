// Who may touch the routes of one protocol number: one process in a network namespace. Owns an
// abstract UNIX socket name, which the kernel keeps apart for each network namespace, as it does
// the routes, and frees when its holder ends, however that ends. Never waits, leaves no file.
#pragma once

#include <cstdint>
#include <optional>

#include "vipherd/base/result.hpp"

namespace vipherd::kernel {

class OwnerLock {
 public:
  /// Nothing if another process has it; fails if that cannot be found out.
  static Result<std::optional<OwnerLock>> take(std::uint8_t route_protocol);
  OwnerLock(OwnerLock&& other) noexcept;
  OwnerLock& operator=(OwnerLock&&) = delete;
  ~OwnerLock();

 private:
  explicit OwnerLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace vipherd::kernel
