#include "vipherd/files/worker.hpp"

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <system_error>
#include <utility>

namespace vipherd::files {
namespace {

std::atomic<int> left_behind = 0;

struct Piece {
  Worker::Work work;
  std::function<void()> done;
};

}  // namespace

/// Outlives the worker if the thread does.
struct Worker::Shared {
  explicit Shared(Deliver to) : deliver(std::move(to)) {}

  std::mutex mutex;
  std::condition_variable changed;
  Deliver deliver;  ///< none: the receiver is gone
  std::deque<Piece> pieces;
  bool working = false;
  bool ending = false;
  bool left_behind = false;  ///< the worker is gone, and the thread is counted
};

Worker::Worker(Deliver deliver) : shared_(std::make_shared<Shared>(std::move(deliver))) {}

Worker::~Worker() {
  if (!end(Duration::zero())) {
    const std::lock_guard lock(shared_->mutex);
    shared_->left_behind = shared_->working || !shared_->pieces.empty();
    if (shared_->left_behind) ++left_behind;
  }
  if (thread_.joinable()) thread_.detach();
}

bool Worker::left_any_behind() { return left_behind > 0; }

bool Worker::run(Work work, std::function<void()> done) {
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->ending) return false;
    shared_->pieces.push_back({std::move(work), std::move(done)});
    shared_->changed.notify_all();
  }
  if (thread_.joinable()) return true;
  // Signals are the loop's.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([shared = shared_] { serve(shared); });
  } catch (const std::system_error&) {
    const std::lock_guard lock(shared_->mutex);
    shared_->pieces.clear();
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread_.joinable();
}

void Worker::serve(const std::shared_ptr<Shared>& shared) {
  std::unique_lock lock(shared->mutex);
  for (;;) {
    shared->changed.wait(lock, [&] { return shared->ending || !shared->pieces.empty(); });
    if (shared->pieces.empty()) {
      if (shared->left_behind) --left_behind;
      return;
    }
    const Piece piece = std::move(shared->pieces.front());
    shared->pieces.pop_front();
    shared->working = true;
    lock.unlock();
    piece.work();
    lock.lock();
    shared->working = false;
    // Under the lock: the loop cannot go in between.
    if (shared->deliver) shared->deliver(piece.done);
    shared->changed.notify_all();
  }
}

bool Worker::end(Duration limit) {
  std::unique_lock lock(shared_->mutex);
  shared_->ending = true;
  shared_->deliver = nullptr;
  shared_->changed.notify_all();
  const bool done = shared_->changed.wait_for(
      lock, limit, [this] { return shared_->pieces.empty() && !shared_->working; });
  lock.unlock();
  if (done && thread_.joinable()) thread_.join();
  return done;
}

}  // namespace vipherd::files
