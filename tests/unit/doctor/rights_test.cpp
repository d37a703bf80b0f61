// Who may open FRR's sockets.
#include <gmock/gmock.h>
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
    EXPECT_EQ(::chown(path.c_str(), nobody_->pw_uid, nobody_->pw_gid), 0);
    set_mode(name, 0770);
    return path;
  }
  void set_mode(const std::string& name, mode_t mode) {
    EXPECT_EQ(::chmod(directory_.path(name).c_str(), mode), 0);
  }

  const passwd* nobody_ = ::getpwnam("nobody");
  test::TemporaryDirectory directory_;
  model::FrrConfig frr_;
};

TEST_F(DoctorRights, OfTheOwner) { EXPECT_THAT(closed_to("nobody", frr_), IsEmpty()); }

TEST_F(DoctorRights, OfRootAreNotLookedAt) {
  set_mode("zserv.api", 0);
  EXPECT_THAT(closed_to("root", frr_), IsEmpty());
  EXPECT_THAT(closed_to("", frr_), IsEmpty());
}

TEST_F(DoctorRights, OfOthers) {
  set_mode("zserv.api", 0777);
  set_mode("zebra.vty", 0700);
  EXPECT_THAT(closed_to("daemon", frr_),
              ElementsAre(frr_.zebra_vty_socket + " (nobody:nogroup, 0700)",
                          directory_.path("bgpd.vty") + " (nobody:nogroup, 0770)"));
}

TEST_F(DoctorRights, OnlyZapiNeedsZserv) {
  set_mode("zserv.api", 0);
  EXPECT_THAT(closed_to("nobody", frr_),
              ElementsAre(frr_.zserv_socket + " (nobody:nogroup, 0000)"));
  frr_.announcer = model::Announcer::vty;
  EXPECT_THAT(closed_to("nobody", frr_), IsEmpty());
}

}  // namespace
}  // namespace vipherd::doctor
