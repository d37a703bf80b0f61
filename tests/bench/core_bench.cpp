// What the pure core costs: the whole way of one VIP down and up again, among 10 and among
// 10,000 VIPs on the node, which must cost about the same; and what it takes to decide to withdraw
// all 10,000 VIPs of a service, which every one of them waits for.
#include <chrono>

#include "bench/node.hpp"

namespace {

using vipherd::bench::Node;

void down_and_up(benchmark::State& state) {
  Node node(static_cast<int>(state.range(0)));
  for (auto unused : state) {
    static_cast<void>(unused);
    node.down(5);
    node.up(5);
  }
}
BENCHMARK(down_and_up)->Arg(10)->Arg(10'000);

void withdraw_all(benchmark::State& state) {
  Node node(1, static_cast<int>(state.range(0)));
  for (auto unused : state) {
    static_cast<void>(unused);
    const auto begin = std::chrono::steady_clock::now();
    node.fail(0);
    state.SetIterationTime(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    node.confirm_down(0);
    node.up(0);
  }
}
BENCHMARK(withdraw_all)->Arg(10'000)->UseManualTime();

}  // namespace
