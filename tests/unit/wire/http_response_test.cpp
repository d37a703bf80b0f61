#include "vipherd/wire/http_response.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace vipherd::wire {
namespace {

using State = HttpResponseReader::State;
using namespace std::string_literals;

constexpr std::size_t kKeep = 1000;

struct Answer {
  State state;
  int status;
  std::string body;
  friend bool operator==(const Answer&, const Answer&) = default;
};
std::ostream& operator<<(std::ostream& out, const Answer& answer) {
  return out << "state " << static_cast<int>(answer.state) << ", status " << answer.status
             << ", body \"" << answer.body << "\"";
}

Answer answer_of(const HttpResponseReader& reader) {
  return {reader.state(), reader.status(), reader.body()};
}

/// The same in pieces of any size.
Answer read(const std::string& text, bool head = false) {
  HttpResponseReader whole(head, kKeep);
  whole.take(text);
  for (std::size_t piece = 1; piece < text.size(); ++piece) {
    HttpResponseReader reader(head, kKeep);
    for (std::size_t at = 0; at < text.size(); at += piece) reader.take(text.substr(at, piece));
    EXPECT_EQ(answer_of(reader), answer_of(whole)) << "in pieces of " << piece;
  }
  return answer_of(whole);
}

TEST(HttpResponse, WithALength) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello"),
            (Answer{State::complete, 200, "hello"}));
  EXPECT_EQ(read("HTTP/1.0 404 Not Found\r\ncontent-length:0\r\n\r\n"),
            (Answer{State::complete, 404, ""}));
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"),
            (Answer{State::body, 200, "hell"}));
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more"),
            (Answer{State::complete, 200, "hello"}));
}

TEST(HttpResponse, InChunks) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
                 "5\r\nhello\r\n06;name=value\r\n world\r\n0\r\nDigest: x\r\n\r\n"),
            (Answer{State::complete, 200, "hello world"}));
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\nA \r\n0123456789\r\n"),
            (Answer{State::body, 200, "0123456789"}));
}

TEST(HttpResponse, UntilTheConnectionEnds) {
  for (const std::string field : {"", "Transfer-Encoding: gzip\r\nContent-Length: 3\r\n"}) {
    HttpResponseReader reader(false, kKeep);
    reader.take("HTTP/1.1 200 OK\r\n" + field + "\r\nhello");
    EXPECT_EQ(reader.state(), State::body);
    EXPECT_EQ(reader.end(), State::complete);
    EXPECT_EQ(reader.body(), "hello");
  }
}

TEST(HttpResponse, WithoutABody) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true),
            (Answer{State::complete, 200, ""}));
  for (const int status : {101, 204, 304}) {
    EXPECT_EQ(read("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 5\r\n\r\n"),
              (Answer{State::complete, status, ""}));
  }
}

TEST(HttpResponse, AnInterimOneIsNotTheAnswer) {
  EXPECT_EQ(read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n"
                 "Content-Length: 7\r\n\r\nHTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nok"),
            (Answer{State::complete, 500, "ok"}));
  EXPECT_EQ(read("HTTP/1.1 103 Early Hints\r\n\r\n"), (Answer{State::headers, 0, ""}));
}

TEST(HttpResponse, WhatOthersAllowIsAllowed) {
  EXPECT_EQ(read("HTTP/1.1 200\nContent-Length: 2\nX: folded\n over lines\nEmpty:\n\nok"),
            (Answer{State::complete, 200, "ok"}));
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"),
            (Answer{State::complete, 200, "ok"}));
}

TEST(HttpResponse, WhatIsNone) {
  for (const std::string& text : std::vector<std::string>{
           "220 mail.example ESMTP\r\n", "SSH", "\r\nHTTP/1.1 200 OK\r\n", "HTTP/2 200\r\n",
           "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 20\r\n", "HTTP/1.1 099 X\r\n", "HTTP/1.1200 OK\r\n",
           "HTTP/1.x 200 OK\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n", "HTTP/1.1 200 OK\r\nContent-Length: \r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n",
           "HTTP/1.1 200 OK\r\nX: a\0b\r\n"s}) {
    EXPECT_EQ(read(text), (Answer{State::not_http, 0, ""})) << text;
  }
}

TEST(HttpResponse, ChunksThatAreNone) {
  for (const std::string chunks :
       {"x\r\n", "\r\n", "5\r\nhelloX\r\n", "-1\r\n", "10000000000000000\r\n", "5x\r\n"}) {
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks).state,
              State::malformed_body)
        << chunks;
  }
  HttpResponseReader reader;
  reader.take("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;");
  EXPECT_EQ(reader.take(std::string(4096, 'x')), State::malformed_body);
}

TEST(HttpResponse, IsCutOff) {
  for (const std::string text :
       {"", "HTT", "HTTP/1.1 200 OK\r\nContent-",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"}) {
    HttpResponseReader reader;
    reader.take(text);
    EXPECT_EQ(reader.has_begun(), !text.empty());
    EXPECT_EQ(reader.end(), State::cut_off) << text;
  }
}

TEST(HttpResponse, IsBounded) {
  HttpResponseReader headers;
  headers.take("HTTP/1.1 200 OK\r\n");
  std::size_t sent = 0;
  while (headers.state() == State::headers && sent < 2 * HttpResponseReader::kMostHeaders) {
    headers.take("X: " + std::string(1000, 'x') + "\r\n");
    sent += 1005;
  }
  EXPECT_EQ(headers.state(), State::headers_too_large);
  HttpResponseReader line;
  line.take("HTTP/1.1 200 ");
  EXPECT_EQ(line.take(std::string(HttpResponseReader::kMostHeaders, 'x')),
            State::headers_too_large);

  HttpResponseReader body(false, 10);
  body.take("HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\n" + std::string(4000, 'x'));
  EXPECT_EQ(body.body(), std::string(10, 'x'));
  EXPECT_EQ(body.body_bytes(), 4000u);
}

TEST(HttpResponse, AStatusIsThreeDigits) {
  for (const std::string code : {"a00", "2a0", "20a", "/00", ":00", "0x1", "  2", "2 0", "20 "}) {
    EXPECT_EQ(read("HTTP/1.1 " + code + " OK\r\n"), (Answer{State::not_http, 0, ""})) << code;
  }
  for (const std::string line :
       {"HTTP/1.a 200", "HTTP/1./ 200", "HTTP/1.1\t200", "HTTP/1.1 200x"}) {
    EXPECT_EQ(read(line + "\r\n"), (Answer{State::not_http, 0, ""})) << line;
  }
  EXPECT_EQ(read("HTTP/1.1 999\r\nContent-Length: 0\r\n\r\n"), (Answer{State::complete, 999, ""}));
  EXPECT_EQ(read("HTTP/1.1 199\r\n\r\nHTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"),
            (Answer{State::complete, 200, ""}));
}

TEST(HttpResponse, AFieldMayBeFoldedByATab) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nX: folded\r\n\tContent-Length: 9\r\nContent-Length: 2\r\n"
                 "\r\nok"),
            (Answer{State::complete, 200, "ok"}));
}

TEST(HttpResponse, TheEndChangesNothingThatIsDecided) {
  for (const auto& [text, state] : {
           std::pair{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", State::complete},
           {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", State::malformed_body},
           {"SSH-2.0-x\r\n", State::not_http},
       }) {
    HttpResponseReader reader;
    EXPECT_EQ(reader.take(text), state) << text;
    EXPECT_EQ(reader.end(), state) << text;
    EXPECT_EQ(reader.take("more"), state) << text;
  }
}

}  // namespace
}  // namespace vipherd::wire
