#include "vipherd/probe/kinds.hpp"

#include <gmock/gmock.h>

#include <set>

namespace vipherd::probe {
namespace {

TEST(Kinds, SchemasAreWhole) {
  std::set<std::string_view> types;
  for (const auto& schema : check_schemas()) {
    EXPECT_TRUE(types.insert(schema.type).second) << schema.type << " is there twice";
    EXPECT_FALSE(schema.doc.empty()) << schema.type;
    EXPECT_TRUE(schema.prepare) << schema.type;
    std::set<std::string_view> names;
    for (const auto& setting : schema.settings) {
      EXPECT_FALSE(setting.doc.empty()) << setting.name;
      EXPECT_TRUE(names.insert(setting.name).second) << setting.name << " is there twice";
    }
  }
  EXPECT_THAT(types, ::testing::IsSupersetOf({"http", "https", "grpc", "tls", "tcp", "dns"}));
}

}  // namespace
}  // namespace vipherd::probe
