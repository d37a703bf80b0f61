// Against a real gRPC server (package python3-grpcio), over plain TCP and TLS.
#include <cstdio>

#include "unit/probe/kind_settings.hpp"
#include "unit/probe/nginx.hpp"
#include "unit/probe/probe_fixture.hpp"

namespace vipherd::probe::grpc {
namespace {

using model::ProbeResult;
using model::Settings;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::string text(const char* value) { return value; }

/// The server ends when its standard input does.
class GrpcServer {
 public:
  GrpcServer(const std::string& certificate, const std::string& key) {
    int input[2];
    int output[2];
    if (::pipe2(input, O_CLOEXEC) != 0 || ::pipe2(output, O_CLOEXEC) != 0) {
      throw std::runtime_error("no pipe");
    }
    const char* source = std::getenv("VIPHERD_SOURCE");
    std::vector<std::string> words{
        "/usr/bin/python3",
        std::string(source ? source : ".") + "/tests/unit/probe/grpc/grpc_server.py", certificate,
        key};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, input[0], 0);
    ::posix_spawn_file_actions_adddup2(&actions, output[1], 1);
    const int error =
        ::posix_spawn(&process_, words[0].c_str(), &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(input[0]);
    ::close(output[1]);
    input_ = input[1];
    FILE* ports = ::fdopen(output[0], "r");
    const int read = std::fscanf(ports, "%d %d %d", &plain_, &tls_, &other_);
    std::fclose(ports);
    if (error != 0 || read != 3) throw std::runtime_error("no gRPC server (python3-grpcio)");
  }
  ~GrpcServer() {
    ::close(input_);
    ::waitpid(process_, nullptr, 0);
  }
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  std::string plain() const { return "127.0.0.1:" + std::to_string(plain_); }
  std::string tls() const { return "127.0.0.1:" + std::to_string(tls_); }
  std::string without_health() const { return "127.0.0.1:" + std::to_string(other_); }

 private:
  pid_t process_ = -1;
  int input_ = -1;
  int plain_ = 0;
  int tls_ = 0;
  int other_ = 0;
};

class GrpcProbeTest : public testing::ProbeTest {
 protected:
  static void SetUpTestSuite() {
    nginx_ = std::make_unique<testing::Nginx>();
    server_ = std::make_unique<GrpcServer>(nginx_->path("soon.pem"), nginx_->path("server.key"));
  }
  static void TearDownTestSuite() {
    server_.reset();
    nginx_.reset();
  }

  ProbeResult check(const std::string& address, Settings settings = {},
                    Duration timeout = seconds(8)) {
    settings["address"] = address;
    return run("grpc", std::move(settings), timeout);
  }
  ProbeResult check_service(const std::string& service) {
    return check(server_->plain(), {{"service", service}});
  }
  void expect_fail(const ProbeResult& result, const std::string& reason) {
    EXPECT_FALSE(result.pass);
    EXPECT_EQ(result.reason, reason);
  }
  Settings over_tls(Settings settings = {}) {
    settings["tls"] = true;
    settings["ca_file"] = nginx_->ca_file();
    return settings;
  }

