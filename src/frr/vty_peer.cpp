#include "frr/vty_peer.hpp"

#include <random>
#include <utility>

#include "vipherd/wire/vty.hpp"

namespace vipherd::frr {

VtyPeer::VtyPeer(boost::asio::io_context& io, VtyPlace place, std::string path,
                 const VtyWishes& wishes, Report report)
    : io_(io),
      path_(std::move(path)),
      wishes_(wishes),
      report_(std::move(report)),
      state_(std::move(place), std::random_device{}()),
      deadline_(io) {}

void VtyPeer::feed(VtyInput input) {
  inputs_.push_back(std::move(input));
  if (performing_) return;
  const auto self = shared_from_this();
  performing_ = true;
  while (!inputs_.empty()) {
    const VtyInput next = std::move(inputs_.front());
    inputs_.pop_front();
    for (const VtyEffect& effect : resume(state_, next, wishes_)) perform(effect);
  }
  performing_ = false;
}

void VtyPeer::abandon() {
  report_ = nullptr;
  feed(vty_input::Close{});
}

void VtyPeer::perform(const VtyEffect& effect) {
  struct Performer {
    VtyPeer& peer;
    const VtyEffect& effect;
    void operator()(vty_effect::Open) const { peer.open(); }
    void operator()(const vty_effect::Send& send) const { peer.send(send.commands); }
    void operator()(vty_effect::Hangup) const {
      peer.awaited_ = 0;
      peer.answers_.clear();
      if (peer.stream_) std::exchange(peer.stream_, nullptr)->close();
    }
    void operator()(const vty_effect::ArmDeadline& arm) const { peer.arm(arm.after, arm.silence); }
    void operator()(vty_effect::Disarm) const {
      peer.silence_ = false;
      peer.deadline_.cancel();
    }
    void operator()(const vty_effect::Ready&) const { report(); }
    void operator()(const vty_effect::Down&) const { report(); }
    void operator()(const vty_effect::Found&) const { report(); }
    void operator()(vty_effect::Settled) const { report(); }
    void report() const {
      const Report told = peer.report_;  // the report may abandon the peer
      if (told) told(peer.state_.place, effect);
    }
  };
  std::visit(Performer{*this, effect}, effect);
}

void VtyPeer::open() {
  stream_ = std::make_shared<UnixStream>(io_, path_,
                                         handlers_of(weak_from_this(), &VtyPeer::on_connected,
                                                     &VtyPeer::on_received, &VtyPeer::on_lost));
  stream_->open();
}

void VtyPeer::send(const std::vector<std::string>& commands) {
  std::vector<std::uint8_t> bytes;
  for (const std::string& command : commands) wire::vty::encode_command(bytes, command);
  awaited_ = commands.size();
  answers_.clear();
  if (stream_) stream_->write(bytes);
}

std::size_t VtyPeer::on_received(std::span<const std::uint8_t> bytes) {
  const auto stream = stream_;
  std::size_t consumed = 0;
  while (stream && stream == stream_) {
    const auto response = wire::vty::next_response(bytes.subspan(consumed));
    if (!response || (*response && answers_.size() >= awaited_)) {
      feed(vty_input::Failed{path_ + ": " +
                             (response ? "an answer without a question" : response.error().what)});
      return bytes.size();
    }
    if (!*response) return consumed;
    answers_.push_back({(*response)->status, std::string((*response)->text)});
    consumed += (*response)->size;
    if (silence_) arm_timer();
    if (answers_.size() == awaited_) {
      awaited_ = 0;
      feed(vty_input::Answered{std::exchange(answers_, {})});
    }
  }
  return bytes.size();
}

void VtyPeer::arm(Duration after, bool silence) {
  after_ = after;
  silence_ = silence;
  arm_timer();
}

void VtyPeer::arm_timer() { deadline_.arm(after_, weak_from_this(), &VtyPeer::on_deadline); }

}  // namespace vipherd::frr
