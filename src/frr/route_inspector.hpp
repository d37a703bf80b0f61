// Asks zebra's RIB about our routes over zebra.vty, one question at a time. Owns the queue and
// the connection while there are questions; keeps nothing of the answers.
#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "frr/vty_client.hpp"
#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/wire/vty/vty.hpp"

namespace vipherd::frr {

class RouteInspector : public std::enable_shared_from_this<RouteInspector> {
 public:
  /// Called from the event loop, or from ask() when the queue is full.
  using Answer = std::function<void(const IpAddress& vip, const wire::vty::RibEntry& entry)>;

  /// `route_type`: ours; empty: whatever zebra has selected is told.
  RouteInspector(boost::asio::io_context& io, const std::string& path, std::string route_type,
                 Answer answer)
      : vty_(std::make_shared<VtyClient>(io, path)),
        route_type_(std::move(route_type)),
        answer_(std::move(answer)) {}

  /// One answer follows, also when zebra gives none; a VIP that is waiting already is not asked
  /// for twice.
  void ask(const IpAddress& vip, const std::string& vrf);
  /// Drops all questions without an answer.
  void clear();

  static constexpr std::size_t kMostWaiting = 16384;
  static constexpr Duration kDeadline = std::chrono::seconds(1);

 private:
  void ask_next();
  void on_response(const Result<wire::vty::Response>& response);
  void answer_all(const std::string& reason);

  std::shared_ptr<VtyClient> vty_;
  std::string route_type_;
  Answer answer_;
  struct Question {
    IpAddress vip;
    std::string vrf;
  };
  std::deque<Question> queue_;   ///< the front is being asked
  std::set<IpAddress> waiting_;  ///< the same, for finding
};

}  // namespace vipherd::frr
