#include "vipherd/frr/vty_cleanup.hpp"

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>

#include "frr/vty_book.hpp"
#include "frr/vty_peer.hpp"

namespace vipherd::frr {
namespace {

/// Nothing is wished, so everything of ours goes; one attempt for each daemon.
class Sweep {
 public:
  Sweep(boost::asio::io_context& io, const model::FrrConfig& config) : io_(io) {
    wishes_.complete = true;
    for (const VtyDaemon daemon : vty_daemons(config.protocols)) {
      pending_.emplace(daemon, std::make_shared<VtyPeer>(
                                   io, daemon, config.vty_socket(to_string(daemon)), wishes_,
                                   [this](VtyDaemon from, const VtyEffect& effect) {
                                     on_report(from, effect);
                                   }));
    }
  }

  void start() {
    const auto peers = pending_;
    for (const auto& [daemon, peer] : peers) peer->feed(vty_input::Start{});
  }

  VtyCleanup finish() {
    for (const auto& [daemon, peer] : pending_) {
      complain(std::string(to_string(daemon)) + " did not answer in time");
      result_.removed += peer->state().removed;
      peer->abandon();
    }
    return result_;
  }

 private:
  void on_report(VtyDaemon daemon, const VtyEffect& effect) {
    if (std::holds_alternative<vty_effect::Settled>(effect)) return done(daemon);
    const auto* down = std::get_if<vty_effect::Down>(&effect);
    if (down == nullptr) return;
    if (down->was_ready) complain(down->reason);
    done(daemon);
  }

  void done(VtyDaemon daemon) {
    const auto found = pending_.find(daemon);
    if (found == pending_.end()) return;
    const auto peer = found->second;
    pending_.erase(found);
    result_.removed += peer->state().removed;
    peer->abandon();
    if (pending_.empty()) io_.stop();
  }

  void complain(const std::string& what) {
    result_.problem += (result_.problem.empty() ? "" : "; ") + what;
  }

  boost::asio::io_context& io_;
  VtyWishes wishes_;
  std::map<VtyDaemon, std::shared_ptr<VtyPeer>> pending_;
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
