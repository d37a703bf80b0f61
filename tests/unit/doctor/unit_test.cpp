// What is read of the agent's unit, from a real systemd.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "doctor/look/parts.hpp"
#include "unit/probe/systemd_manager.hpp"

namespace vipherd::doctor {
namespace {

using probe::testing::SystemdManager;

std::string shipped_unit() {
  const char* source = std::getenv("VIPHERD_SOURCE");
  std::ifstream file(std::string(source != nullptr ? source : ".") +
                     "/deploy/systemd/vipherd.service");
  return {std::istreambuf_iterator<char>(file), {}};
}

class DoctorUnitTest : public ::testing::TestWithParam<SystemdManager::By> {
 protected:
  Result<UnitFacts> read(const std::string& unit, bool running = false) {
    if (!unit.empty()) systemd_.write_unit("vipherd.service", unit);
    systemd_.systemctl("daemon-reload");
    if (running) systemd_.systemctl("start vipherd.service");
    return look_at_agents_unit();
  }
  SystemdManager systemd_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Over, DoctorUnitTest,
                         ::testing::Values(SystemdManager::By::its_socket,
                                           SystemdManager::By::message_bus),
                         [](const auto& info) {
                           return info.param == SystemdManager::By::its_socket
                                      ? std::string("ItsSocket")
                                      : std::string("AMessageBus");
                         });

TEST_P(DoctorUnitTest, ReadsTheShippedOne) {
  const auto facts = read(shipped_unit());
  ASSERT_TRUE(facts) << facts.error().what;
  const UnitFacts expected{.load_state = "loaded",
                           .unit_file_state = "disabled",
                           .restart = "always",
                           .user = "frr",
                           .group = "frr",
                           .active_state = "inactive",
                           .watchdog_us = std::nullopt,
                           .open_files = 65536,
                           .stop_timeout_us = 20'000'000,
                           .cleans_up = true,
                           .ambient_capabilities = 1ULL << 12};  // CAP_NET_ADMIN
  EXPECT_EQ(*facts, expected);
}

TEST_P(DoctorUnitTest, ReadsABareOne) {
  const auto facts = read("[Service]\nExecStart=/bin/sleep 10000\n", true);
  ASSERT_TRUE(facts) << facts.error().what;
  EXPECT_EQ(facts->active_state, "active");
  EXPECT_EQ(facts->watchdog_us, 0u);
  EXPECT_EQ(facts->restart, "no");
  EXPECT_FALSE(facts->cleans_up);
  EXPECT_EQ(facts->group, "");
  EXPECT_EQ(facts->supplementary_groups, std::vector<std::string>{});
}

TEST_P(DoctorUnitTest, ReadsItsGroups) {
  const auto facts = read(
      "[Service]\nExecStart=/bin/true\nUser=frr\nGroup=daemon\nSupplementaryGroups=frrvty adm\n");
  ASSERT_TRUE(facts) << facts.error().what;
  EXPECT_EQ(facts->group, "daemon");
  EXPECT_EQ(facts->supplementary_groups, (std::vector<std::string>{"frrvty", "adm"}));
}

TEST_P(DoctorUnitTest, ReadsTheWatchdogOfOneThatRuns) {
  const auto facts = read("[Service]\nExecStart=/bin/sleep 10000\nWatchdogSec=60s\n", true);
  ASSERT_TRUE(facts) << facts.error().what;
  EXPECT_EQ(facts->watchdog_us, 60'000'000u);
}

TEST_P(DoctorUnitTest, SaysThatItIsMasked) {
  systemd_.mask_unit("vipherd.service");
  const auto facts = read("");
  ASSERT_TRUE(facts) << facts.error().what;
  EXPECT_EQ(facts->load_state, "masked");
  EXPECT_EQ(facts->unit_file_state, "masked");
}

TEST_P(DoctorUnitTest, SaysThatThereIsNone) {
  const auto facts = read("");
  ASSERT_TRUE(facts) << facts.error().what;
  EXPECT_EQ(facts->load_state, "not-found");
}

/// /run/systemd/netif is there without it as well: what tells is the unit.
TEST_P(DoctorUnitTest, TellsWhetherNetworkdRuns) {
  systemd_.write_unit("systemd-networkd.service", "[Service]\nExecStart=/bin/sleep 10000\n");
  systemd_.systemctl("daemon-reload");
  std::filesystem::create_directories("/run/systemd/system");
  std::filesystem::create_directories("/run/systemd/netif/links");
  const auto stopped = look_at_manager_files();
  ASSERT_TRUE(stopped.networkd) << stopped.networkd.error().what;
  EXPECT_FALSE(*stopped.networkd);
  systemd_.systemctl("start systemd-networkd.service");
  const auto started = look_at_manager_files();
  ASSERT_TRUE(started.networkd) << started.networkd.error().what;
  EXPECT_TRUE(*started.networkd);
}

TEST(DoctorUnitWithoutSystemd, SaysWhy) {
  const SystemdManager systemd(SystemdManager::By::nothing);
  const auto facts = look_at_agents_unit();
  ASSERT_FALSE(facts);
  EXPECT_THAT(facts.error().what, testing::StartsWith("cannot reach systemd over D-Bus: "));
}

}  // namespace
}  // namespace vipherd::doctor
