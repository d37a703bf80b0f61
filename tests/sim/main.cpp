// Many seeded histories of the agent in a fake world. Exits 1 and names the seed when an
// invariant does not hold; `sim_tests --seed N` replays that history with every event.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "sim/world.hpp"

namespace {

struct Options {
  std::uint64_t histories = 10'000;
  std::uint64_t first = 1;
  bool trace = false;
};

struct Totals {
  std::uint64_t steps = 0;
  vipherd::sim::World::Deliveries deliveries{};
};

bool run_history(std::uint64_t seed, bool trace, Totals& totals) {
  vipherd::sim::World world(seed, trace);
  try {
    world.run();
  } catch (const vipherd::sim::Violation& violation) {
    std::printf("seed %llu: %s\nreplay it with: sim_tests --seed %llu\n",
                static_cast<unsigned long long>(seed), violation.what.c_str(),
                static_cast<unsigned long long>(seed));
    return false;
  }
  totals.steps += world.steps();
  for (std::size_t kind = 0; kind < totals.deliveries.size(); ++kind) {
    totals.deliveries[kind] += world.deliveries()[kind];
  }
  return true;
}

/// An event that the fake world never makes is one for which nothing was shown.
bool made_every_event(const Totals& totals) {
  bool every = true;
  for (std::size_t kind = 0; kind < totals.deliveries.size(); ++kind) {
    if (totals.deliveries[kind] > 0) continue;
    std::printf("alternative %zu of model::Event was never delivered\n", kind);
    every = false;
  }
  return every;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int index = 1; index + 1 < argc; index += 2) {
    const std::string_view name = argv[index];
    const std::uint64_t value = std::strtoull(argv[index + 1], nullptr, 10);
    if (name == "--histories") options.histories = value;
    if (name == "--first") options.first = value;
    if (name == "--seed") options = {1, value, true};
  }
  const auto start = std::chrono::steady_clock::now();
  Totals totals;
  for (std::uint64_t seed = options.first; seed < options.first + options.histories; ++seed) {
    if (!run_history(seed, options.trace, totals)) return 1;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%llu histories, %llu steps, every invariant held, %.1f s\n",
              static_cast<unsigned long long>(options.histories),
              static_cast<unsigned long long>(totals.steps), took.count());
  // A few histories need not have everything in them.
  constexpr std::uint64_t kEnough = 100;
  if (options.histories >= kEnough && !made_every_event(totals)) return 1;
  return options.histories > 0 && totals.steps > 0 ? 0 : 1;
}
