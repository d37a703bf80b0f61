// What the pure core costs: the whole way of one VIP down and up again, among 10 and among
// 10,000 VIPs on the node. The two must cost about the same.
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

}  // namespace
