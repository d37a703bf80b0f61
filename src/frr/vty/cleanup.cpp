#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "frr/vty/connection.hpp"
#include "frr/vty/holdings.hpp"
#include "vipherd/frr/vty_cleanup.hpp"

namespace vipherd::frr {
namespace {

using namespace vty;

/// Nothing is wanted, so everything of ours goes; one attempt for each daemon and each VRF for
/// which its configuration has something of ours.
class Sweep {
 public:
  Sweep(boost::asio::io_context& io, const model::FrrConfig& config) : io_(io), config_(config) {
    desired_.complete = true;
    for (const Instance& daemon : instances(config.protocols)) add(daemon);
  }

  void start() {
    const auto peers = pending_;
    for (const auto& [daemon, peer] : peers) peer->feed(input::Start{});
  }

  VtyCleanup finish() {
    for (const auto& [daemon, peer] : pending_) {
      complain(to_string(daemon) + " did not answer in time");
      result_.removed += peer->state().removed;
      peer->abandon();
    }
    return result_;
  }

 private:
  std::shared_ptr<Connection> add(const Instance& daemon) {
    known_.insert(daemon);
    auto peer = std::make_shared<Connection>(
        io_, daemon, config_.vty_socket(to_string(daemon.daemon)), desired_,
        [this](const Instance& from, const Effect& effect) { on_report(from, effect); });
    pending_.emplace(daemon, peer);
    return peer;
  }

  void on_report(const Instance& daemon, const Effect& effect) {
    if (std::holds_alternative<effect::Settled>(effect)) return done(daemon);
    const auto* down = std::get_if<effect::Down>(&effect);
    if (down == nullptr) return;
    if (down->was_ready) complain(down->reason);
    done(daemon);
  }

  void done(const Instance& daemon) {
    const auto found = pending_.find(daemon);
    if (found == pending_.end()) return;
    const auto peer = found->second;
    for (const std::string& vrf : peer->state().vrfs_seen) {
      const Instance elsewhere(daemon.daemon, vrf);
      if (!known_.contains(elsewhere)) add(elsewhere)->feed(input::Start{});
    }
    pending_.erase(found);
    result_.removed += peer->state().removed;
    peer->abandon();
    if (pending_.empty()) io_.stop();
  }

  void complain(const std::string& what) {
    result_.problem += (result_.problem.empty() ? "" : "; ") + what;
  }

  boost::asio::io_context& io_;
  const model::FrrConfig& config_;
  DesiredRoutes desired_;
  std::set<Instance> known_;
  std::map<Instance, std::shared_ptr<Connection>> pending_;
  VtyCleanup result_;
};

}  // namespace

VtyCleanup remove_vty_lines(const model::FrrConfig& config, Duration limit) {
  boost::asio::io_context io(1);
  Sweep sweep(io, config);
  sweep.start();
  io.run_for(limit);
  return sweep.finish();
}

}  // namespace vipherd::frr
