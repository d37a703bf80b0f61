#include "frr/daemon_sockets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/temporary_directory.hpp"

namespace vipherd::frr {
namespace {

TEST(InstanceSockets, AreFoundInTheOrderOfTheirNumbers) {
  const test::TemporaryDirectory directory;
  for (const auto name : {"ospfd.vty", "ospfd-10.vty", "ospfd-2.vty", "ospfd-x.vty", "ospfd-.vty",
                          "ospfd-1.pid", "ospf6d-1.vty", "ospfd-70000.vty"}) {
    directory.write(name, "");
  }
  EXPECT_THAT(instance_sockets(directory.path("ospfd.vty")),
              testing::ElementsAre(directory.path("ospfd-2.vty"), directory.path("ospfd-10.vty")));
  EXPECT_THAT(instance_sockets("/nowhere/ospfd.vty"), testing::IsEmpty());
}

}  // namespace
}  // namespace vipherd::frr
