// Who may open FRR's sockets.
#include <gmock/gmock.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor/look/parts.hpp"
#include "unit/temporary_directory.hpp"

namespace vipherd::doctor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Plain files do: what counts are owner and mode.
class DoctorRights : public ::testing::Test {
 protected:
  DoctorRights() {
    frr_.zserv_socket = make("zserv.api");
    frr_.zebra_vty_socket = make("zebra.vty");
    make("bgpd.vty");
  }
  std::string make(const std::string& name) {
    directory_.write(name, "");
    const std::string path = directory_.path(name);
    EXPECT_EQ(::chown(path.c_str(), nobody_.pw_uid, nobody_.pw_gid), 0);
    set_mode(name, 0770);
    return path;
  }
  void set_mode(const std::string& name, mode_t mode) {
    EXPECT_EQ(::chmod(directory_.path(name).c_str(), mode), 0);
  }

  std::vector<std::string> closed_to(const std::string& user, const std::string& group = {},
                                     const std::vector<std::string>& more = {}) const {
    return doctor::closed_to(UnitFacts{.user = user, .group = group, .supplementary_groups = more},
                             frr_);
  }

  const passwd nobody_ = *::getpwnam("nobody");  // the function's own is overwritten
  test::TemporaryDirectory directory_;
  model::FrrConfig frr_;
};

TEST_F(DoctorRights, OfTheOwner) { EXPECT_THAT(closed_to("nobody"), IsEmpty()); }

TEST_F(DoctorRights, OfAFileToRead) {
  const std::string path = directory_.path("zserv.api");
  const auto unreadable = [&](const std::string& user, const std::string& group = {}) {
    return why_unreadable(UnitFacts{.user = user, .group = group}, path).value();
  };
  EXPECT_EQ(::chmod(directory_.path("").c_str(), 0755), 0);
  set_mode("zserv.api", 0640);
  EXPECT_EQ(unreadable(""), std::nullopt);
  EXPECT_EQ(unreadable("nobody"), std::nullopt);
  EXPECT_EQ(unreadable("daemon"), "user daemon may not read " + path + " (nobody:nogroup, 0640)");
  EXPECT_EQ(unreadable("daemon", "nogroup"), std::nullopt);
  set_mode("zserv.api", 0604);
  EXPECT_EQ(unreadable("daemon"), std::nullopt);
  EXPECT_EQ(::chmod(directory_.path("").c_str(), 0700), 0);
  EXPECT_THAT(unreadable("daemon").value(), testing::HasSubstr("user daemon may not enter "));
  EXPECT_EQ(unreadable(""), std::nullopt);
  EXPECT_EQ(why_unreadable({}, path + "x").value(), "there is no " + path + "x");
}

TEST(DoctorPrograms, PrintOrFailOrAreNotThere) {
  EXPECT_EQ(output_of("printf 'two\\nlines'").value(), "two\nlines");
  EXPECT_EQ(output_of("sh -c 'echo a warning >&2; echo []'").value(), "[]\n");
  EXPECT_EQ(output_of("vipherd-has-no-such-program").value(), std::nullopt);
  EXPECT_EQ(output_of("sh -c 'echo no rights >&2; exit 1'").error().what,
            "sh -c 'echo no rights >&2; exit 1': no rights");
  EXPECT_EQ(output_of("false").error().what, "false failed with exit code 1");
  EXPECT_EQ(output_of("sleep 60").error().what, "sleep 60 did not end within 2 s");
}

TEST_F(DoctorRights, OfRootAreNotLookedAt) {
  set_mode("zserv.api", 0);
  EXPECT_THAT(closed_to("root"), IsEmpty());
  EXPECT_THAT(closed_to(""), IsEmpty());
}

TEST_F(DoctorRights, OfOthers) {
  set_mode("zserv.api", 0777);
  set_mode("zebra.vty", 0700);
  EXPECT_THAT(closed_to("daemon"),
              ElementsAre(frr_.zebra_vty_socket + " (nobody:nogroup, 0700)",
                          directory_.path("bgpd.vty") + " (nobody:nogroup, 0770)"));
}

TEST_F(DoctorRights, OfTheUnitsGroups) {
  const std::string group = ::getgrgid(nobody_.pw_gid)->gr_name;
  EXPECT_THAT(closed_to("daemon").size(), 3u);
  EXPECT_THAT(closed_to("daemon", group), IsEmpty());
  EXPECT_THAT(closed_to("daemon", "", {"daemon", group}), IsEmpty());
  EXPECT_THAT(closed_to("daemon", "", {std::to_string(nobody_.pw_gid)}), IsEmpty());
  EXPECT_THAT(closed_to("daemon", "daemon", {"no-such-group"}).size(), 3u);
}

/// Group= is in place of the user's own one, not beside it.
TEST_F(DoctorRights, OfAnotherGroup) {
  const gid_t daemons = ::getpwnam("daemon")->pw_gid;
  for (const char* name : {"zserv.api", "zebra.vty", "bgpd.vty"}) {
    ASSERT_EQ(::chown(directory_.path(name).c_str(), nobody_.pw_uid, daemons), 0);
  }
  EXPECT_THAT(closed_to("daemon"), IsEmpty());
  EXPECT_THAT(closed_to("daemon", "nogroup").size(), 3u);
}

TEST_F(DoctorRights, OnlyZapiNeedsZserv) {
  set_mode("zserv.api", 0);
  EXPECT_THAT(closed_to("nobody"), ElementsAre(frr_.zserv_socket + " (nobody:nogroup, 0000)"));
  frr_.announcer = model::Announcer::vty;
  EXPECT_THAT(closed_to("nobody"), IsEmpty());
}

}  // namespace
}  // namespace vipherd::doctor
