// What a status of 10,000 VIPs costs: to make it, to compare it with the last one, to write it by
// our own writer and, for comparison, by way of a tree of nlohmann's.
#include <nlohmann/json.hpp>

#include "bench/node.hpp"
#include "vipherd/wire/json/status.hpp"
#include "wire/json/instruction.hpp"
#include "wire/json/status_fields.hpp"

namespace {

using namespace vipherd;
using nlohmann::ordered_json;

constexpr int kVips = 10'000;

/// The same fields as wire/json/status.cpp writes.
class TreeWriter {
 public:
  template <class T>
  void operator()(std::string_view key, const T& value) {
    // Behind the last one: ordered_json looks for a key among those before.
    tree_.get_ref<ordered_json::object_t&>().emplace_back(std::string(key), tree_of(value));
  }
  template <class T>
  void unless_empty(std::string_view key, const std::vector<T>& list) {
    if (!list.empty()) (*this)(key, list);
  }
  template <class T>
  static ordered_json object_of(const T& value) {
    TreeWriter writer;
    wire::fields(writer, value);
    return std::move(writer.tree_);
  }

 private:
  static ordered_json tree_of(const std::string& value) { return value; }
  static ordered_json tree_of(bool value) { return value; }
  static ordered_json tree_of(std::uint32_t value) { return value; }
  static ordered_json tree_of(std::uint64_t value) { return value; }
  static ordered_json tree_of(WallTime value) { return format_wall_time(value); }
  static ordered_json tree_of(Duration value) {
    const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(value).count();
    return static_cast<double>(whole) / 1000.0;
  }
  template <model::Worded E>
  static ordered_json tree_of(const E& value) {
    return std::string(to_string(value));
  }
  static ordered_json tree_of(model::Severity value) {
    return std::string(model::to_string(value));
  }
  static ordered_json tree_of(const model::InstructionStatus& value) {
    return wire::encode_instruction(value);
  }
  static ordered_json tree_of(const model::ReachStatus& value) {
    return object_of(wire::fields_of(value));
  }
  template <class T>
  static ordered_json tree_of(const std::optional<T>& value) {
    return value ? tree_of(*value) : ordered_json();
  }
  template <class T>
  static ordered_json tree_of(const std::vector<T>& list) {
    ordered_json array = ordered_json::array();
    for (const T& value : list) array.push_back(tree_of(value));
    return array;
  }
  template <class T>
  static ordered_json tree_of(const T& object) {
    return object_of(object);
  }

  ordered_json tree_ = ordered_json::object();
};

std::string by_tree(const model::Status& status) {
  const ordered_json tree = TreeWriter::object_of(status);
  return tree.dump(-1, ' ', true, ordered_json::error_handler_t::replace) + "\n";
}

const model::Status& status() {
  static const model::Status made = bench::Node(kVips).status();
  return made;
}

void make(benchmark::State& state) {
  const bench::Node node(kVips);
  for (auto unused : state) {
    static_cast<void>(unused);
    benchmark::DoNotOptimize(node.status());
  }
}
BENCHMARK(make)->Unit(benchmark::kMillisecond);

void compare_equal(benchmark::State& state) {
  const model::Status other = status();
  for (auto unused : state) {
    static_cast<void>(unused);
    benchmark::DoNotOptimize(status() == other);
  }
}
BENCHMARK(compare_equal)->Unit(benchmark::kMillisecond);

void write_own(benchmark::State& state) {
  for (auto unused : state) {
    static_cast<void>(unused);
    benchmark::DoNotOptimize(wire::encode_status(status()));
  }
  state.counters["bytes"] = static_cast<double>(wire::encode_status(status()).size());
}
BENCHMARK(write_own)->Unit(benchmark::kMillisecond);

void write_by_tree(benchmark::State& state) {
  if (by_tree(status()) != wire::encode_status(status())) {
    return state.SkipWithError("the two do not write the same");
  }
  for (auto unused : state) {
    static_cast<void>(unused);
    benchmark::DoNotOptimize(by_tree(status()));
  }
}
BENCHMARK(write_by_tree)->Unit(benchmark::kMillisecond);

void read_back(benchmark::State& state) {
  const std::string text = wire::encode_status(status());
  for (auto unused : state) {
    static_cast<void>(unused);
    benchmark::DoNotOptimize(wire::decode_status(text));
  }
}
BENCHMARK(read_back)->Unit(benchmark::kMillisecond);

}  // namespace
