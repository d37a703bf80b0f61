#include "api/host.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace vipherd::api {
namespace {

const std::vector<std::string> kNames{"lb1", "lb1.example.com"};

TEST(Host, IsOursByAddressByLocalhostAndByAConfiguredName) {
  for (const std::string_view host :
       {"127.0.0.1", "127.0.0.1:21180", "192.0.2.7:80", "[::1]", "[::1]:21180",
        "[fe80::1%25eth0]:80", "localhost", "LOCALHOST:21180", "localhost.", "lb1", "lb1:21180",
        "LB1.Example.com", "lb1.example.com.:80", "127.0.0.1:"}) {
    EXPECT_TRUE(is_own_host(host, kNames)) << host;
  }
}

TEST(Host, IsNotOursByAnyOtherName) {
  for (const std::string_view host : {"",
                                      ":80",
                                      ".",
                                      "evil.example",
                                      "evil.example:21180",
                                      "lb1.evil.example",
                                      "xlb1",
                                      "lb2",
                                      "localhost.evil.example",
                                      "127.0.0.1.evil.example",
                                      "127.0.0.1@evil.example",
                                      "127.0.0.1:80:evil.example",
                                      "127.0.0.1:x",
                                      "::1",
                                      "[::1",
                                      "[::1]x",
                                      "[127.0.0.1]",
                                      "[]",
                                      "[evil.example]",
                                      "localhost..",
                                      " localhost"}) {
    EXPECT_FALSE(is_own_host(host, kNames)) << host;
  }
}

}  // namespace
}  // namespace vipherd::api
