#include "probe/exec/child.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <system_error>

#include "vipherd/base/assert.hpp"

// Between clone and exec there may be the parent's memory and its stack of sanitizer shadows.
#define VIPHERD_IN_CHILD __attribute__((no_sanitize("address", "undefined")))

namespace vipherd::probe::exec {

enum class StartStep : int { none, signals, streams, capabilities, user, directory, program };

struct StartReport {
  StartStep step = StartStep::none;
  int error = 0;
};

namespace {

constexpr std::size_t kStack = std::size_t{32} * 1024;
/// What programs expect that know select(), and services get from systemd.
constexpr rlim_t kUsualDescriptors = 1024;
constexpr int kNotStarted = 127;

/// Everything the child needs, made before: it must not allocate.
struct Plan {
  const char* const* arguments;
  const char* const* environment;
  const char* directory;
  const files::LocalUser* user;
  int output;
  bool lower_priority;
  bool likelier_victim;
  StartReport* report;
};

VIPHERD_IN_CHILD void give_up(const Plan& plan, StartStep step) {
  plan.report->error = errno;
  plan.report->step = step;
  _exit(kNotStarted);
}

/// All were blocked by the parent, so that no handler of its runs here. Ignored ones would stay
/// ignored in the program.
VIPHERD_IN_CHILD void reset_signals(const Plan& plan) {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) {
    sigaction(number, &standard, nullptr);  // the few that cannot be set need not be
  }
  sigset_t none;
  sigemptyset(&none);
  if (sigprocmask(SIG_SETMASK, &none, nullptr) != 0) give_up(plan, StartStep::signals);
}

/// Nothing to read, everything written to the pipe, nothing else open.
VIPHERD_IN_CHILD void set_up_streams(const Plan& plan) {
  // Out of the way first: the parent's own standard streams may be closed.
  const int output = fcntl(plan.output, F_DUPFD, 3);
  const int opened = output < 0 ? -1 : open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int null = opened < 0 ? -1 : fcntl(opened, F_DUPFD, 3);
  if (null < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0 ||
      syscall(SYS_close_range, 3U, ~0U, 0U) != 0) {
    give_up(plan, StartStep::streams);
  }
}

/// As any other process has it. What is not allowed stays as it is.
VIPHERD_IN_CHILD void take_usual_place(const Plan& plan) {
  if (plan.lower_priority) setpriority(PRIO_PROCESS, 0, 0);
  if (plan.likelier_victim) {
    const int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (score >= 0) {
      [[maybe_unused]] const ssize_t written = write(score, "0", 1);
      close(score);
    }
  }
  rlimit descriptors{};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0 && descriptors.rlim_cur > kUsualDescriptors) {
    descriptors.rlim_cur = kUsualDescriptors;
    setrlimit(RLIMIT_NOFILE, &descriptors);
  }
}

/// Without the library's functions: those tell all threads, and here that is the parent.
VIPHERD_IN_CHILD void become(const Plan& plan) {
  const files::LocalUser& user = *plan.user;
  if (syscall(SYS_setgroups, user.groups.size(), user.groups.data()) != 0 ||
      syscall(SYS_setresgid, user.gid, user.gid, user.gid) != 0 ||
      syscall(SYS_setresuid, user.uid, user.uid, user.uid) != 0) {
    give_up(plan, StartStep::user);
  }
}

/// The agent's ambient capabilities (CAP_NET_ADMIN under systemd) would survive exec. The
/// inheritable ones alone give a program nothing; a seccomp filter may keep us from dropping them.
VIPHERD_IN_CHILD void drop_capabilities(const Plan& plan) {
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) {
    give_up(plan, StartStep::capabilities);
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3]{};
  if (syscall(SYS_capget, &header, sets) != 0) return;
  for (auto& set : sets) set.inheritable = 0;
  syscall(SYS_capset, &header, sets);
}

VIPHERD_IN_CHILD int child_main(void* argument) {
  const Plan& plan = *static_cast<const Plan*>(argument);
  reset_signals(plan);
  setsid();
  take_usual_place(plan);
  set_up_streams(plan);
  drop_capabilities(plan);
  if (plan.user != nullptr) become(plan);
  // Not to be left behind by an agent that is killed. Comes last: changing the user clears it.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (chdir(plan.directory) != 0) give_up(plan, StartStep::directory);
  execve(plan.arguments[0], const_cast<char* const*>(plan.arguments),
         const_cast<char* const*>(plan.environment));
  give_up(plan, StartStep::program);
  return kNotStarted;
}

