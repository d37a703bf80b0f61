// docs/doctor.md lists the rules that there are, in their own words.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "vipherd/doctor/report.hpp"

namespace vipherd::doctor {
namespace {

constexpr const char* kPage = "docs/doctor.md";
constexpr std::string_view kFirstHeading = "## Rules\n";

std::string path_of_page() {
  const char* source = std::getenv("VIPHERD_SOURCE");
  return std::string(source != nullptr ? source : ".") + "/" + kPage;
}

std::string escaped(std::string_view text) {
  std::string cell;
  for (const char letter : text) {
    if (letter == '|' || letter == '<') cell += '\\';
    cell += letter;
  }
  return cell;
}

std::string rules_as_page() {
  std::string text(kFirstHeading);
  for (const Topic& topic : topics()) {
    text += "\n### " + std::string(topic.name) + "\n\n| rule | of a | | why | cure |\n";
    text += "| --- | --- | --- | --- | --- |\n";
    for (const Rule* rule : topic.rules) {
      const std::string role(rule->roles == Roles::both ? "node, router" : to_string(rule->roles));
      text += "| `" + std::string(rule->id) + "` | " + role + " | " +
              std::string(to_string(rule->severity)) + " | " + escaped(rule->why) + " | " +
              escaped(rule->cure) + " |\n";
    }
  }
  return text;
}

/// VIPHERD_UPDATE=1 writes the page anew instead.
TEST(DoctorDocumentation, HasEveryRuleInItsOwnWords) {
  std::ifstream file(path_of_page());
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  const std::size_t begin = page.find(kFirstHeading);
  ASSERT_NE(begin, std::string::npos) << kPage;
  if (std::getenv("VIPHERD_UPDATE") != nullptr) {
    std::ofstream(path_of_page()) << page.substr(0, begin) << rules_as_page();
    return;
  }
  EXPECT_EQ(page.substr(begin), rules_as_page());
}

TEST(DoctorDocumentation, IdsAreUniqueAndStable) {
  std::set<std::string_view> ids;
  for (const Topic& topic : topics()) {
    for (const Rule* rule : topic.rules) {
      EXPECT_TRUE(ids.insert(rule->id).second) << rule->id;
      EXPECT_TRUE(std::ranges::all_of(rule->id, [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
               letter == '-';
      })) << rule->id;
    }
  }
}

}  // namespace
}  // namespace vipherd::doctor
