// vipherd import: files of other tools (tests/golden/setup/import) and what is made of them.
#include "vipherd/setup/import.hpp"

#include <gmock/gmock.h>

#include "setup/import_words.hpp"
#include "unit/cli/run_command.hpp"
#include "unit/setup/golden.hpp"

namespace vipherd::setup {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Import, MakesOfEachToolsFilesWhatWasReviewed) {
  for (const std::string name : {"exabgp.conf", "dns.options", "anycast.conf", "keepalived.conf"}) {
    const cli::Outcome outcome =
        cli::run({"import", source_path("tests/golden/setup/import/" + name)});
    EXPECT_EQ(outcome.out, golden("import/" + name + ".toml", outcome.out));
    EXPECT_EQ(outcome.code, 0) << name << ": " << outcome.err;
    EXPECT_EQ(outcome.err, "") << name;
  }
}

TEST(Import, TakesSeveralFilesAndAPool) {
  const std::string folder = source_path("tests/golden/setup/import/");
  const cli::Outcome outcome = cli::run({"import", "--pool", "10.10.10.0/24,2001:db8:10::/64",
                                         folder + "dns.options", folder + "exabgp.conf"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("pool = [\"10.10.10.0/24\", \"2001:db8:10::/64\"]"));
  for (const auto service : {"[services.dns]", "[services.watch-haproxy]", "[services.mysql]"}) {
    EXPECT_THAT(outcome.out, HasSubstr(service));
  }
}

TEST(Import, SaysWhatItCannotUse) {
  EXPECT_EQ(cli::run({"import", "/nowhere"}).code, 2);
  const cli::Outcome unknown = cli::run({"import", source_path("README.md")});
  EXPECT_EQ(cli::run({"import", "--from", "bird", source_path("README.md")}).code, 2);
  EXPECT_NE(unknown.code, 0);
}

TEST(Import, SaysWhatIsLeftToDo) {
  Draft draft;
  import_exabgp({"web.conf", "command = true\nlabel = web\n"}, draft);
  finish_import(draft, Tool::exabgp);
  ASSERT_EQ(draft.services.size(), 1U);
  EXPECT_EQ(draft.services[0].name, "web");
  EXPECT_THAT(draft.services[0].remarks, testing::Contains(HasSubstr("addresses on lo")));
}

TEST(ImportWords, AreThoseOfAShell) {
  EXPECT_THAT(words_of(R"(run a --cmd "b 'c' d" e\ f '' "g\"h")"),
              ElementsAre("run", "a", "--cmd", "b 'c' d", "e f", "", "g\"h"));
  EXPECT_THAT(words_of("  "), ElementsAre());
}

TEST(ImportWords, TimesAreSeconds) {
  EXPECT_EQ(seconds("2.5"), "\"2.5s\"");
  EXPECT_EQ(seconds("10"), "\"10s\"");
  for (const auto bad : {"", "0", "-1", "1s", "x", "1.2.3"})
    EXPECT_EQ(seconds(bad), std::nullopt) << bad;
}

TEST(ImportWords, OnlySingleAddressesAreVips) {
  EXPECT_EQ(host_of("10.0.0.1/32"), "10.0.0.1");
  EXPECT_EQ(host_of("2001:db8::1"), "2001:db8::1");
  EXPECT_EQ(host_of("10.0.0.0/24"), std::nullopt);
  EXPECT_EQ(host_of("2001:db8::/32"), std::nullopt);
  EXPECT_EQ(host_of("web"), std::nullopt);
}

// What is no such file at all has to end, too.
TEST(ImportKeepalived, EndsWhateverTheBracesAre) {
  for (const std::string text : {"virtual_server 10.0.0.1 80 {\n{\n{\n{", "}\n}\n",
                                 "virtual_server {\n", "real_server\n{\n", "{", "virtual_server"}) {
    Draft draft;
    import_keepalived({"k.conf", text}, draft);
    EXPECT_LE(draft.services.size(), 1U);
  }
  std::string deep;
  for (int level = 0; level < 10'000; ++level) deep += "virtual_server 10.0.0.1 80 {\n";
  Draft draft;
  import_keepalived({"k.conf", deep}, draft);
}

}  // namespace
}  // namespace vipherd::setup
