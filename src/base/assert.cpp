#include "vipherd/base/assert.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace vipherd {

void end_within_a_second() {
  std::signal(SIGALRM, SIG_DFL);
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  ::pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
  timer_t timer{};
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGALRM;
  if (::timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) return;
  const itimerspec second{{0, 0}, {1, 0}};
  ::timer_settime(timer, 0, &second, nullptr);
}

void broken_invariant(const char* what, const char* file, int line) {
  end_within_a_second();
  std::fprintf(stderr, "vipherd: broken invariant: %s (%s:%d)\n", what, file, line);
  std::abort();
}

}  // namespace vipherd
