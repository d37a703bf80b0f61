// Against a real nginx with certificates of its own CA.
#include <boost/asio/ssl.hpp>
#include <filesystem>

#include "unit/probe/nginx.hpp"
#include "unit/probe/probe_fixture.hpp"

namespace vipherd::probe::http {
namespace {

using model::ProbeResult;
using model::Settings;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class HttpsProbeTest : public testing::ProbeTest {
 protected:
  static void SetUpTestSuite() { nginx_ = std::make_unique<testing::Nginx>(); }
  static void TearDownTestSuite() { nginx_.reset(); }

  ProbeResult get(const std::string& address, Settings settings, const std::string& path = "/") {
    settings["url"] = "https://" + address + path;
    return run("https", std::move(settings));
  }
  static Settings trusting(Settings settings = {}) {
    settings["ca_file"] = nginx_->ca_file();
    return settings;
  }
  void expect_fail(const ProbeResult& result, const std::string& reason) {
    EXPECT_FALSE(result.pass);
    EXPECT_EQ(result.reason, reason);
  }

  static inline std::unique_ptr<testing::Nginx> nginx_;
};

TEST_F(HttpsProbeTest, PassesWithItsOwnCa) {
  const auto result = get(nginx_->valid(), trusting());
  EXPECT_TRUE(result.pass);
  EXPECT_EQ(result.reason, "status 200");
  expect_fail(get(nginx_->valid(), trusting(), "/fail"), "status 503, expected 2xx");
}

TEST_F(HttpsProbeTest, AnUnknownCaIsSaid) {
  expect_fail(get(nginx_->valid(), {}), "TLS: unable to get local issuer certificate");
}

TEST_F(HttpsProbeTest, AnExpiredCertificateIsSaid) {
  expect_fail(get(nginx_->expired(), trusting()), "TLS: certificate has expired");
}

TEST_F(HttpsProbeTest, VerificationCanBeTurnedOff) {
  EXPECT_TRUE(get(nginx_->expired(), {{"verify", false}}).pass);
  EXPECT_TRUE(
      get(nginx_->valid(), {{"verify", false}, {"server_name", std::string("other.example")}})
          .pass);
}

TEST_F(HttpsProbeTest, ServerNameIsSentAndVerified) {
  expect_fail(get(nginx_->valid(), trusting(), "/sni"), "status 421, expected 2xx");
  EXPECT_TRUE(
      get(nginx_->valid(), trusting({{"server_name", std::string("web.example")}}), "/sni").pass);
  expect_fail(get(nginx_->valid(), trusting({{"server_name", std::string("other.example")}})),
              "TLS: the certificate is not for 'other.example'");
}

TEST_F(HttpsProbeTest, ConnectToKeepsTheNameOfTheUrl) {
  EXPECT_TRUE(get("web.example", trusting({{"connect_to", nginx_->valid()}}), "/sni").pass);
  expect_fail(get("other.example", trusting({{"connect_to", nginx_->valid()}})),
              "TLS: the certificate is not for 'other.example'");
}

TEST_F(HttpsProbeTest, AMissingCaFileIsSaid) {
  const std::string missing = nginx_->path("missing.pem");
  const auto result = get(nginx_->valid(), {{"ca_file", missing}});
  EXPECT_EQ(result.failure, model::Failure::not_run);
  EXPECT_EQ(result.reason,
            "the check could not run: cannot read " + missing + ": No such file or directory");
}

TEST_F(HttpsProbeTest, AFileOfAnyKindThatIsNoRegularOneIsNotWaitedFor) {
  const std::string fifo = nginx_->path("fifo");
  ::mkfifo(fifo.c_str(), 0600);
  const std::string why = "the check could not run: cannot read " + fifo + ": not a regular file";
  EXPECT_EQ(get(nginx_->valid(), {{"ca_file", fifo}}).reason, why);
  EXPECT_EQ(get(nginx_->mutual(), trusting({{"client_cert", fifo}})).reason, why);
  EXPECT_EQ(get(nginx_->mutual(),
                trusting({{"client_cert", nginx_->path("client.pem")}, {"client_key", fifo}}))
                .reason,
            why);
  EXPECT_TRUE(get(nginx_->valid(), {{"ca_file", fifo}, {"verify", false}}).pass) << "not read";
}

TEST_F(HttpsProbeTest, APlainServerIsNotTls) {
  expect_fail(get(nginx_->plain(), trusting()), "TLS: wrong version number");
}

TEST_F(HttpsProbeTest, ATlsServerIsNotPlain) {
  expect_fail(run("http", {{"url", "http://" + nginx_->valid() + "/"}}),
              "status 400, expected 2xx");
}

TEST_F(HttpsProbeTest, RefusedIsSaid) {
  const testing::ClosedPort port(io_);
  expect_fail(get(port.address(), {}), "connect to " + port.address() + " refused");
}

TEST_F(HttpsProbeTest, HangingInTheHandshakeEndsAtTheDeadline) {
  const testing::Server server(io_, [](const testing::Socket&) {});
  expect_fail(run("https", {{"url", "https://" + server.address() + "/"}}, milliseconds(60)),
              "no TLS handshake within 60 ms");
}

TEST_F(HttpsProbeTest, ClosingInTheHandshakeIsSaid) {
  const testing::Server server(io_, [](const testing::Socket& socket) {
    auto byte = std::make_shared<std::array<char, 2048>>();
    socket->async_read_some(
        testing::asio::buffer(*byte),
        [socket, byte](const boost::system::error_code&, std::size_t) { socket->close(); });
  });
  expect_fail(get(server.address(), {}), "TLS: the connection was closed in the handshake");
}

// ------------------------------------------------------------------ certificates

std::string text(const char* value) { return value; }

TEST_F(HttpsProbeTest, ASelfSignedCertificateIsSaid) {
  expect_fail(get(nginx_->self_signed(), trusting()), "TLS: self-signed certificate");
}

TEST_F(HttpsProbeTest, OnlyTheCaFileIsTrusted) {
  // As if the system trusted our CA: it does not count beside a ca_file.
  ::setenv("SSL_CERT_FILE", nginx_->ca_file().c_str(), 1);
  ::setenv("SSL_CERT_DIR", nginx_->path("").c_str(), 1);
  const auto result = get(nginx_->valid(), {{"ca_file", nginx_->path("self.pem")}});
  ::unsetenv("SSL_CERT_FILE");
  ::unsetenv("SSL_CERT_DIR");
  expect_fail(result, "TLS: unable to get local issuer certificate");
}

TEST_F(HttpsProbeTest, ManyProbesShareTheAuthorities) {
  for (int count = 0; count < 3; ++count) {
    EXPECT_TRUE(get(nginx_->valid(), trusting()).pass);
    expect_fail(get(nginx_->valid(), {{"ca_file", nginx_->path("self.pem")}}),
                "TLS: unable to get local issuer certificate");
  }
}

TEST_F(HttpsProbeTest, ExpiryIsAWarningOrAFailure) {
  Settings settings = trusting({{"server_name", text("web.example")},
                                {"certificate_expires_in", Duration(std::chrono::hours(24 * 14))}});
  const auto warned = get(nginx_->soon(), settings);
  EXPECT_TRUE(warned.pass) << warned.reason;
  EXPECT_EQ(warned.reason, "status 200");
  EXPECT_EQ(warned.warning, "certificate of web.example expires in 2 days");
  EXPECT_EQ(get(nginx_->valid(), settings).warning, "");
  // What fails for another reason says that one.
  expect_fail(get(nginx_->soon(), settings, "/fail"), "status 503, expected 2xx");
  settings["certificate_expiry"] = text("fail");
  expect_fail(get(nginx_->soon(), settings), "certificate of web.example expires in 2 days");
  expect_fail(get(nginx_->chain(), settings), "certificate of web.example expires in 47 hours");
  EXPECT_TRUE(get(nginx_->valid(), settings).pass);
}

TEST_F(HttpsProbeTest, ACertificateWithoutAnEndIsValid) {
  // RFC 5280 section 4.1.2.5: the year 9999 stands for "no end", and nanoseconds end in 2262.
  const auto passed =
      get(nginx_->endless(),
          trusting({{"server_name", text("web.example")},
                    {"certificate_expires_in", Duration(std::chrono::hours(24 * 14))},
                    {"certificate_expiry", text("fail")}}));
  EXPECT_TRUE(passed.pass) << passed.reason;
  EXPECT_EQ(passed.warning, "");
}

TEST_F(HttpsProbeTest, AClientCertificateIsPresented) {
  expect_fail(get(nginx_->mutual(), trusting()), "status 400, expected 2xx");
  EXPECT_TRUE(get(nginx_->mutual(), trusting({{"client_cert", nginx_->path("client.pem")},
                                              {"client_key", nginx_->path("client.key")}}))
                  .pass);
  EXPECT_TRUE(
      get(nginx_->mutual(), trusting({{"client_cert", nginx_->path("client-both.pem")}})).pass);
}

TEST_F(HttpsProbeTest, AnUnusableClientCertificateIsSaid) {
  const std::string missing = nginx_->path("missing.pem");
  const std::string why =
      "the check could not run: cannot read " + missing + ": No such file or directory";
  EXPECT_EQ(get(nginx_->mutual(), trusting({{"client_cert", missing}})).reason, why);
  EXPECT_EQ(get(nginx_->mutual(),
                trusting({{"client_cert", nginx_->path("client.pem")}, {"client_key", missing}}))
                .reason,
            why);
  expect_fail(get(nginx_->mutual(), trusting({{"client_cert", nginx_->path("ca.key")}})),
              "TLS: cannot use the client's certificate in " + nginx_->path("ca.key"));
  // A key of another certificate.
  expect_fail(get(nginx_->mutual(), trusting({{"client_cert", nginx_->path("client.pem")},
                                              {"client_key", nginx_->path("server.key")}})),
              "TLS: cannot use the client's key in " + nginx_->path("server.key"));
}

TEST_F(HttpsProbeTest, APassphraseIsNotAskedForAtTheTerminal) {
  const std::string locked = nginx_->path("locked.key");
  ASSERT_EQ(std::system(("openssl ec -in " + nginx_->path("client.key") +
                         " -aes128 -passout pass:secret -out " + locked + " 2>/dev/null")
                            .c_str()),
            0);
  expect_fail(get(nginx_->mutual(),
                  trusting({{"client_cert", nginx_->path("client.pem")}, {"client_key", locked}})),
              "TLS: cannot use the client's key in " + locked);
}

// ------------------------------------------------------------------ HTTP/2, methods, UNIX sockets

TEST_F(HttpsProbeTest, Http2IsAgreedUpon) {
  Settings settings =
      trusting({{"http_version", text("2")}, {"expect_body", text("GET HTTP/2.0 .")}});
  const auto result = get(nginx_->h2(), settings, "/method");
  EXPECT_TRUE(result.pass) << result.reason;
  expect_fail(get(nginx_->h2(), settings, "/fail"), "status 503, expected 2xx");
  expect_fail(get(nginx_->valid(), settings), "the server speaks HTTP/1.1, expected HTTP/2");
  // By default it is not even offered.
  settings.erase("http_version");
  settings["expect_body"] = text("GET HTTP/1.1 .");
  EXPECT_TRUE(get(nginx_->h2(), settings, "/method").pass);
}

TEST_F(HttpsProbeTest, Http2WithoutTls) {
  const auto over = [&](const std::string& address, const std::string& path) {
    return run("http", {{"url", "http://" + address + path},
                        {"http_version", text("2")},
                        {"method", text("POST")},
                        {"body", text("x")},
                        {"headers", std::vector<std::string>{"Content-Type: text/plain"}},
                        {"expect_body", text("POST HTTP/2.0 text/plain.")}});
  };
  const auto result = over(nginx_->h2c(), "/method");
  EXPECT_TRUE(result.pass) << result.reason;
  expect_fail(over(nginx_->h2c(), "/fail"), "status 503, expected 2xx");
  expect_fail(over(nginx_->plain(), "/"), "the connection was closed without an answer in HTTP/2");
}

TEST_F(HttpsProbeTest, AMuteHttp2ServerEndsAtTheDeadline) {
  const testing::Server server(io_, [](const testing::Socket&) {});
  expect_fail(
      run("http", {{"url", "http://" + server.address() + "/"}, {"http_version", text("2")}},
          milliseconds(60)),
      "no response headers within 60 ms");
}

TEST_F(HttpsProbeTest, APostHasItsBody) {
  const auto result = get(nginx_->valid(),
                          trusting({{"method", text("POST")},
                                    {"body", text("{}")},
                                    {"headers", std::vector<std::string>{"Content-Type: a/b"}},
                                    {"expect_body", text("POST HTTP/1.1 a/b.")}}),
                          "/method");
  EXPECT_TRUE(result.pass) << result.reason;
}

TEST_F(HttpsProbeTest, OverAUnixSocket) {
  ASSERT_TRUE(run_until([&] {
    io_.poll();
    return std::filesystem::exists(nginx_->unix_tls());
  }));
  const auto result = get("web.example", trusting({{"unix_socket", nginx_->unix_tls()}}), "/sni");
  EXPECT_TRUE(result.pass) << result.reason;
  expect_fail(get("other.example", trusting({{"unix_socket", nginx_->unix_tls()}})),
              "TLS: the certificate is not for 'other.example'");
  EXPECT_TRUE(run("http", {{"url", text("http://web.example/")},
                           {"unix_socket", nginx_->unix_plain()},
                           {"expect_body", text("ok")}})
                  .pass);
}

// ------------------------------------------------------------------ redirects

TEST_F(HttpsProbeTest, RedirectsAreFollowedIfAsked) {
  const Settings follow = trusting({{"follow_redirects", std::int64_t{1}}});
  EXPECT_TRUE(get(nginx_->valid(), follow, "/to").pass);
  expect_fail(get(nginx_->valid(), trusting(), "/to"), "status 302, expected 2xx");
  expect_fail(get(nginx_->valid(), follow, "/loop"), "more than 1 redirect");
  Settings more = follow;
  more["follow_redirects"] = std::int64_t{10};
  expect_fail(get(nginx_->valid(), more, "/loop"), "more than 10 redirects");
}

TEST_F(HttpsProbeTest, NoRedirectLeadsOutOfTls) {
  const Settings follow = trusting({{"follow_redirects", std::int64_t{3}}});
  expect_fail(get(nginx_->valid(), follow, "/down"),
              "redirected to http://" + nginx_->plain() + "/, which is not HTTPS");
  expect_fail(get(nginx_->valid(), follow, "/ftp"),
              "redirected to ftp://127.0.0.1/, which is not HTTPS");
  Settings loud = follow;
  loud["url"] = "HTTPS://" + nginx_->valid() + "/down";
  expect_fail(run("https", std::move(loud)),
              "redirected to http://" + nginx_->plain() + "/, which is not HTTPS");
}

TEST_F(HttpsProbeTest, ARedirectMayLeadIntoTls) {
  const auto result = run("http", {{"url", "http://" + nginx_->plain() + "/up"},
                                   {"follow_redirects", std::int64_t{3}}});
  // With the system's authorities: a check of type http knows no others.
  EXPECT_THAT(result.reason, ::testing::StartsWith("TLS: unable to get local issuer certificate "
                                                   "(redirected to https://"));
}

TEST_F(HttpsProbeTest, RedirectsStayAtTheAddressOfConnectTo) {
  // By names that cannot be resolved: to another host, and to another port.
  const testing::Server front(
      io_, testing::on_request([](const testing::Socket& socket, const std::string& request) {
        testing::send(socket, request.find("Host: first.invalid:1") != request.npos
                                  ? testing::response(302, "Location: http://second.invalid:1/\r\n")
                                  : testing::response(200, "X: y\r\n"));
      }));
  const auto same_port = run("http", {{"url", text("http://first.invalid:1/")},
                                      {"connect_to", front.address()},
                                      {"follow_redirects", std::int64_t{3}}});
  EXPECT_TRUE(same_port.pass) << same_port.reason;
  EXPECT_EQ(front.accepted(), 2u);
  const std::string port = std::to_string(front.port());
  const testing::Server other(io_, testing::answer(testing::response(
                                       302, "Location: http://second.invalid:" + port + "/\r\n")));
  const auto other_port = run("http", {{"url", text("http://first.invalid/")},
                                       {"connect_to", other.address()},
                                       {"follow_redirects", std::int64_t{3}}});
  EXPECT_TRUE(other_port.pass) << other_port.reason;
  EXPECT_EQ(front.accepted(), 3u);
}

TEST_F(HttpsProbeTest, OnlyTheLastAnswerIsJudged) {
  const Settings settings = trusting({{"follow_redirects", std::int64_t{1}},
                                      {"expect_status", std::vector<std::string>{"302", "200"}},
                                      {"expect_body", text("ok")}});
  EXPECT_TRUE(get(nginx_->valid(), settings, "/to").pass);
}

// ------------------------------------------------------------------ servers that misbehave under
// TLS

/// Takes TLS connections with nginx's certificate and does with each what the test says.
class TlsServer {
 public:
  using Stream = boost::asio::ssl::stream<testing::tcp::socket>;

