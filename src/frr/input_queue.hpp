// The inputs of a machine, in the order in which they came. A machine is never resumed from within
// its own effects: what comes while an input is performed waits for its turn.
#pragma once

#include <deque>
#include <utility>

namespace vipherd::frr {

template <class Input>
class InputQueue {
 public:
  /// Calls `perform(input)` with this input and with all that come of it, unless a call further up
  /// does so already. The queue is part of its owner, which `perform` has to keep alive: an input
  /// may make its last user let go of it.
  template <class Perform>
  void feed(Input input, const Perform& perform) {
    waiting_.push_back(std::move(input));
    if (performing_) return;
    performing_ = true;
    while (!waiting_.empty()) {
      const Input next = std::move(waiting_.front());
      waiting_.pop_front();
      perform(next);
    }
    performing_ = false;
  }

 private:
  std::deque<Input> waiting_;
  bool performing_ = false;
};

}  // namespace vipherd::frr
