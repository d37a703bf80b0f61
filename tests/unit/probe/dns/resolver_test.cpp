// A resolver that never answers must not hold up the loop. In a process with a network and a
// mount namespace of its own, whose /etc/resolv.conf names a mute server.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

#include <filesystem>
#include <fstream>

#include "unit/kernel/net_namespace.hpp"
#include "unit/probe/probe_fixture.hpp"

namespace vipherd::probe::dns {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

class ResolverTest : public testing::ProbeTest {
 protected:
  void use_mute_resolver() {
    namespace asio = testing::asio;
    const asio::ip::udp::endpoint mute(asio::ip::address_v4::loopback(), 53);
    mute_.emplace(io_, mute);
    const std::string file =
        ::testing::TempDir() + "vipherd-resolv-" + std::to_string(::getpid()) + ".conf";
    std::ofstream(file) << "nameserver 127.0.0.1\noptions timeout:30 attempts:1\n";
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount(file.c_str(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr) != 0) {
      throw std::runtime_error("cannot replace /etc/resolv.conf (the tests run as root)");
    }
    std::filesystem::remove(file);
  }

  /// What is wrong with how the probe ends, if anything.
  std::string error() {
    const auto begin = steady_clock::now();
    const auto result =
        run("http", {{"url", std::string("http://web.example/")}}, milliseconds(100));
    if (result.reason != "no address for web.example:80 within 100 ms") return result.reason;
    prober_.reset();
    if (steady_clock::now() - begin > seconds(5)) return "the loop was held up";
    return "";
  }

  std::optional<testing::asio::ip::udp::socket> mute_;
};

TEST_F(ResolverTest, AMuteResolverHoldsNothingUp) {
  EXPECT_EXIT(
      {
        const kernel::testing::NetNamespace own;
        use_mute_resolver();
        const std::string wrong = error();
        std::fputs(wrong.c_str(), stderr);
        // Not exit(): a thread of the resolver is still waiting.
        ::_exit(wrong.empty() ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "^$");
}

}  // namespace
}  // namespace vipherd::probe::dns
