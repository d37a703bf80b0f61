// Against a real nginx with certificates of its own CA.
#include "unit/probe/nginx.hpp"
#include "unit/probe/probe_fixture.hpp"

namespace vipherd::probe {
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
  expect_fail(get(nginx_->valid(), {{"ca_file", missing}}),
              "TLS: cannot read the CAs in " + missing);
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
    auto octet = std::make_shared<std::array<char, 2048>>();
    socket->async_read_some(
        testing::asio::buffer(*octet),
        [socket, octet](const boost::system::error_code&, std::size_t) { socket->close(); });
  });
  expect_fail(get(server.address(), {}), "TLS: the connection was closed in the handshake");
}

}  // namespace
}  // namespace vipherd::probe