  static inline std::unique_ptr<testing::Nginx> nginx_;
  static inline std::unique_ptr<GrpcServer> server_;
};

TEST_F(GrpcProbeTest, PassesWhenServing) {
  for (const auto& result : {check(server_->plain()), check_service("web")}) {
    EXPECT_TRUE(result.pass);
    EXPECT_EQ(result.reason, "SERVING");
  }
}

TEST_F(GrpcProbeTest, OtherStatusesAreSaid) {
  expect_fail(check_service("down"), "NOT_SERVING, expected SERVING");
  expect_fail(check_service("unknown"), "UNKNOWN, expected SERVING");
  expect_fail(check_service("gone"), "SERVICE_UNKNOWN, expected SERVING");
  expect_fail(check_service("odd"), "status 9, expected SERVING");
}

TEST_F(GrpcProbeTest, RefusedCallsAreSaid) {
  expect_fail(check_service("nobody"), "the server knows no service \"nobody\"");
  expect_fail(check_service("denied"),
              "gRPC status PERMISSION_DENIED: \"not for you, \\u00c3\\u00bcser\"");
  expect_fail(check(server_->without_health()), "the server has no gRPC health service");
}

TEST_F(GrpcProbeTest, StrangeAnswersAreSaid) {
  expect_fail(check_service("garbage"), "the gRPC answer holds a message that is no protobuf");
  expect_fail(check_service("huge"), "the answer is too long for one of a gRPC health service");
}

TEST_F(GrpcProbeTest, HangingInTheCallEndsAtTheDeadline) {
  expect_fail(check(server_->plain(), {{"service", text("hang")}}, milliseconds(300)),
              "no response headers within 300 ms");
}

TEST_F(GrpcProbeTest, HangingAfterAcceptEndsAtTheDeadline) {
  const testing::Server mute(io_, [](const testing::Socket&) {});
  expect_fail(check(mute.address(), {}, milliseconds(60)), "no response headers within 60 ms");
  expect_fail(check(mute.address(), over_tls(), milliseconds(60)), "no TLS handshake within 60 ms");
}

TEST_F(GrpcProbeTest, RefusedIsSaid) {
  const testing::ClosedPort port(io_);
  const auto result = check(port.address());
  expect_fail(result, "connect to " + port.address() + " refused");
  EXPECT_EQ(result.failure, model::Failure::refused);
}

TEST_F(GrpcProbeTest, OtherServersAreSaid) {
  expect_fail(check(nginx_->h2c()), "HTTP status 503 instead of a gRPC answer");
  expect_fail(check(nginx_->h2(), over_tls()), "the answer is not gRPC");
  expect_fail(check(nginx_->plain()), "the connection was closed without an answer in HTTP/2");
  expect_fail(check(nginx_->valid(), over_tls()), "the server speaks HTTP/1.1, gRPC needs HTTP/2");
  const testing::Server closing(io_, [](const testing::Socket& socket) { socket->close(); });
  const auto result = check(closing.address());
  EXPECT_FALSE(result.pass);
  EXPECT_THAT(result.reason, StartsWith("the connection was "));
}

TEST_F(GrpcProbeTest, OverTls) {
  const auto result = check(server_->tls(), over_tls({{"service", text("web")}}));
  EXPECT_TRUE(result.pass) << result.reason;
  EXPECT_EQ(result.warning, "");
  EXPECT_TRUE(check(server_->tls(), over_tls({{"server_name", text("web.example")}})).pass);
  expect_fail(check(server_->tls(), over_tls({{"server_name", text("other.example")}})),
              "TLS: the certificate is not for 'other.example'");
  expect_fail(check(server_->tls(), {{"tls", true}}),
              "TLS: unable to get local issuer certificate");
  expect_fail(check(server_->plain(), over_tls()), "TLS: wrong version number");
}

TEST_F(GrpcProbeTest, ExpiryIsSaid) {
  const auto days = Duration(std::chrono::hours(14 * 24));
  const auto warned = check(server_->tls(), over_tls({{"certificate_expires_in", days}}));
  EXPECT_TRUE(warned.pass) << warned.reason;
  EXPECT_EQ(warned.warning, "certificate of 127.0.0.1 expires in 2 days");
  expect_fail(check(server_->tls(), over_tls({{"certificate_expires_in", days},
                                              {"certificate_expiry", text("fail")},
                                              {"server_name", text("web.example")}})),
              "certificate of web.example expires in 2 days");
}

TEST(GrpcSettings, AreJudged) {
  EXPECT_THAT(testing::errors_of("grpc", {{"address", text("127.0.0.1:50051")}}), IsEmpty());
  EXPECT_THAT(testing::errors_of("grpc", {{"address", text("web.example:50051")},
                                          {"service", std::string(1025, 'x')},
                                          {"ca_file", text("/ca.pem")},
                                          {"server_name", text("a b")}}),
              ElementsAre(HasSubstr("address: expected an address with a port"),
                          "service: expected at most 1024 bytes",
                          "server_name: expected a host name, got \"a b\"",
                          "ca_file: expected tls = true beside it"));
}

}  // namespace
}  // namespace vipherd::probe::grpc
