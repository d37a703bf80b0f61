// Invariants are checked in every build: an agent that no longer understands its
// own state must die, because its death withdraws the routes.
#pragma once

namespace vipherd {

/// The process is killed (SIGALRM) a second from now, whatever it waits for: it may be about to
/// write its last words to a standard error without a reader.
void end_within_a_second();

[[noreturn]] void broken_invariant(const char* what, const char* file, int line);

}  // namespace vipherd

#define VIPHERD_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::vipherd::broken_invariant(#condition, __FILE__, __LINE__))
