// A fresh network namespace for the time of a test: the calling thread moves in, and back out
// at the end. Nothing outside it is touched, and nothing of it remains.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>

namespace vipherd::kernel::testing {

class NetNamespace {
 public:
  NetNamespace() : home_(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
    if (home_ < 0 || ::unshare(CLONE_NEWNET) != 0) {
      throw std::runtime_error(std::string("cannot make a network namespace (the tests run as "
                                           "root): ") +
                               std::strerror(errno));
    }
    shell("ip link set lo up");
  }
  ~NetNamespace() {
    if (::setns(home_, CLONE_NEWNET) != 0) std::abort();
    ::close(home_);
  }
  NetNamespace(const NetNamespace&) = delete;
  NetNamespace& operator=(const NetNamespace&) = delete;

  /// Runs a command in the namespace and returns what it wrote; a failure fails the test.
  static std::string shell(const std::string& command) {
    std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
    std::string output;
    std::array<char, 4096> buffer{};
    for (std::size_t size = 0; (size = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
      output.append(buffer.data(), size);
    }
    EXPECT_EQ(::pclose(pipe), 0) << command << ": " << output;
    return output;
  }

 private:
  int home_;
};

}  // namespace vipherd::kernel::testing
