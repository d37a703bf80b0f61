#include "frr/vty/connection.hpp"

#include <random>
#include <utility>

#include "vipherd/wire/vty/vty.hpp"

namespace vipherd::frr::vty {

Connection::Connection(boost::asio::io_context& io, Instance instance, std::string path,
                       const DesiredRoutes& desired, Report report)
    : io_(io),
      path_(std::move(path)),
      desired_(desired),
      report_(std::move(report)),
      state_(std::move(instance), std::random_device{}()),
      deadline_(io) {}

void Connection::feed(Input input) {
  inputs_.feed(std::move(input), [this, self = shared_from_this()](const Input& next) {
    for (const Effect& effect : resume(state_, next, desired_)) perform(effect);
  });
}

void Connection::abandon() {
  report_ = nullptr;
  feed(input::Close{});
}

void Connection::perform(const Effect& effect) {
  struct Performer {
    Connection& peer;
    const Effect& effect;
    void operator()(effect::Open) const { peer.open(); }
    void operator()(const effect::Send& send) const { peer.send(send.commands); }
    void operator()(effect::Hangup) const {
      peer.awaited_ = 0;
      peer.answers_.clear();
      if (peer.stream_) std::exchange(peer.stream_, nullptr)->close();
    }
    void operator()(const effect::ArmDeadline& arm) const { peer.arm(arm.after, arm.silence); }
    void operator()(effect::Disarm) const {
      peer.silence_ = false;
      peer.deadline_.cancel();
    }
    void operator()(const effect::Ready&) const { report(); }
    void operator()(const effect::Down&) const { report(); }
    void operator()(const effect::Found&) const { report(); }
    void operator()(effect::Settled) const { report(); }
    void report() const {
      const Report told = peer.report_;  // the report may abandon the peer
      if (told) told(peer.state_.instance, effect);
    }
  };
  std::visit(Performer{*this, effect}, effect);
}

void Connection::open() {
  stream_ =
      std::make_shared<UnixStream>(io_, path_,
                                   handlers_of(weak_from_this(), &Connection::on_connected,
                                               &Connection::on_received, &Connection::on_lost));
  stream_->open();
}

void Connection::send(const std::vector<std::string>& commands) {
  std::vector<std::uint8_t> bytes;
  for (const std::string& command : commands) wire::vty::encode_command(bytes, command);
  awaited_ = commands.size();
  answers_.clear();
  if (stream_) stream_->write(bytes);
}

std::size_t Connection::on_received(std::span<const std::uint8_t> bytes) {
  const auto stream = stream_;
  std::size_t consumed = 0;
  while (stream && stream == stream_) {
    const auto response = wire::vty::next_response(bytes.subspan(consumed));
    if (!response || (*response && answers_.size() >= awaited_)) {
      feed(input::Failed{path_ + ": " +
                         (response ? "an answer without a question" : response.error().what)});
      return bytes.size();
    }
    if (!*response) return consumed;
    answers_.push_back({(*response)->status, std::string((*response)->text)});
    consumed += (*response)->size;
    if (silence_) arm_timer();
    if (answers_.size() == awaited_) {
      awaited_ = 0;
      feed(input::Answered{std::exchange(answers_, {})});
    }
  }
  return bytes.size();
}

void Connection::arm(Duration after, bool silence) {
  after_ = after;
  silence_ = silence;
  arm_timer();
}

void Connection::arm_timer() { deadline_.arm(after_, weak_from_this(), &Connection::on_deadline); }

}  // namespace vipherd::frr::vty
