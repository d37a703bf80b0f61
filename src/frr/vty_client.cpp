#include "frr/vty_client.hpp"

#include <utility>

#include "vipherd/base/assert.hpp"

namespace vipherd::frr {

void VtyClient::ask(std::string_view command, Duration deadline, Done done) {
  VIPHERD_ASSERT(!done_);
  done_ = std::move(done);
  question_.clear();
  wire::vty::encode_command(question_, command);
  arm(deadline);
  if (connected_) return stream_->write(question_);
  if (stream_) return;
  stream_ = std::make_shared<UnixStream>(
      io_, path_,
      handlers_of(weak_from_this(), &VtyClient::on_connected, &VtyClient::on_received,
                  &VtyClient::fail_question),
      StreamLimits{.most_unread = wire::vty::kMaxText + (std::size_t{1} << 20)});
  stream_->open();
}

void VtyClient::on_connected() {
  connected_ = true;
  stream_->write(question_);
}

void VtyClient::arm(Duration deadline) {
  ++asked_;
  timer_.expires_after(deadline);
  timer_.async_wait(
      [weak = weak_from_this(), asked = asked_, deadline](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (error || !self || !self->done_ || self->asked_ != asked) return;
        self->fail_question(self->path_ + ": no answer within " + format_duration(deadline));
      });
}

std::size_t VtyClient::on_received(std::span<const std::uint8_t> bytes) {
  const auto response = wire::vty::next_response(bytes);
  if (!response) {
    fail_question(path_ + ": " + response.error().what);
    return bytes.size();
  }
  if (!*response) return 0;
  if (!done_) {
    fail_question(path_ + ": an answer without a question");
    return bytes.size();
  }
  take_question()(**response);
  return (*response)->size;
}

VtyClient::Done VtyClient::take_question() {
  timer_.cancel();
  return std::exchange(done_, nullptr);
}

void VtyClient::fail_question(std::string reason) {
  const Done done = take_question();
  close();
  if (done) done(fail(std::move(reason)));
}

void VtyClient::close() {
  done_ = nullptr;
  timer_.cancel();
  connected_ = false;
  if (stream_) std::exchange(stream_, nullptr)->close();
}

}  // namespace vipherd::frr
