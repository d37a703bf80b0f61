#include "vipherd/frr/vty_cleanup.hpp"

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "frr/vty_book.hpp"
#include "frr/vty_peer.hpp"

namespace vipherd::frr {
namespace {

/// Nothing is wished, so everything of ours goes; one attempt for each daemon and each VRF for
/// which its configuration has something of ours.
class Sweep {
 public:
  Sweep(boost::asio::io_context& io, const model::FrrConfig& config) : io_(io), config_(config) {
    wishes_.complete = true;
    for (const VtyPlace& daemon : vty_daemons(config.protocols)) add(daemon);
  }

  void start() {
    const auto peers = pending_;
    for (const auto& [daemon, peer] : peers) peer->feed(vty_input::Start{});
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
  std::shared_ptr<VtyPeer> add(const VtyPlace& daemon) {
    known_.insert(daemon);
    const auto peer = std::make_shared<VtyPeer>(
        io_, daemon, config_.vty_socket(to_string(daemon.daemon)), wishes_,
        [this](const VtyPlace& from, const VtyEffect& effect) { on_report(from, effect); });
    pending_.emplace(daemon, peer);
    return peer;
  }

  void on_report(const VtyPlace& daemon, const VtyEffect& effect) {
    if (std::holds_alternative<vty_effect::Settled>(effect)) return done(daemon);
    const auto* down = std::get_if<vty_effect::Down>(&effect);
    if (down == nullptr) return;
    if (down->was_ready) complain(down->reason);
    done(daemon);
  }

  void done(const VtyPlace& daemon) {
    const auto found = pending_.find(daemon);
    if (found == pending_.end()) return;
    const auto peer = found->second;
    for (const std::string& vrf : peer->state().vrfs_seen) {
      const VtyPlace elsewhere(daemon.daemon, vrf);
      if (!known_.contains(elsewhere)) add(elsewhere)->feed(vty_input::Start{});
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
  VtyWishes wishes_;
  std::set<VtyPlace> known_;
  std::map<VtyPlace, std::shared_ptr<VtyPeer>> pending_;
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
