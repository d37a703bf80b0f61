// The common case without curl: one HTTP/1.1 request, not over TLS, to an address or a UNIX socket,
// no redirects. A probe of it costs little more than its connection; with curl it costs nearly
// twice that. What is asked for, and the words of what comes, are the same.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>

#include "probe/http/settings.hpp"
#include "probe/kind.hpp"

namespace vipherd::probe::http {

/// Connections whose probe has ended before the server had closed them. They are kept until it has,
/// so that no server finds a reset where it still writes; for a second at most, and only a few.
class Farewells {
 public:
  class Guest {
   public:
    Guest() = default;
    Guest(const Guest&) = delete;
    Guest& operator=(const Guest&) = delete;
    virtual ~Guest() = default;
    virtual void close() = 0;  ///< may be called twice
    virtual bool is_open() const = 0;
  };
  static constexpr std::size_t kMost = 16;

  explicit Farewells(boost::asio::io_context& io) : timer_(io) {}
  Farewells(const Farewells&) = delete;
  Farewells& operator=(const Farewells&) = delete;
  ~Farewells();
  void take(std::shared_ptr<Guest> guest);

 private:
  struct Stay {
    std::shared_ptr<Guest> guest;
    TimePoint since;
  };
  void dismiss_first();
  void await_first();
  std::deque<Stay> stays_;
  boost::asio::steady_timer timer_;
};

/// Starts to connect; may call `finish` from within. `settings` are of a PlainRequest. `vrf`: from
/// which an address is connected to. `farewells` outlives the probe.
std::unique_ptr<Probe> start_plain_probe(boost::asio::io_context& io,
                                         std::shared_ptr<const HttpSettings> settings,
                                         std::string vrf, Farewells& farewells, Finish finish);

}  // namespace vipherd::probe::http
