#include "vipherd/kernel/owner_lock.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "unit/kernel/net_namespace.hpp"

namespace vipherd::kernel {
namespace {

bool is_free(std::uint8_t route_protocol) {
  const auto lock = OwnerLock::take(route_protocol);
  EXPECT_TRUE(lock) << lock.error().what;
  return lock && lock->has_value();
}

TEST(OwnerLock, IsOneForEachProtocolNumber) {
  const testing::NetNamespace network;
  const auto held = OwnerLock::take(118);
  ASSERT_TRUE(held && *held);
  EXPECT_FALSE(is_free(118));
  EXPECT_TRUE(is_free(11));  // no prefix of the name counts
  EXPECT_TRUE(is_free(119));
}

TEST(OwnerLock, IsOneForEachNetworkNamespace) {
  const testing::NetNamespace network;
  const auto held = OwnerLock::take(118);
  ASSERT_TRUE(held && *held);
  const testing::NetNamespace another;
  EXPECT_TRUE(is_free(118));
}

TEST(OwnerLock, IsFreeWhenItsHolderHasGone) {
  const testing::NetNamespace network;
  {
    auto held = OwnerLock::take(118);
    ASSERT_TRUE(held && *held);
    const OwnerLock moved = std::move(**held);
    EXPECT_FALSE(is_free(118));
  }
  EXPECT_TRUE(is_free(118));
}

TEST(OwnerLock, IsFreeWhenItsHolderWasKilled) {
  const testing::NetNamespace network;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto held = OwnerLock::take(118);
    const char taken = held && *held ? 'y' : 'n';
    if (::write(ready[1], &taken, 1) == 1) ::pause();
    ::_exit(1);
  }
  char taken = 'n';
  EXPECT_EQ(::read(ready[0], &taken, 1), 1);
  EXPECT_EQ(taken, 'y');
  EXPECT_FALSE(is_free(118));
  EXPECT_EQ(::kill(child, SIGKILL), 0);
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(is_free(118));
  ::close(ready[0]);
  ::close(ready[1]);
}

}  // namespace
}  // namespace vipherd::kernel
