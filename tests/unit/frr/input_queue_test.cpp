#include "frr/input_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

namespace vipherd::frr {
namespace {

using ::testing::ElementsAre;

TEST(InputQueueTest, PerformsAnInputAtOnce) {
  InputQueue<int> queue;
  std::vector<int> performed;
  queue.feed(1, [&](int input) { performed.push_back(input); });
  queue.feed(2, [&](int input) { performed.push_back(input); });
  EXPECT_THAT(performed, ElementsAre(1, 2));
}

TEST(InputQueueTest, WhatComesOfAnInputWaitsUntilItIsPerformed) {
  InputQueue<int> queue;
  std::vector<int> begun;
  std::vector<int> ended;
  const std::function<void(int)> perform = [&](int input) {
    begun.push_back(input);
    if (input == 1) {
      queue.feed(2, perform);
      queue.feed(3, perform);
    }
    if (input == 2) queue.feed(4, perform);
    ended.push_back(input);
  };
  queue.feed(1, perform);
  EXPECT_THAT(begun, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(begun, ended) << "one was performed within another";
}

/// As the announcers use it: the sink of an event destroys the announcer.
struct Owner : std::enable_shared_from_this<Owner> {
  InputQueue<int> queue;
  std::vector<int>* performed = nullptr;
  std::shared_ptr<Owner>* last_user = nullptr;

  void feed(int input) {
    queue.feed(input, [this, self = shared_from_this()](int next) {
      performed->push_back(next);
      if (next != 1) return;
      feed(2);
      last_user->reset();
    });
  }
};

TEST(InputQueueTest, TheOwnerEndsAfterTheLastInput) {
  std::vector<int> performed;
  auto owner = std::make_shared<Owner>();
  const std::weak_ptr<Owner> alive = owner;
  owner->performed = &performed;
  owner->last_user = &owner;
  owner->feed(1);
  EXPECT_THAT(performed, ElementsAre(1, 2));
  EXPECT_TRUE(alive.expired());
}

}  // namespace
}  // namespace vipherd::frr
