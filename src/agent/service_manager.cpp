#include "agent/service_manager.hpp"

#include <systemd/sd-daemon.h>

#include <boost/asio/buffer.hpp>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <utility>

namespace vipherd::agent {
namespace {

using Endpoint = boost::asio::local::datagram_protocol::endpoint;
using boost::system::error_code;

/// A socket without a connection does not say when the other side has room again.
constexpr auto kRetryPause = std::chrono::milliseconds(100);

/// sd_notify(3): a path, or "@NAME" for a name in the abstract namespace (unix(7)).
std::optional<Endpoint> manager_endpoint() {
  const char* given = std::getenv("NOTIFY_SOCKET");
  std::string name(given != nullptr ? given : "");
  if (name.size() < 2 || (name[0] != '/' && name[0] != '@')) return std::nullopt;
  if (name.size() >= sizeof(sockaddr_un::sun_path)) return std::nullopt;
  if (name[0] == '@') name[0] = '\0';
  return Endpoint(name);
}

std::string_view kind_of(std::string_view statement) {
  return statement.substr(0, statement.find('='));
}

}  // namespace

ServiceManager::ServiceManager(boost::asio::io_context& io)
    : socket_(io), manager_(manager_endpoint()), retry_(io) {
  error_code error;
  if (manager_) socket_.open(boost::asio::local::datagram_protocol(), error);
  if (!error && manager_) socket_.non_blocking(true, error);
  if (error) manager_.reset();
}

void ServiceManager::reloading() {
  // MONOTONIC_USEC lets Type=notify-reload match the answer to its request.
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t microseconds = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void ServiceManager::send(std::string statement) {
  if (!manager_) return;
  std::erase_if(pending_,
                [&](const std::string& older) { return kind_of(older) == kind_of(statement); });
  pending_.push_back(std::move(statement));
  send_pending();
}

void ServiceManager::send_pending() {
  if (retrying_) return;
  for (; !pending_.empty(); pending_.pop_front()) {
    error_code error;
    socket_.send_to(boost::asio::buffer(pending_.front()), *manager_, 0, error);
    // Whatever else is wrong (nothing listens there) does not get better by waiting.
    if (error != boost::asio::error::would_block && error != boost::asio::error::try_again &&
        error != boost::asio::error::no_buffer_space) {
      continue;
    }
    retrying_ = true;
    retry_.expires_after(kRetryPause);
    retry_.async_wait([this](const error_code& cancelled) {
      if (cancelled) return;
      retrying_ = false;
      send_pending();
    });
    return;
  }
}

void ServiceManager::close() {
  manager_.reset();
  pending_.clear();
  retry_.cancel();
}

std::optional<Duration> watchdog_limit() {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0 || microseconds == 0) return std::nullopt;
  return saturated(std::chrono::duration<std::uint64_t, std::micro>(microseconds));
}

}  // namespace vipherd::agent
