// The status page is there whole, and a browser is told to keep to it.
#include <gmock/gmock.h>

#include <regex>
#include <set>

#include "vipherd/api/routes.hpp"

namespace vipherd::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::optional<Response> file_at(const std::string& path, const char* method = "GET") {
  const auto understood = understand({method, path, "", ""});
  const auto* call = std::get_if<Call>(&understood);
  const auto* file = call == nullptr ? nullptr : std::get_if<call::PageFile>(call);
  if (file == nullptr) return std::nullopt;
  return answer_of(*file);
}

std::set<std::string> found_in(const std::string& text, const char* pattern) {
  const std::regex expression(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), expression), end; match != end;
       ++match) {
    found.insert((*match)[1]);
  }
  return found;
}

std::set<std::string> page_paths() {
  std::set<std::string> paths;
  for (const Route& route : routes()) {
    if (route.answer == Answer::page) paths.insert(std::string(route.path));
  }
  return paths;
}

TEST(Page, HasTypesThatABrowserRunsWithoutGuessing) {
  EXPECT_EQ(file_at("/")->content_type, "text/html; charset=utf-8");
  EXPECT_EQ(file_at("/page.css")->content_type, "text/css; charset=utf-8");
  EXPECT_EQ(file_at("/page.js")->content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(file_at("/icon.svg")->content_type, "image/svg+xml");
  EXPECT_THAT(file_at("/")->body, testing::StartsWith("<!doctype html>"));
  EXPECT_EQ(file_at("/", "HEAD")->body, file_at("/")->body);  // the server leaves it out
  EXPECT_FALSE(file_at("/", "POST"));
}

TEST(Page, LoadsNothingButItsOwnFiles) {
  for (const std::string& path : page_paths()) {
    const std::string policy = file_at(path)->security_policy;
    for (const char* rule : {"default-src 'none'; ", "script-src 'self'; ", "style-src 'self'; ",
                             "connect-src 'self'; ", "frame-ancestors 'none'", "base-uri 'none'; ",
                             "form-action 'none'; "}) {
      EXPECT_THAT(policy, HasSubstr(rule)) << path;
    }
    EXPECT_THAT(policy, Not(HasSubstr("unsafe"))) << path;
  }
}

/// Relative, so that it works behind a path prefix, too; and each is a route.
TEST(Page, RefersToWhatIsThere) {
  std::set<std::string> known;
  for (const Route& route : routes()) known.insert(std::string(route.path));
  std::set<std::string> files{"/"};
  for (const std::string& path : page_paths()) {
    const std::string body = file_at(path)->body;
    for (const std::string& target : found_in(body, R"re((?:src|href)="([^#"][^"]*)")re")) {
      EXPECT_TRUE(known.contains("/" + target)) << path << " refers to " << target;
      files.insert("/" + target);
    }
    for (const std::string& target : found_in(body, R"re(from "\./([^"]*)";)re")) {
      files.insert("/" + target);
    }
    for (const std::string& target : found_in(body, R"re([("`]((?:v1/|health)[a-z1/]*))re")) {
      EXPECT_TRUE(known.contains("/" + target)) << path << " asks for " << target;
    }
  }
  EXPECT_THAT(files, testing::IsSupersetOf(page_paths()));
}

/// What others wrote (a service's answer, a reason) stays text.
TEST(Page, ParsesNothingAsMarkup) {
  for (const std::string& path : page_paths()) {
    EXPECT_THAT(
        found_in(
            file_at(path)->body,
            R"((innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(| on[a-z]+=| style=))"),
        ElementsAre())
        << path;
  }
}

}  // namespace
}  // namespace vipherd::api
