// Performs what the machine of one VTY socket decides: owns the connection, the deadline and the
// answers of the batch under way. Decides nothing.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "frr/deadline.hpp"
#include "frr/input_queue.hpp"
#include "frr/unix_stream.hpp"
#include "frr/vty/machine.hpp"

namespace vipherd::frr::vty {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// Given Ready, Down, Found and Settled. May call feed(), and may drop the peer.
  using Report = std::function<void(const Instance&, const Effect&)>;

  /// `desired` must live as long as the peer is fed.
  Connection(boost::asio::io_context& io, Instance instance, std::string path,
             const DesiredRoutes& desired, Report report);

  /// From within a report it takes effect afterwards.
  void feed(Input input);
  /// Closes; no report follows.
  void abandon();
  const State& state() const { return state_; }

 private:
  void perform(const Effect& effect);
  void open();
  void send(const std::vector<std::string>& commands);
  void arm(Duration after, bool silence);
  void arm_timer();
  void on_deadline() { feed(input::DeadlinePassed{}); }
  void on_connected() { feed(input::Opened{}); }
  void on_lost(std::string reason) { feed(input::Failed{std::move(reason)}); }
  std::size_t on_received(std::span<const std::uint8_t> bytes);

  boost::asio::io_context& io_;
  const std::string path_;
  const DesiredRoutes& desired_;
  Report report_;
  State state_;
  InputQueue<Input> inputs_;
  Deadline deadline_;
  Duration after_{};
  bool silence_ = false;
  std::shared_ptr<UnixStream> stream_;
  std::size_t awaited_ = 0;  ///< answers to the batch under way
  std::vector<Answer> answers_;
};

}  // namespace vipherd::frr::vty
