// A timer that tells its owner of the deadline armed last, and of no other.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>

#include "vipherd/base/duration.hpp"

namespace vipherd::frr {

class Deadline {
 public:
  explicit Deadline(boost::asio::io_context& io) : timer_(io) {}

  /// Replaces the deadline armed before. The deadline is part of its owner, and ends with it.
  template <class Owner>
  void arm(Duration after, std::weak_ptr<Owner> owner, void (Owner::*due)()) {
    timer_.expires_after(after);
    timer_.async_wait([this, owner = std::move(owner), due,
                       armed = ++armed_](const boost::system::error_code& error) {
      const auto alive = owner.lock();
      if (error || !alive || armed_ != armed) return;
      ((*alive).*due)();
    });
  }
  void cancel() {
    ++armed_;
    timer_.cancel();
  }

 private:
  boost::asio::steady_timer timer_;
  std::uint64_t armed_ = 0;  ///< tells a late deadline from the present one
};

}  // namespace vipherd::frr
