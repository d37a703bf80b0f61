// The session with the real kernel, in a network namespace of each test's own, once for each
// family: all that holds for one must hold for the other.
#pragma once

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/vips/session.hpp"
#include "unit/kernel/net_namespace.hpp"

namespace vipherd::kernel::testing {

inline IpAddress ip(const std::string& text) { return IpAddress::parse(text).value(); }

inline const std::vector<std::string> kVips{"10.10.10.10", "2001:db8:10::10"};

inline std::string host_prefix(const std::string& vip) {
  return ip(vip).to_string() + "/" + std::to_string(ip(vip).host_length());
}

class SessionTest : public ::testing::TestWithParam<std::string> {
 protected:
  explicit SessionTest(Method method) : method_(method) {}

  static std::string shell(const std::string& command) { return NetNamespace::shell(command); }
  /// `ip -4` or `ip -6` for the VIP of the test.
  std::string ip_command() const { return ip(GetParam()).is_v4() ? "ip -4 " : "ip -6 "; }

  void start(Session::Options options = {}) {
    session_ = std::make_shared<Session>(
        io_, method_, [this](model::Event event) { events_.push_back(std::move(event)); }, options);
    const auto started = session_->start();
    ASSERT_TRUE(started) << started.error().what;
  }
  void TearDown() override {
    if (session_) session_->close();
  }

  /// Runs the loop until `done()`, at most ten seconds.
  template <class Done>
  ::testing::AssertionResult run_until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done()) {
      if (std::chrono::steady_clock::now() >= deadline) {
        return ::testing::AssertionFailure() << "did not happen within 10 s";
      }
      io_.restart();
      io_.run_one_until(deadline);
    }
    return ::testing::AssertionSuccess();
  }

  template <class Kind>
  std::vector<Kind> take() {
    std::vector<Kind> taken;
    std::vector<model::Event> rest;
    for (model::Event& event : events_) {
      if (auto* wanted = std::get_if<Kind>(&event)) {
        taken.push_back(std::move(*wanted));
      } else {
        rest.push_back(std::move(event));
      }
    }
    events_ = std::move(rest);
    return taken;
  }
  template <class Kind>
  std::optional<Kind> next() {
    std::vector<Kind> taken;
    if (!run_until([&] { return !(taken = take<Kind>()).empty(); })) return std::nullopt;
    EXPECT_EQ(taken.size(), 1u);
    return taken.front();
  }
  std::vector<model::KernelVip> read() {
    Attacher::Interest interest;
    for (const std::string& vip : kVips) interest.emplace(ip(vip), "");
    session_->command(input::Read{interest});
    const auto snapshot = next<model::event::KernelSnapshot>();
    EXPECT_TRUE(snapshot);
    return snapshot ? snapshot->vips : std::vector<model::KernelVip>{};
  }
  void expect_change(model::KernelRoute route) {
    const auto changed = next<model::event::KernelChanged>();
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->vip, (model::KernelVip{ip(GetParam()), route}));
  }
  void attach() {
    session_->command(input::Attach{ip(GetParam())});
    session_->command(input::Flush{});
    expect_change(model::KernelRoute::ours);
  }

  const Method method_;
  NetNamespace namespace_;
  boost::asio::io_context io_;
  std::vector<model::Event> events_;
  std::shared_ptr<Session> session_;
};

}  // namespace vipherd::kernel::testing
