#include "render/template.hpp"

#include <gtest/gtest.h>

namespace vipherd::render {
namespace {

Values named(const std::string& name) {
  Values values;
  values.set("name", name);
  return values;
}

TEST(Template, ReplacesNames) {
  Values values = named("eth1");
  values.set("empty", "");
  EXPECT_EQ(fill("\n interface @name@@empty@ @name@\n", values), " interface eth1 eth1\n");
}

TEST(Template, LeavesAnAtSignThatBelongsToNoName) {
  EXPECT_EQ(fill("a@b @ c@Blue@\n", named("x")), "a@b @ c@Blue@\n");
}

TEST(Template, DoesNotReadWhatItPutIn) { EXPECT_EQ(fill("@name@\n", named("@x@")), "@x@\n"); }

TEST(Template, KeepsLinesIfAllConditionsHold) {
  Values values;
  values.flag("a", true);
  values.flag("b", false);
  EXPECT_EQ(fill("%if a !b\n1\n%else\n2\n%end\n%if a b\n3\n%else\n4\n%end\n", values), "1\n4\n");
  EXPECT_EQ(fill("%if b\n%if a\n1\n%end\n%else\n2\n%end\n", values), "2\n");
}

TEST(Template, RepeatsLinesWithEachEntrysOwnNames) {
  Values values = named("outer");
  values.set("other", "o");
  values.list("links", {named("eth1"), named("eth2"), named("eth3")});
  values.list("none", {});
  EXPECT_EQ(fill("%each links\n@name@ @other@\n%if last\nend\n%end\n%end\n@name@\n", values),
            "eth1 o\neth2 o\neth3 o\nend\nouter\n");
  EXPECT_EQ(fill("%each none\n@name@ @unknown@\n%end\nx\n", values), "x\n");
}

TEST(TemplateDeathTest, DiesOfANameThatThereIsNot) {
  EXPECT_DEATH(fill("@nothing@\n", {}), "nothing");
  EXPECT_DEATH(fill("%if nothing\n%end\n", {}), "nothing");
  EXPECT_DEATH(fill("%if a\n", {}), "");
}

}  // namespace
}  // namespace vipherd::render
