// The tables of keys in docs/configuration.md are those of the rows, in their own words.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "config/tables/all_tables.hpp"

namespace vipherd::config {
namespace {

constexpr std::string_view kHead =
    "| key | type | default | meaning |\n| --- | --- | --- | --- |\n";

std::string path_of_reference() {
  const char* source = std::getenv("VIPHERD_SOURCE");
  return std::string(source != nullptr ? source : ".") + "/docs/configuration.md";
}

std::string cell(const std::string& text) {
  std::string escaped = " ";
  for (const char letter : text) escaped += (letter == '|' ? "\\|" : std::string{letter});
  return (text.empty() ? "" : escaped) + " |";
}

std::string keys_as_page(const TableText& table) {
  std::string text(kHead);
  for (const KeyText& key : table.keys) {
    text += "| `" + key.key + "` |" + cell(key.type) + cell(key.preset) + cell(key.meaning) + "\n";
  }
  return text;
}

/// Where the table of keys under this heading begins and ends.
std::pair<std::size_t, std::size_t> find_table(const std::string& page, const std::string& title) {
  const std::size_t heading = page.find("\n## `" + title + "`\n");
  const std::size_t begin = heading == page.npos ? page.npos : page.find(kHead, heading);
  return {begin, begin == page.npos ? page.npos : page.find("\n\n", begin) + 1};
}

/// VIPHERD_UPDATE=1 writes the tables anew instead.
TEST(ConfigurationReference, HasEveryKeyInItsOwnWords) {
  std::ifstream file(path_of_reference());
  std::string page{std::istreambuf_iterator<char>(file), {}};
  for (const TableText& table : all_tables()) {
    const auto [begin, end] = find_table(page, table.title);
    ASSERT_NE(begin, page.npos) << table.title;
    if (std::getenv("VIPHERD_UPDATE") != nullptr) {
      page.replace(begin, end - begin, keys_as_page(table));
    } else {
      EXPECT_EQ(page.substr(begin, end - begin), keys_as_page(table)) << table.title;
    }
  }
  if (std::getenv("VIPHERD_UPDATE") != nullptr) std::ofstream(path_of_reference()) << page;
}

}  // namespace
}  // namespace vipherd::config
