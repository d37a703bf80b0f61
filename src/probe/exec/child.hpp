// Starts a program as a process of its own, cut off from the agent: no descriptor, no capability,
// no signal setting, no priority of the agent's reaches it. Waits for nothing but the loading of
// the program: the caller that starts one watches the pidfd, then reaps.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vipherd/base/result.hpp"
#include "vipherd/files/users.hpp"

namespace vipherd::probe::exec {

struct Program {
  std::vector<std::string> command;      ///< the first is an absolute path
  std::vector<std::string> environment;  ///< "NAME=value"
  std::string directory;                 ///< where it starts
  std::optional<files::LocalUser> user;  ///< whom it becomes; none: the agent's user
};

/// What a child could not do on its way to the program. Written before exec, by the child.
struct StartReport;

/// A started process, the leader of a session and of a process group. The descriptors belong to
/// the caller of start_child; both are close-on-exec.
struct Child {
  pid_t pid = -1;
  int process = -1;  ///< pidfd: readable when the process has ended
  int output = -1;   ///< what it writes to standard output and error; non-blocking
  std::shared_ptr<const StartReport> report;
};

/// How a process ended.
struct ChildEnd {
  std::string not_started;  ///< "cannot start /x: No such file or directory"; else empty
  int exit_code = 0;
  int signal = 0;  ///< that killed it, or 0
};

/// Fails if there can be no process now (or no descriptor); what goes wrong later is in ChildEnd.
/// Returns when the program runs, which is when its file system has answered, or at once if it runs
/// as another user. The program is killed when the thread that called this ends.
Result<Child> start_child(const Program& program);

/// Whether the process has ended: a descriptor may be called readable that is not, if another one
/// with its number was closed in the same turn of the loop.
bool has_ended(const Child& child);

/// Kills the process and all that it has started, unless that has left its process group. To be
/// called before the process is reaped: the number is not anybody else's until then.
void kill_group(const Child& child);

/// Takes the end of a process, which must be done once for each; nothing while it runs.
std::optional<ChildEnd> reap(const Child& child, const Program& program);

}  // namespace vipherd::probe::exec