  TlsServer(testing::asio::io_context& io, const testing::Nginx& nginx, std::string answer,
            bool close)
      : context_(boost::asio::ssl::context::tls_server),
        server_(io, [this](const testing::Socket& socket) { shake(socket); }),
        answer_(std::move(answer)),
        close_(close) {
    context_.use_certificate_chain_file(nginx.path("valid.pem"));
    context_.use_private_key_file(nginx.path("server.key"), boost::asio::ssl::context::pem);
  }
  std::string address() const { return server_.address(); }

 private:
  void shake(const testing::Socket& socket) {
    auto stream = std::make_shared<Stream>(std::move(*socket), context_);
    streams_.push_back(stream);
    stream->async_handshake(boost::asio::ssl::stream_base::server,
                            [this, stream](const boost::system::error_code& error) {
                              if (!error) answer(stream);
                            });
  }
  void answer(const std::shared_ptr<Stream>& stream) {
    testing::asio::async_read_until(
        *stream, testing::asio::dynamic_buffer(request_), "\r\n\r\n",
        [this, stream](const boost::system::error_code& error, std::size_t) {
          if (error) return;
          testing::asio::async_write(*stream, testing::asio::buffer(answer_),
                                     [this, stream](const boost::system::error_code&, std::size_t) {
                                       if (close_) stream->next_layer().close();
                                     });
        });
  }

