#include "vipherd/agent/state_files.hpp"

#include <gmock/gmock.h>

#include "unit/temporary_directory.hpp"

namespace vipherd::agent {
namespace {

using testing::HasSubstr;

TEST(OperatorFile, RemembersWhatWasAskedFor) {
  const test::TemporaryDirectory folder;
  const std::string path = folder.path("state/operator.json");
  EXPECT_EQ(read_operators(path).value(), model::OperatorState{}) << "there is none yet";
  model::OperatorState operators;
  operators.drained_services = {{"web", {}}};
  ASSERT_TRUE(write_operators(path, operators)) << "the directory is made";
  EXPECT_EQ(read_operators(path).value(), operators);
  ASSERT_TRUE(write_operators(path, {}));
  EXPECT_EQ(read_operators(path).value(), model::OperatorState{});
}

TEST(OperatorFile, IsNowhereIfSoConfigured) {
  EXPECT_TRUE(write_operators("", {}));
  EXPECT_EQ(read_operators("").value(), model::OperatorState{});
}

TEST(OperatorFile, OfAnotherKindIsAnErrorThatNamesIt) {
  const test::TemporaryDirectory folder;
  const std::string path = folder.write("operator.json", "{\"disabled\":[]}");
  EXPECT_THAT(read_operators(path).error().what,
              HasSubstr(path + ": not what an agent wrote down"));
  EXPECT_THAT(write_operators(folder.path("operator.json/below/it"), {}).error().what,
              HasSubstr("cannot write"));
}

TEST(HandOverMark, LiesBesideTheControlSocketAndIsTakenOnce) {
  const test::TemporaryDirectory folder;
  model::ApiConfig config;
  config.control_socket = folder.path("control.sock");
  const std::string mark = hand_over_mark(config);
  EXPECT_EQ(mark, folder.path("handed-over"));
  EXPECT_FALSE(is_marked(mark));
  ASSERT_TRUE(leave_mark(mark));
  EXPECT_TRUE(is_marked(mark));
  remove_mark(mark);
  EXPECT_FALSE(is_marked(mark));
}

TEST(HandOverMark, IsNotValidForEver) {
  const test::TemporaryDirectory folder;
  EXPECT_FALSE(is_marked(folder.write("long-ago", "1\n")));
  EXPECT_FALSE(is_marked(folder.write("to-come", "99999999999\n"))) << "from before a reboot";
  EXPECT_FALSE(is_marked(folder.write("words", "now\n")));
  model::ApiConfig nowhere;
  nowhere.control_socket.clear();
  EXPECT_EQ(hand_over_mark(nowhere), "");
  EXPECT_FALSE(leave_mark(""));
}

}  // namespace
}  // namespace vipherd::agent
