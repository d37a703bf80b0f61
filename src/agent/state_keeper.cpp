#include "agent/state_keeper.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "vipherd/base/duration.hpp"

namespace vipherd::agent {
namespace {

auto in_clock_ticks(Duration time) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(time);
}

}  // namespace

std::string not_kept(const Kept& kept, const std::string& path) {
  if (kept.answer == Kept::Answer::no) {
    return "what operators asked for is in force, but will not outlive this agent: " + kept.reason;
  }
  return "what operators asked for is in force, but may not outlive this agent: cannot write " +
         path + " so far: " + kept.reason;
}

StateKeeper::StateKeeper(boost::asio::io_context& io, Write write, Report report, Times times)
    : slow_(io),
      retry_(io),
      write_(std::move(write)),
      report_(std::move(report)),
      times_(times),
      worker_([&io](std::function<void()> done) { boost::asio::post(io, std::move(done)); }) {}

StateKeeper::~StateKeeper() = default;

void StateKeeper::keep(model::OperatorState state) {
  wanted_ = std::move(state);
  is_newest_ = false;
  if (!writing_) write();
}

void StateKeeper::write() {
  retry_.cancel();
  writing_ = is_newest_ = true;
  // One that is slow already is not waited for once more.
  const bool known_to_be_slow = kept_ && kept_->answer == Kept::Answer::unknown;
  if (!known_to_be_slow) kept_.reset();
  const auto result = std::make_shared<Result<void>>();
  const bool begun =
      worker_.run([write = write_, state = *wanted_, result] { *result = write(state); },
                  [this, result] { on_written(*result); });
  if (!begun) return on_written(fail("there can be no thread to write it"));
  if (known_to_be_slow || std::exchange(patient_, true)) return;
  slow_.expires_after(in_clock_ticks(times_.patience));
  slow_.async_wait([this](const boost::system::error_code& error) {
    if (!error && patient_) on_slow();
  });
}

void StateKeeper::on_written(const Result<void>& result) {
  writing_ = false;
  if (closed_) return;
  if (!is_newest_) return write();
  if (result) {
    wanted_.reset();
    return tell({});
  }
  tell({Kept::Answer::no, result.error().what});
  retry_.expires_after(in_clock_ticks(times_.retry));
  retry_.async_wait([this](const boost::system::error_code& error) {
    if (!error && !writing_ && wanted_) write();
  });
}

void StateKeeper::on_slow() {
  tell(
      {Kept::Answer::unknown, "the disk has not answered for " + format_duration(times_.patience)});
}

void StateKeeper::tell(const Kept& kept) {
  patient_ = false;
  slow_.cancel();
  kept_ = kept;
  if (std::exchange(reported_, kept) != kept) report_(kept);
  for (const Report& tell_one : std::exchange(waiting_, {})) tell_one(kept);
}

void StateKeeper::when_known(Report tell_one) {
  if (kept_) return tell_one(*kept_);
  waiting_.push_back(std::move(tell_one));
}

void StateKeeper::close() {
  closed_ = true;
  slow_.cancel();
  retry_.cancel();
  waiting_.clear();
}

void StateKeeper::end(Duration limit) {
  close();
  if (wanted_ && (!writing_ || !is_newest_)) {
    worker_.run([write = write_, state = *wanted_] { static_cast<void>(write(state)); }, [] {});
  }
  worker_.end(limit);
}

}  // namespace vipherd::agent
