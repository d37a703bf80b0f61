// What is shared by all who use the same loop, and lives as long as one of them does.
#pragma once

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>

namespace vipherd::probe {

/// A service of the io_context, so that each has its own; holds the shared thing weakly.
template <class T>
class OneOfLoop : public boost::asio::execution_context::service {
 public:
  using key_type = OneOfLoop;
  static inline boost::asio::execution_context::id id;
  explicit OneOfLoop(boost::asio::execution_context& context) : service(context) {}
  /// Empty until one was put there, and when that one is not held any more.
  static std::weak_ptr<T>& of(boost::asio::io_context& io) {
    return boost::asio::use_service<OneOfLoop>(io).shared_;
  }

 private:
  void shutdown() override {}
  std::weak_ptr<T> shared_;
};

}  // namespace vipherd::probe
