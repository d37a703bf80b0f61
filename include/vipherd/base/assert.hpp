// Invariants are checked in every build: an agent that no longer understands its
// own state must die, because its death withdraws the routes.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace vipherd {

[[noreturn]] inline void broken_invariant(const char* what, const char* file, int line) {
  std::fprintf(stderr, "vipherd: broken invariant: %s (%s:%d)\n", what, file, line);
  std::abort();
}

}  // namespace vipherd

#define VIPHERD_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::vipherd::broken_invariant(#condition, __FILE__, __LINE__))
