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

bool run_history(std::uint64_t seed, bool trace, std::uint64_t& steps) {
  vipherd::sim::World world(seed, trace);
  try {
    world.run();
  } catch (const vipherd::sim::Violation& violation) {
    std::printf("seed %llu: %s\nreplay it with: sim_tests --seed %llu\n",
                static_cast<unsigned long long>(seed), violation.what.c_str(),
                static_cast<unsigned long long>(seed));
    return false;
  }
  steps += world.steps();
  return true;
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
  std::uint64_t steps = 0;
  for (std::uint64_t seed = options.first; seed < options.first + options.histories; ++seed) {
    if (!run_history(seed, options.trace, steps)) return 1;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%llu histories, %llu steps, every invariant held, %.1f s\n",
              static_cast<unsigned long long>(options.histories),
              static_cast<unsigned long long>(steps), took.count());
  return options.histories > 0 && steps > 0 ? 0 : 1;
}
