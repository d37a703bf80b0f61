#include "vipherd/files/worker_pool.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <utility>

namespace vipherd::files {
namespace {

TimePoint pool_clock() { return std::chrono::steady_clock::now(); }

}  // namespace

struct WorkerPool::Desk {
  explicit Desk(Worker::Deliver deliver) : worker(std::move(deliver)) {}

  struct Piece {
    std::string subject;
    TimePoint since;
  };
  Worker worker;
  std::deque<Piece> pieces;  ///< handed over and not done, the first one is being done
};

WorkerPool::WorkerPool(Worker::Deliver deliver, std::size_t most, Duration patience)
    : deliver_(std::move(deliver)), most_(most), patience_(patience) {}

WorkerPool::~WorkerPool() = default;

bool WorkerPool::is_stuck(const Desk& desk) const {
  return !desk.pieces.empty() && pool_clock() - desk.pieces.front().since >= patience_;
}

WorkerPool::Taken WorkerPool::run(const std::string& subject, Worker::Work work,
                                  std::function<void()> done) {
  std::shared_ptr<Desk> free;
  for (const auto& desk : desks_) {
    if (!is_stuck(*desk)) {
      if (!free) free = desk;
    } else if (desk->pieces.front().subject == subject) {
      return Taken::stuck;
    }
  }
  if (!free) {
    if (desks_.size() >= most_) return Taken::stuck;
    free = desks_.emplace_back(std::make_shared<Desk>(deliver_));
  }
  free->pieces.push_back({subject, pool_clock()});
  const auto then = [weak = std::weak_ptr(free), done = std::move(done)] {
    const auto desk = weak.lock();
    if (!desk) return;
    desk->pieces.pop_front();
    // The next one begins only now.
    if (!desk->pieces.empty()) desk->pieces.front().since = pool_clock();
    done();
  };
  if (free->worker.run(std::move(work), then)) return Taken::yes;
  free->pieces.pop_back();
  return Taken::no_thread;
}

}  // namespace vipherd::files
