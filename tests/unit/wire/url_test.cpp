#include "vipherd/wire/url.hpp"

#include <gtest/gtest.h>

namespace vipherd::wire {
namespace {

TEST(Url, HasTheParts) {
  EXPECT_EQ(*parse_url("http://me@[2001:db8::1]:8080/a/../b?c=%20d#top"),
            (Url{.text = "http://me@[2001:db8::1]:8080/b?c=%20d#top",
                 .scheme = "http",
                 .user = "me",
                 .host = "[2001:db8::1]",
                 .zone = "",
                 .port = "8080",
                 .path = "/b",
                 .query = "c=%20d",
                 .fragment = "top",
                 .default_port = ""}));
  EXPECT_EQ(parse_url("http://[fe80::1%25lo]/")->zone, "lo");
}

TEST(Url, HasThePortOfTheScheme) {
  const Url https = *parse_url("HTTPS://web.example");
  EXPECT_EQ(https.text, "https://web.example/");
  EXPECT_EQ(https.port_or_default(), "443");
  EXPECT_EQ(https.authority(), "web.example");
  const Url http = *parse_url("http://127.1:80/");
  EXPECT_EQ(http.port_or_default(), "80");
  EXPECT_EQ(http.authority(), "127.0.0.1:80");
}

TEST(Url, IsNoOtherText) {
  for (const char* text : {"", "127.0.0.1", "http://", "nonsense://host/", "http://host:65536/",
                           "http://host/a b", "http://[::1/"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

TEST(Url, TakesAnotherHost) {
  EXPECT_EQ(url_with_host("https://127.0.0.1:8443/a?b", "web.example"),
            "https://web.example:8443/a?b");
  EXPECT_EQ(url_with_host("nonsense", "web.example"), "");
  EXPECT_EQ(url_with_host("https://127.0.0.1/", "a b"), "");
}

}  // namespace
}  // namespace vipherd::wire
