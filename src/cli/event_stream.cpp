#include "cli/event_stream.hpp"

#include <utility>

namespace vipherd::cli {
namespace {

constexpr std::string_view kData = "data: ";
/// No event of an agent is that long: what is longer comes from somewhere else.
constexpr std::size_t kLongest = std::size_t{64} << 10;

}  // namespace

std::vector<std::string> EventStreamReader::take(std::string_view piece) {
  std::vector<std::string> events;
  for (const char letter : piece) {
    if (letter != '\n') {
      if (line_.size() < kLongest) line_ += letter;
      continue;
    }
    const std::string line = std::exchange(line_, {});
    if (line.starts_with(kData)) data_ = line.substr(kData.size());
    if (line.empty() && !data_.empty()) events.push_back(std::exchange(data_, {}));
  }
  return events;
}

}  // namespace vipherd::cli