std::vector<const char*> c_strings(const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  pointers.push_back(nullptr);
  return pointers;
}

/// Memory that stays shared with a child that has a copy of everything else.
std::shared_ptr<StartReport> make_report() {
  void* memory =
      mmap(nullptr, sizeof(StartReport), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  return {new (memory) StartReport,
          [](StartReport* report) { munmap(report, sizeof(StartReport)); }};
}

bool is_less_likely_victim() {
  const int score = ::open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
  if (score < 0) return false;
  char first = 0;
  const bool negative = ::read(score, &first, 1) == 1 && first == '-';
  ::close(score);
  return negative;
}

/// Ended by a parent's SIG_IGN, children are reaped by the kernel and their end is lost.
void do_not_ignore_children() {
  struct sigaction action {};
  if (sigaction(SIGCHLD, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) {
    std::signal(SIGCHLD, SIG_DFL);
  }
}

/// The child shares the memory and the parent waits until it has left it by exec: a tenth of the
/// cost of copying page tables. Not if it becomes another user: between that and exec this user
/// could stop it, and the agent with it.
int clone_child(Plan& plan, int* process) {
  alignas(16) std::array<std::byte, kStack> stack;
  const int sharing = plan.user == nullptr ? CLONE_VM | CLONE_VFORK : 0;
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int pid = clone(child_main, stack.data() + stack.size(), sharing | CLONE_PIDFD | SIGCHLD,
                        &plan, process);
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

Error cannot_start(int error) {
  return fail("cannot start a process: " + std::generic_category().message(error));
}

/// Why the program does not run; empty if it did.
std::string in_words(const StartReport& report, const Program& program) {
  const std::string cause = ": " + std::generic_category().message(report.error);
  switch (report.step) {
    case StartStep::none:
      return {};
    case StartStep::signals:
      return "cannot reset signals" + cause;
    case StartStep::streams:
      return "cannot set up standard input and output" + cause;
    case StartStep::capabilities:
      return "cannot drop capabilities" + cause;
    case StartStep::user:
      return "cannot become user " + program.user->name + cause;
    case StartStep::directory:
      return "cannot enter " + program.directory + cause;
    case StartStep::program:
      return "cannot start " + program.command.front() + cause;
  }
  return {};
}

}  // namespace

Result<Child> start_child(const Program& program) {
  VIPHERD_ASSERT(!program.command.empty() && program.command.front().starts_with('/'));
  do_not_ignore_children();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return cannot_start(errno);
  const std::shared_ptr<StartReport> report = make_report();
  if (!report) {
    const int error = errno;
    ::close(ends[0]);
    ::close(ends[1]);
    return cannot_start(error);
  }
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  const auto arguments = c_strings(program.command);
  const auto environment = c_strings(program.environment);
  Plan plan{arguments.data(),
            environment.data(),
            program.directory.c_str(),
            program.user ? &*program.user : nullptr,
            ends[1],
            ::getpriority(PRIO_PROCESS, 0) < 0,
            is_less_likely_victim(),
            report.get()};
  Child child;
  child.output = ends[0];
  child.report = report;
  child.pid = clone_child(plan, &child.process);
  const int error = errno;
  ::close(ends[1]);
  if (child.pid > 0) return child;
  ::close(ends[0]);
  return cannot_start(error);
}

bool has_ended(const Child& child) {
  siginfo_t info{};
  const auto process = static_cast<id_t>(child.process);
  return ::waitid(P_PIDFD, process, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
}

void kill_group(const Child& child) {
  // The process first: until it has its own group there is no other to kill.
  ::syscall(SYS_pidfd_send_signal, child.process, SIGKILL, nullptr, 0);
  ::kill(-child.pid, SIGKILL);
}

std::optional<ChildEnd> reap(const Child& child, const Program& program) {
  siginfo_t info{};
  if (::waitid(P_PIDFD, static_cast<id_t>(child.process), &info, WEXITED | WNOHANG) != 0) {
    return ChildEnd{.not_started = "its end was lost: " + std::generic_category().message(errno)};
  }
  if (info.si_pid == 0) return std::nullopt;
  ChildEnd end;
  end.not_started = in_words(*child.report, program);
  if (info.si_code == CLD_EXITED) {
    end.exit_code = info.si_status;
  } else {
    end.signal = info.si_status;
  }
  return end;
}

}  // namespace vipherd::probe::exec