  boost::asio::ssl::context context_;
  testing::Server server_;
  std::string request_;
  std::string answer_;
  bool close_;
  std::vector<std::shared_ptr<Stream>> streams_;
};

TEST_F(HttpsProbeTest, HangingUnderTlsEndsAtTheDeadline) {
  const auto reason = [&](const std::string& answer) {
    const TlsServer server(io_, *nginx_, answer, false);
    return run("https", trusting({{"url", "https://" + server.address() + "/"}}), milliseconds(400))
        .reason;
  };
  EXPECT_EQ(reason(""), "no response headers within 400 ms");
  EXPECT_EQ(reason("HTTP/1.1 200 OK\r\nContent-"), "no response headers within 400 ms");
  EXPECT_EQ(reason("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
            "no end of the response body within 400 ms");
}

TEST_F(HttpsProbeTest, ClosingUnderTlsIsSaid) {
  const auto reason = [&](const std::string& answer) {
    const TlsServer server(io_, *nginx_, answer, true);
    return get(server.address(), trusting()).reason;
  };
  EXPECT_THAT(reason(""), StartsWith("the connection was "));
  EXPECT_THAT(reason("HTTP/1.1 200 OK\r\nContent-"), StartsWith("the connection was "));
  EXPECT_THAT(reason("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
              StartsWith("the connection was "));
}

}  // namespace
}  // namespace vipherd::probe::http
