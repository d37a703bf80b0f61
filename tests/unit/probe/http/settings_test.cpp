// What the configuration may say of http and https, and what is said of the rest.
#include "probe/http/settings.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <variant>

#include "unit/probe/kind_settings.hpp"
#include "vipherd/base/socket_address.hpp"

namespace vipherd::probe::http {
namespace {

using model::Settings;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Texts = std::vector<std::string>;

std::vector<std::string> errors(const std::string& type, Settings settings) {
  if (!settings.contains("url")) settings["url"] = type + "://127.0.0.1/";
  return testing::errors_of(type, settings);
}
std::string given_text(const char* value) { return value; }

TEST(HttpSettings, GoodOnes) {
  EXPECT_THAT(errors("http", {{"url", given_text("http://web.example:8080/a?b=c")},
                              {"method", given_text("PROPFIND")},
                              {"body", given_text("<propfind/>")},
                              {"expect_status", Texts{"200", "599", "3xx", "200-204"}},
                              {"expect_body", given_text("ok")},
                              {"expect_body_regex", given_text("^(?i)ok$")},
                              {"body_limit", std::int64_t{1048576}},
                              {"host", given_text("web.example:80")},
                              {"headers", Texts{"A: b", "C:d"}},
                              {"follow_redirects", std::int64_t{10}},
                              {"http_version", given_text("2")},
                              {"connect_to", given_text("[::1]:80")}}),
              IsEmpty());
  EXPECT_THAT(errors("http", {{"unix_socket", given_text("/run/app.sock")}}), IsEmpty());
  EXPECT_THAT(errors("https", {{"url", given_text("https://[::1]/")},
                               {"verify", false},
                               {"ca_file", given_text("/etc/ssl/ca.pem")},
                               {"client_cert", given_text("/etc/ssl/client.pem")},
                               {"client_key", given_text("/etc/ssl/client.key")},
                               {"certificate_expires_in", Duration(std::chrono::hours(48))},
                               {"certificate_expiry", given_text("fail")},
                               {"server_name", given_text("web.example")}}),
              IsEmpty());
}

TEST(HttpSettings, BadUrls) {
  for (const char* bad : {"", "127.0.0.1", "/health", "https://127.0.0.1/", "ftp://127.0.0.1/",
                          "http://", "http://a b/", "http://x:99999/"}) {
    EXPECT_THAT(errors("http", {{"url", given_text(bad)}}),
                ElementsAre("url: expected a URL such as \"http://127.0.0.1/\", got \"" +
                            std::string(bad) + "\""))
        << bad;
  }
}

TEST(HttpSettings, AllErrorsAtOnce) {
  EXPECT_THAT(
      errors("https", {{"url", given_text("http://127.0.0.1/")},
                       {"method", given_text("GET IT")},
                       {"expect_status", Texts{"199", "200", "600"}},
                       {"body_limit", std::int64_t{0}},
                       {"host", given_text("a b")},
                       {"headers", Texts{"no colon", "X: a\r\nY: b", ": c", "Content-Length: 5"}},
                       {"http_version", given_text("3")},
                       {"follow_redirects", std::int64_t{11}},
                       {"connect_to", given_text("web.example:80")},
                       {"unix_socket", given_text("app.sock")},
                       {"ca_file", given_text("")},
                       {"client_key", given_text("/key")},
                       {"certificate_expiry", given_text("ignore")},
                       {"server_name", given_text("web.example:443")}}),
      ElementsAre("url: expected a URL such as \"https://127.0.0.1/\", got \"http://127.0.0.1/\"",
                  "method: expected a method such as \"GET\", got \"GET IT\"",
                  "host: expected a host name, with a port if need be",
                  "headers: expected \"Name: value\", got \"no colon\"",
                  "headers: expected \"Name: value\", got \"X: a\r\nY: b\"",
                  "headers: expected \"Name: value\", got \": c\"",
                  "headers: \"Content-Length: 5\" is written by vipherd itself",
                  "expect_status: expected statuses from 200 to 599 such as 204, \"2xx\" or "
                  "\"200-299\", got 199",
                  "expect_status: expected statuses from 200 to 599 such as 204, \"2xx\" or "
                  "\"200-299\", got 600",
                  "body_limit: expected 1 to 1048576 bytes, got 0",
                  "http_version: expected \"1.1\" or \"2\", got \"3\"",
                  "follow_redirects: expected 0 to 10, got 11",
                  "connect_to: expected an address with a port such as \"127.0.0.1:80\" or "
                  "\"[::1]:80\", got \"web.example:80\"",
                  "unix_socket: expected the absolute path of a socket, of at most 107 bytes, got "
                  "\"app.sock\"",
                  "unix_socket: expected either connect_to or unix_socket",
                  "ca_file: expected the name of a PEM file",
                  "client_key: expected a client_cert beside it",
                  "server_name: expected a host name, got \"web.example:443\"",
                  "certificate_expiry: expected \"warn\" or \"fail\", got \"ignore\"",
                  "certificate_expiry: expected a certificate_expires_in beside it"));
  EXPECT_THAT(errors("http", {{"expect_status", Texts{}}}),
              ElementsAre("expect_status: expected at least one status, such as [200]"));
}

TEST(HttpSettings, StatusesThatAreNone) {
  for (const char* bad :
       {"", "2", "20", "2000", "1xx", "6xx", "xx", "2xx-3xx", "204-200", "200-", "-200", "OK"}) {
    EXPECT_THAT(errors("http", {{"expect_status", Texts{bad}}}),
                ElementsAre(HasSubstr("expected statuses from 200 to 599")))
        << bad;
  }
}

TEST(HttpSettings, AHeadAnswerHasNoBody) {
  EXPECT_THAT(errors("http", {{"method", given_text("HEAD")},
                              {"body", given_text("x")},
                              {"expect_body", given_text("ok")},
                              {"expect_body_regex", given_text("ok")}}),
              ElementsAre("body: a HEAD request has none",
                          "expect_body: the answer to a HEAD request has no body",
                          "expect_body_regex: the answer to a HEAD request has no body"));
}

TEST(HttpSettings, ExpressionsAreCompiled) {
  EXPECT_THAT(errors("http", {{"expect_body_regex", given_text("(ok")}}),
              ElementsAre("expect_body_regex: expected a regular expression of RE2: missing ): "
                          "(ok"));
  // What only backtracking can do is not in RE2.
  EXPECT_THAT(errors("http", {{"expect_body_regex", given_text("(a)\\1")}}),
              ElementsAre(HasSubstr("expect_body_regex: expected a regular expression of RE2")));
  EXPECT_THAT(errors("http", {{"expect_body_regex", given_text("((x{1000}){1000}){1000}")}}),
              ElementsAre(HasSubstr("expect_body_regex: expected a regular expression of RE2")));
}

// ------------------------------------------------------------------ where a check connects to

Settings of(const char* url, Settings more = {}) {
  more["url"] = given_text(url);
  return more;
}
/// The settings have to be valid.
std::shared_ptr<const HttpSettings> made_of(const Settings& settings,
                                            Scheme scheme = Scheme::http) {
  return prepare_http(settings, scheme).prepared.as<HttpSettings>();
}
curl::Request curl_request(const Settings& settings, Scheme scheme) {
  return *std::get<CurlRequest>(made_of(settings, scheme)->request);
}
PlainRequest plain_request(const Settings& settings) {
  return std::get<PlainRequest>(made_of(settings)->request);
}
bool is_plain(const Settings& settings, Scheme scheme = Scheme::http) {
  return std::holds_alternative<PlainRequest>(made_of(settings, scheme)->request);
}

std::string target(const Settings& settings, Scheme scheme = Scheme::http) {
  const auto found = prepare_http(settings, scheme).target;
  return found ? found->to_string() : "none";
}

TEST(HttpSettings, Targets) {
  EXPECT_EQ(target(of("http://127.0.0.1/")), "127.0.0.1:80");
  EXPECT_EQ(target(of("https://[::1]/"), Scheme::https), "[::1]:443");
  EXPECT_EQ(target(of("http://web.example/")), "none");
  EXPECT_EQ(target(of("http://web.example/", {{"connect_to", given_text("[::1]:8080")}})),
            "[::1]:8080");
  EXPECT_EQ(target(of("http://127.0.0.1/", {{"unix_socket", given_text("/run/app.sock")}})),
            "none");
}

TEST(HttpSettings, Aims) {
  const IpAddress vip = *IpAddress::parse("10.10.10.10");
  const IpAddress vip6 = *IpAddress::parse("2001:db8::10");
  const auto aimed = retarget_http(of("https://web.example/"), Scheme::https, vip);
  EXPECT_EQ(target(aimed, Scheme::https), "10.10.10.10:443");
  EXPECT_EQ(curl_request(aimed, Scheme::https).url, "https://web.example/");
  EXPECT_EQ(target(retarget_http(of("http://[::1]:8080/"), Scheme::http, vip6)),
            "[2001:db8::10]:8080");
  // A UNIX socket has no address: nothing to aim at.
  const Settings local = of("http://127.0.0.1/", {{"unix_socket", given_text("/run/app.sock")}});
  EXPECT_EQ(target(retarget_http(local, Scheme::http, vip)), "none");
}

// ------------------------------------------------------------------ with and without curl

TEST(HttpSettings, SimpleOnesNeedNoCurl) {
  for (const char* url : {"http://127.0.0.1", "http://127.0.0.1/", "http://127.0.0.1:8080/a?b=%20c",
                          "http://[::1]/", "http://[2001:db8::1]:8080/~x,y;z/a..b"}) {
    EXPECT_TRUE(is_plain(of(url))) << url;
  }
  EXPECT_TRUE(is_plain(of("http://a.example/", {{"connect_to", given_text("[::1]:80")}})));
  EXPECT_TRUE(is_plain(of("http://a.example/", {{"unix_socket", given_text("/run/x.sock")}})));
  EXPECT_TRUE(is_plain(of("http://127.0.0.1/", {{"http_version", given_text("1.1")},
                                                {"follow_redirects", std::int64_t{0}}})));
}

TEST(HttpSettings, TheOthersDo) {
  for (const char* url :
       {"http://web.example/", "http://localhost:80/", "http://127.1/", "http://127.0.0.1:/",
        "http://127.0.0.1:0/", "http://me:secret@127.0.0.1/", "http://127.0.0.1/a/../b",
        "http://127.0.0.1/./a", "http://127.0.0.1/#top", "http://127.0.0.1?a=b",
        "http://127.0.0.1/\xc3\xa4", "http://127.0.0.1/a b", "http://[fe80::1%25lo]/",
        "HTTP://127.0.0.1/"}) {
    HttpRequest request;
    request.url = url;  // which is not valid always
    EXPECT_FALSE(to_plain_request(request)) << url;
  }
  EXPECT_FALSE(is_plain(of("https://127.0.0.1/"), Scheme::https));
  EXPECT_FALSE(is_plain(of("http://127.0.0.1/", {{"http_version", given_text("2")}})));
  EXPECT_FALSE(is_plain(of("http://127.0.0.1/", {{"follow_redirects", std::int64_t{1}}})));
}

TEST(HttpSettings, ThePortThatGoesWithoutSayingIsNotSaid) {
  EXPECT_THAT(plain_request(of("http://[::1]:80/")).text, HasSubstr("Host: [::1]\r\n"));
  EXPECT_THAT(plain_request(of("http://[::1]:8080/")).text, HasSubstr("Host: [::1]:8080\r\n"));
}

// ------------------------------------------------------------------ what comes out

TEST(HttpSettings, ARequestIsWrittenOnce) {
  const PlainRequest request = plain_request(
      of("http://127.0.0.1:8080/health?full=1", {{"method", given_text("POST")},
                                                 {"body", given_text("ping")},
                                                 {"headers", Texts{"accept: a/b"}},
                                                 {"host", given_text("web.example")}}));
  EXPECT_EQ(request.target, "127.0.0.1:8080");
  EXPECT_FALSE(request.head);
  EXPECT_EQ(
      request.text,
      "POST /health?full=1 HTTP/1.1\r\nHost: web.example\r\nUser-Agent: vipherd/" VIPHERD_VERSION
      "\r\nConnection: close\r\naccept: a/b\r\nContent-Length: 4\r\n\r\nping");
  EXPECT_EQ(
      plain_request(of("http://a.example/", {{"unix_socket", given_text("/run/x.sock")}})).target,
      "/run/x.sock");
}

TEST(HttpSettings, WhatMustComeIsReadOnce) {
  const auto made = made_of(of("http://127.0.0.1/", {{"expect_status", Texts{"204", "3xx"}},
                                                     {"expect_body", given_text("ok")},
                                                     {"expect_body_regex", given_text("o+k")},
                                                     {"body_limit", std::int64_t{7}}}));
  EXPECT_TRUE(made->statuses.contains(204));
  EXPECT_TRUE(made->statuses.contains(399));
  EXPECT_FALSE(made->statuses.contains(200));
  EXPECT_EQ(made->expectation.body, "ok");
  EXPECT_EQ(made->expectation.body_limit, 7U);
  EXPECT_TRUE(made_of(of("http://127.0.0.1/"))->statuses.contains(200));
}

TEST(HttpSettings, TheSameExpressionIsCompiledOnce) {
  const auto regex_of = [](const char* pattern) {
    return made_of(of("http://127.0.0.1/", {{"expect_body_regex", given_text(pattern)}}))
        ->expectation.regex;
  };
  const Regex first = regex_of("^up$");
  EXPECT_EQ(regex_of("^up$"), first);
  EXPECT_NE(regex_of("^down$"), first);
  // Nothing holds these: they make room.
  for (int number = 0; number < 1000; ++number) regex_of(std::to_string(number).c_str());
  EXPECT_EQ(regex_of("^up$"), first);
}

TEST(HttpSettings, ANameForTheCertificateGoesIntoTheUrl) {
  const curl::Request request = curl_request(
      of("https://127.0.0.1:8443/a", {{"server_name", given_text("web.example")}}), Scheme::https);
  EXPECT_EQ(request.url, "https://web.example:8443/a");
  EXPECT_EQ(request.target, "127.0.0.1:8443");
  EXPECT_EQ(request.connect_to, Texts{"web.example:8443:127.0.0.1:8443"});
  EXPECT_THAT(request.headers, ElementsAre("Connection: close", "Host: 127.0.0.1:8443"));
}

TEST(HttpSettings, AWatchedConnectionIsGreetedLightly) {
  const Settings given =
      of("http://127.0.0.1/a", {{"method", given_text("POST")}, {"body", given_text("much")}});
  EXPECT_THAT(prepare_http(given, Scheme::http).greeting,
              ::testing::AllOf(::testing::StartsWith("HEAD /a HTTP/1.1\r\n"),
                               ::testing::EndsWith("Accept: */*\r\n\r\n")));
  const Settings over_tls = of("https://127.0.0.1/a");
  EXPECT_EQ(prepare_http(over_tls, Scheme::https).greeting, "");
}

}  // namespace
}  // namespace vipherd::probe::http
