// The questions to one protocol daemon: one outstanding at a time, on a connection that is kept
// while there are any. Owns the queue, and what the daemon said of all VIPs for the short time
// that it is good for; understands no answer itself.
#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "frr/observer/daemon_parser.hpp"
#include "frr/vty_client.hpp"
#include "vipherd/base/duration.hpp"

namespace vipherd::frr {

class DaemonQueue : public std::enable_shared_from_this<DaemonQueue> {
 public:
  /// Called from the event loop, and from within ask() where nothing has to be asked.
  using Answer = std::function<void(const IpAddress& vip, const model::SeenReach& reach)>;

  DaemonQueue(boost::asio::io_context& io, const std::string& path,
              std::unique_ptr<DaemonParser> view, Answer answer)
      : io_(io),
        path_(path),
        vty_(std::make_shared<VtyClient>(io, path)),
        view_(std::move(view)),
        answer_(std::move(answer)) {}

  /// One answer follows, also when the daemon gives none; a VIP that is waiting already is not
  /// asked for twice. A daemon that fails one question fails all that wait, and those of the next
  /// kGoodFor. `afresh`: what was read before now does not count.
  void ask(const IpAddress& vip, bool afresh = false);
  /// Drops all questions without an answer.
  void clear();
  std::string_view daemon() const { return view_->daemon(); }
  std::size_t waiting() const { return queue_.size(); }

  static constexpr Duration kDeadline = std::chrono::seconds(1);
  /// How long the common answers hold; with ten thousands of LSAs kRest times as long as it takes
  /// to read them.
  static constexpr Duration kGoodFor = std::chrono::milliseconds(500);
  static constexpr int kRest = 50;
  /// Questions for the cause of one VIP's trouble; what all VIPs have in common is asked once.
  static constexpr int kMostFollowUps = 4;

 private:
  void work();
  void ask_common(std::size_t question);
  void on_common(std::size_t question, const Result<wire::vty::Response>& response);
  void on_own(const Result<wire::vty::Response>& response);
  void ask_why(std::string own_answer, int asked);
  void ask_why(std::string own_answer, int asked, const std::string& question);
  void answer_front(std::string_view text);
  void fail_all(std::string problem);
  void answer_all();
  bool is_common_stale() const;
  model::SeenReach stamped(Result<model::Reach> answer) const;
  std::string why_silent(const std::string& reason) const;
  bool try_instance(const std::string& reason);

  boost::asio::io_context& io_;
  const std::string path_;  ///< the usual socket
  /// Sockets of numbered instances that were not tried yet, since no process listened at the usual
  /// one; nullopt: that one is in use.
  std::optional<std::deque<std::string>> instances_;
  std::string reason_;  ///< why the usual one is not
  std::shared_ptr<VtyClient> vty_;
  std::unique_ptr<DaemonParser> view_;
  Answer answer_;
  std::deque<IpAddress> queue_;  ///< the front is being asked
  std::set<IpAddress> waiting_;  ///< the same, for finding
  bool busy_ = false;            ///< a question is outstanding, or work() runs
  Duration reading_took_{};      ///< the common answers, all of them
  TimePoint common_at_{};        ///< when they were asked for, or nothing more was to be had
  TimePoint common_until_{};
  TimePoint not_before_{};  ///< what is older does not do
  std::string problem_;     ///< until then there is nothing else to say of any VIP
};

}  // namespace vipherd::frr
