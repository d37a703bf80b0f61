// Against a real nginx with certificates of its own CA.
#include "unit/probe/kind_settings.hpp"
#include "unit/probe/nginx.hpp"
#include "unit/probe/probe_fixture.hpp"

namespace vipherd::probe::tls {
namespace {

using model::ProbeResult;
using model::Settings;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string text(const char* value) { return value; }

class TlsProbeTest : public testing::ProbeTest {
 protected:
  static void SetUpTestSuite() { nginx_ = std::make_unique<testing::Nginx>(); }
  static void TearDownTestSuite() { nginx_.reset(); }

  ProbeResult shake(const std::string& address, Settings settings = {},
                    Duration timeout = seconds(5)) {
    settings["address"] = address;
    if (!settings.contains("ca_file")) settings["ca_file"] = nginx_->ca_file();
    return run("tls", std::move(settings), timeout);
  }
  void expect_fail(const ProbeResult& result, const std::string& reason) {
    EXPECT_FALSE(result.pass);
    EXPECT_EQ(result.reason, reason);
  }

  static inline std::unique_ptr<testing::Nginx> nginx_;
};

TEST_F(TlsProbeTest, PassesAfterTheHandshake) {
  const auto result = shake(nginx_->valid());
  EXPECT_TRUE(result.pass) << result.reason;
  EXPECT_EQ(result.reason, "TLS handshake with " + nginx_->valid());
  EXPECT_EQ(result.warning, "");
}

TEST_F(TlsProbeTest, TheNameIsVerified) {
  EXPECT_TRUE(shake(nginx_->valid(), {{"server_name", text("web.example")}}).pass);
  expect_fail(shake(nginx_->valid(), {{"server_name", text("other.example")}}),
              "TLS: the certificate is not for 'other.example'");
}

TEST_F(TlsProbeTest, BadCertificatesAreSaid) {
  expect_fail(shake(nginx_->expired()), "TLS: certificate has expired");
  expect_fail(shake(nginx_->self_signed()), "TLS: self-signed certificate");
  expect_fail(shake(nginx_->valid(), {{"ca_file", nginx_->path("self.pem")}}),
              "TLS: unable to get local issuer certificate");
  EXPECT_TRUE(shake(nginx_->self_signed(), {{"verify", false}}).pass);
}

TEST_F(TlsProbeTest, ExpiryIsSaid) {
  const Settings warn{{"server_name", text("web.example")},
                      {"certificate_expires_in", Duration(std::chrono::hours(24 * 14))}};
  Settings fail = warn;
  fail["certificate_expiry"] = text("fail");
  const auto warned = shake(nginx_->soon(), warn);
  EXPECT_TRUE(warned.pass) << warned.reason;
  EXPECT_EQ(warned.warning, "certificate of web.example expires in 2 days");
  expect_fail(shake(nginx_->soon(), fail), "certificate of web.example expires in 2 days");
  // The one of the CA, which the server sends along, ends first.
  expect_fail(shake(nginx_->chain(), fail), "certificate of web.example expires in 47 hours");
  EXPECT_EQ(shake(nginx_->valid(), fail).reason, "TLS handshake with " + nginx_->valid());
  // Without verification the end is still looked at.
  fail["verify"] = false;
  expect_fail(shake(nginx_->expired(), fail), "certificate of web.example expired 24 hours ago");
}

TEST_F(TlsProbeTest, NothingThatIsNotTlsPasses) {
  expect_fail(shake(nginx_->plain()), "TLS: wrong version number");
  const testing::Server closing(io_, [](const testing::Socket& socket) { socket->close(); });
  expect_fail(shake(closing.address()), "TLS: the connection was closed in the handshake");
  const testing::Server resetting(io_, [](const testing::Socket& socket) {
    auto byte = std::make_shared<std::array<char, 2048>>();
    socket->async_read_some(testing::asio::buffer(*byte),
                            [socket, byte](const boost::system::error_code&, std::size_t) {
                              socket->set_option(testing::asio::socket_base::linger(true, 0));
                              socket->close();
                            });
  });
  expect_fail(shake(resetting.address()), "TLS: the connection was closed in the handshake");
}

TEST_F(TlsProbeTest, HangingEndsAtTheDeadline) {
  const testing::Server mute(io_, [](const testing::Socket&) {});
  expect_fail(shake(mute.address(), {}, milliseconds(60)), "no TLS handshake within 60 ms");
  const testing::DeafPort deaf(io_);
  expect_fail(shake(deaf.address(), {}, milliseconds(60)), "no connection within 60 ms");
}

TEST_F(TlsProbeTest, RefusedIsSaid) {
  const testing::ClosedPort port(io_);
  const auto result = shake(port.address());
  expect_fail(result, "connect to " + port.address() + " refused");
  EXPECT_EQ(result.failure, model::Failure::refused);
}

TEST_F(TlsProbeTest, EveryProbeMakesAConnectionOfItsOwn) {
  const testing::Server closing(io_, [](const testing::Socket& socket) { socket->close(); });
  for (int count = 0; count < 3; ++count) EXPECT_FALSE(shake(closing.address()).pass);
  EXPECT_EQ(closing.accepted(), 3u);
}

TEST(TlsSettings, AreJudged) {
  EXPECT_THAT(testing::errors_of("tls", {{"address", text("[::1]:853")}}), IsEmpty());
  EXPECT_THAT(testing::errors_of("tls", {{"address", text("853")}, {"client_cert", text("")}}),
              ElementsAre(HasSubstr("address: expected an address with a port"),
                          "client_cert: expected the name of a PEM file"));
}

}  // namespace
}  // namespace vipherd::probe::tls
