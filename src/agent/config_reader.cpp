#include "agent/config_reader.hpp"

#include <boost/asio/post.hpp>
#include <memory>
#include <utility>

namespace vipherd::agent {

ConfigReader::ConfigReader(boost::asio::io_context& io, Load load, Done done, Slow slow,
                           Duration patience)
    : load_(std::move(load)),
      done_(std::move(done)),
      slow_(std::move(slow)),
      patience_(patience),
      timer_(io),
      worker_([&io](std::function<void()> told) { boost::asio::post(io, std::move(told)); }) {}

void ConfigReader::read() {
  if (closed_) return;
  if (std::exchange(reading_, true)) {
    again_ = true;
    return be_patient();
  }
  start();
}

void ConfigReader::be_patient() {
  timer_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(patience_));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && reading_ && !closed_) slow_();
  });
}

void ConfigReader::start() {
  be_patient();
  // Shared with a thread that may outlive this.
  const auto loaded = std::make_shared<config::Loaded>();
  const bool begun = worker_.run([load = load_, loaded] { *loaded = load(); },
                                 [this, loaded] { finish(std::move(*loaded)); });
  if (!begun) finish({std::nullopt, {{"", 0, 0, "there can be no thread to read it"}}});
}

void ConfigReader::finish(config::Loaded loaded) {
  if (closed_) return;
  timer_.cancel();
  reading_ = false;
  done_(std::move(loaded));
  if (std::exchange(again_, false)) read();
}

void ConfigReader::close() {
  closed_ = true;
  timer_.cancel();
}

}  // namespace vipherd::agent
