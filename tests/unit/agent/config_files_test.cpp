#include "vipherd/agent/config_files.hpp"

#include <gmock/gmock.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "unit/temporary_directory.hpp"

namespace vipherd::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

/// Path and text of every source.
std::vector<std::pair<std::string, std::string>> read(const std::string& path) {
  std::vector<std::pair<std::string, std::string>> read;
  const auto sources = read_config_files(path);
  if (!sources) return {{"error", sources.error().what}};
  for (const config::Source& source : *sources) read.emplace_back(source.path, source.text);
  return read;
}

TEST(ConfigFiles, AreTheMainFileAndTheDropInsInTheirOrder) {
  const test::TemporaryDirectory folder;
  const std::string main = folder.write("vipherd.toml", "main\n");
  folder.write("conf.d/20-b.toml", "b");
  folder.write("conf.d/10-a.toml", "a");
  folder.write("conf.d/10-a.toml.bak", "no");
  folder.write("conf.d/.hidden.toml", "no");
  folder.write("conf.d/README", "no");
  EXPECT_THAT(read(main),
              ElementsAre(Pair(main, "main\n"), Pair(folder.path("conf.d/10-a.toml"), "a"),
                          Pair(folder.path("conf.d/20-b.toml"), "b")));
}

TEST(ConfigFiles, ANodeIsCalledAsItsHostWhateverTheNamesLength) {
  for (const std::size_t length : {1, 63, 64}) {
    const std::string name(length, 'h');
    std::string seen = "skipped";
    // A host name belongs to the thread's UTS namespace.
    std::thread([&] {
      if (::unshare(CLONE_NEWUTS) != 0 || ::sethostname(name.data(), name.size()) != 0) return;
      seen = host_name();
    }).join();
    if (seen == "skipped") GTEST_SKIP() << "needs the right to set a host name";
    EXPECT_EQ(seen, name);
  }
}

TEST(ConfigFiles, NeedNoDropIns) {
  const test::TemporaryDirectory folder;
  const std::string main = folder.write("vipherd.toml", std::string("a\0b", 3));
  EXPECT_THAT(read(main), ElementsAre(Pair(main, std::string("a\0b", 3))));
}

TEST(ConfigFiles, AreNamedInErrors) {
  const test::TemporaryDirectory folder;
  EXPECT_THAT(read(folder.path("none")),
              ElementsAre(Pair(
                  "error", "cannot read " + folder.path("none") + ": No such file or directory")));
  EXPECT_THAT(read(folder.path(".")), ElementsAre(Pair("error", HasSubstr("not a regular file"))));
}

TEST(ConfigFiles, DoNotHangOnAPipe) {
  const test::TemporaryDirectory folder;
  const std::string main = folder.write("vipherd.toml", "");
  folder.write("conf.d/a.toml", "");
  ASSERT_EQ(mkfifo(folder.path("conf.d/b.toml").c_str(), 0600), 0);
  EXPECT_THAT(read(main), ElementsAre(Pair("error", "cannot read " + folder.path("conf.d/b.toml") +
                                                        ": not a regular file")));
}

TEST(ConfigFiles, ThatNameNothingAreAnError) {
  const test::TemporaryDirectory folder;
  const std::string main = folder.write("vipherd.toml", "");
  folder.write("conf.d/a.toml", "");
  std::filesystem::create_symlink("nowhere", folder.path("conf.d/b.toml"));
  EXPECT_THAT(read(main), ElementsAre(Pair("error", HasSubstr("conf.d/b.toml"))));
}

TEST(LoadConfig, ReportsAFileThatIsNotThereAsItsOnlyError) {
  const config::Loaded loaded = load_config("/nonexistent/vipherd.toml", {});
  ASSERT_EQ(loaded.errors.size(), 1u);
  EXPECT_EQ(config::to_string(loaded.errors[0]),
            "cannot read /nonexistent/vipherd.toml: No such file or directory");
}

}  // namespace
}  // namespace vipherd::agent
