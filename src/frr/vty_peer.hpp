// Performs what the machine of one VTY socket decides: owns the connection, the deadline and the
// answers of the batch under way. Decides nothing.
#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "frr/deadline.hpp"
#include "frr/unix_stream.hpp"
#include "frr/vty_machine.hpp"

namespace vipherd::frr {

class VtyPeer : public std::enable_shared_from_this<VtyPeer> {
 public:
  /// Given Ready, Down, Found and Settled. May call feed(), and may drop the peer.
  using Report = std::function<void(const VtyPlace&, const VtyEffect&)>;

  /// `wishes` must live as long as the peer is fed.
  VtyPeer(boost::asio::io_context& io, VtyPlace place, std::string path, const VtyWishes& wishes,
          Report report);

  /// From within a report it takes effect afterwards.
  void feed(VtyInput input);
  /// Closes; no report follows.
  void abandon();
  const VtyState& state() const { return state_; }

 private:
  void perform(const VtyEffect& effect);
  void open();
  void send(const std::vector<std::string>& commands);
  void arm(Duration after, bool silence);
  void arm_timer();
  void on_deadline() { feed(vty_input::DeadlinePassed{}); }
  void on_connected() { feed(vty_input::Opened{}); }
  void on_lost(std::string reason) { feed(vty_input::Failed{std::move(reason)}); }
  std::size_t on_received(std::span<const std::uint8_t> bytes);

  boost::asio::io_context& io_;
  const std::string path_;
  const VtyWishes& wishes_;
  Report report_;
  VtyState state_;
  std::deque<VtyInput> inputs_;
  bool performing_ = false;
  Deadline deadline_;
  Duration after_{};
  bool silence_ = false;
  std::shared_ptr<UnixStream> stream_;
  std::size_t awaited_ = 0;  ///< answers to the batch under way
  std::vector<VtyAnswer> answers_;
};

}  // namespace vipherd::frr
