#include "vipherd/base/assert.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

namespace vipherd {
namespace {

TEST(BrokenInvariant, EndsTheProcessThoughNobodyReadsWhatItSays) {
  int pipe[2];
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  ASSERT_EQ(::fcntl(pipe[1], F_SETFL, O_NONBLOCK), 0);
  const std::string filling(65536, 'x');
  while (::write(pipe[1], filling.data(), filling.size()) > 0) {
  }
  ASSERT_EQ(::fcntl(pipe[1], F_SETFL, 0), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(pipe[1], STDERR_FILENO);
    VIPHERD_ASSERT(1 + 1 == 3);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGALRM);
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST(BrokenInvariantDeathTest, SaysWhatIsBroken) {
  EXPECT_DEATH(VIPHERD_ASSERT(1 + 1 == 3), "broken invariant: 1 \\+ 1 == 3 ");
}

}  // namespace
}  // namespace vipherd
