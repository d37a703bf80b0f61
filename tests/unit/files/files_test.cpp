#include "vipherd/files/files.hpp"

#include <gmock/gmock.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "unit/temporary_directory.hpp"

namespace vipherd::files {
namespace {

constexpr std::size_t kLimit = 1024;

std::string content(const std::string& path) { return read(path, 1 << 20).value(); }

TEST(Files, ReadsAWholeFile) {
  const test::TemporaryDirectory folder;
  EXPECT_EQ(read(folder.write("empty", ""), kLimit).value(), "");
  const std::string text(kLimit, 'x');
  EXPECT_EQ(read(folder.write("full", text), kLimit).value(), text);
  EXPECT_TRUE(check_readable(folder.path("full"), kLimit));
}

TEST(Files, AMissingFileIsNothingOrAnError) {
  const test::TemporaryDirectory folder;
  const std::string path = folder.path("missing");
  EXPECT_EQ(read_if_there(path, kLimit).value(), std::nullopt);
  EXPECT_EQ(read(path, kLimit).error().what, "cannot read " + path + ": No such file or directory");
  EXPECT_FALSE(check_readable(path, kLimit));
}

TEST(Files, WhatIsTooLargeIsNotRead) {
  const test::TemporaryDirectory folder;
  const std::string path = folder.write("large", std::string(kLimit + 1, 'x'));
  EXPECT_EQ(read(path, kLimit).error().what, "cannot read " + path + ": larger than 1 KiB");
  // Its size is said to be zero.
  EXPECT_EQ(read("/proc/self/smaps", kLimit).error().what,
            "cannot read /proc/self/smaps: larger than 1 KiB");
}

TEST(Files, WhatIsNoRegularFileIsNeitherReadNorReplacedNorWaitedFor) {
  const test::TemporaryDirectory folder;
  const std::string fifo = folder.path("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const std::string folder_inside = folder.path("folder");
  std::filesystem::create_directory(folder_inside);
  for (const std::string& path : {fifo, folder_inside, std::string("/dev/null")}) {
    EXPECT_EQ(read(path, kLimit).error().what, "cannot read " + path + ": not a regular file");
    EXPECT_FALSE(read_if_there(path, kLimit));
    EXPECT_FALSE(check_readable(path, kLimit));
    EXPECT_EQ(replace(path, "text").error().what, "cannot write " + path + ": not a regular file");
    EXPECT_TRUE(std::filesystem::exists(path));
  }
}

TEST(Files, ReplacesAFile) {
  const test::TemporaryDirectory folder;
  const std::string path = folder.path("file");
  ASSERT_TRUE(replace(path, "old"));
  ASSERT_TRUE(replace(path, "new"));
  EXPECT_EQ(content(path), "new");
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

TEST(Files, ReplacesWhatASymbolicLinkNames) {
  const test::TemporaryDirectory folder;
  std::filesystem::create_symlink(folder.write("target", "old"), folder.path("link"));
  ASSERT_TRUE(replace(folder.path("link"), "new"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder.path("link")));
  EXPECT_EQ(content(folder.path("target")), "new");
}

TEST(Files, SaysWhyItCannotReplaceAndLeavesTheOldOne) {
  const test::TemporaryDirectory folder;
  const std::string path = folder.write("file", "old");
  const std::string fifo = path + ".new";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(replace(path, "new").error().what, "cannot write " + fifo + ": File exists");
  EXPECT_EQ(content(path), "old");
  EXPECT_THAT(replace(folder.path("missing/file"), "new").error().what,
              testing::StartsWith("cannot write "));
}

/// Runs replace() in a process of its own that is killed before its system call number `most`, or
/// not at all if it makes fewer. Returns the numbers of those that it made.
std::vector<long> replace_and_die(const std::string& path, const std::string& text,
                                  std::size_t most) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    ::_exit(replace(path, text) ? 0 : 1);
  }
  std::vector<long> calls;
  int status = 0;
  ::waitpid(child, &status, 0);
  ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
  while (WIFSTOPPED(status) && calls.size() <= most) {
    ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    ::waitpid(child, &status, 0);
    __ptrace_syscall_info info{};
    ::ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info);
    if (!WIFSTOPPED(status) || info.op != PTRACE_SYSCALL_INFO_ENTRY) continue;
    calls.push_back(static_cast<long>(info.entry.nr));
  }
  if (WIFSTOPPED(status)) {
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
  }
  return calls;
}

TEST(Files, AWriterThatIsKilledAtAnyMomentLeavesTheOldFileOrTheNew) {
  const test::TemporaryDirectory folder;
  const std::string path = folder.path("file");
  const std::string old_text(50'000, 'o');
  const std::string new_text(60'000, 'n');
  ASSERT_TRUE(replace(path, old_text));
  std::vector<long> calls;
  bool was_old = false;
  for (std::size_t most = 0; most < 500; ++most) {
    calls = replace_and_die(path, new_text, most);
    const std::string now = content(path);
    ASSERT_TRUE(now == old_text || now == new_text) << "killed before system call " << most;
    was_old = was_old || now == old_text;
    if (calls.size() <= most) break;  // it came to its end
    ASSERT_TRUE(replace(path, old_text)) << "whatever was left behind";
  }
  EXPECT_TRUE(was_old);
  EXPECT_EQ(content(path), new_text);
  // What a power failure at any moment would leave depends on this order.
  std::vector<long> order;
  for (const long call : calls) {
    if (call == SYS_fsync || call == SYS_rename || call == SYS_renameat || call == SYS_renameat2) {
      order.push_back(call == SYS_fsync ? SYS_fsync : SYS_rename);
    }
  }
  EXPECT_THAT(order, testing::ElementsAre(SYS_fsync, SYS_rename, SYS_fsync));
}

}  // namespace
}  // namespace vipherd::files
