#include "vipherd/agent/state_files.hpp"

#include <ctime>
#include <filesystem>
#include <system_error>

#include "vipherd/base/numbers.hpp"
#include "vipherd/files/files.hpp"
#include "vipherd/wire/json/operator.hpp"

namespace vipherd::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargest = std::size_t{16} << 20;
constexpr std::size_t kLargestMark = 1024;

/// Seconds since the machine booted: the clock on the wall may be set.
std::int64_t uptime() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec;
}

}  // namespace

Result<model::OperatorState> read_operators(const std::string& path) {
  if (path.empty()) return model::OperatorState{};
  const auto text = files::read_if_there(path, kLargest);
  if (!text) return text.error();
  if (!*text) return model::OperatorState{};
  auto operators = wire::decode_operators(**text);
  if (!operators) return fail(path + ": " + operators.error().what);
  return operators;
}

Result<void> write_operators(const std::string& path, const model::OperatorState& operators) {
  if (path.empty()) return {};
  std::error_code ignored;
  fs::create_directories(fs::path(path).parent_path(), ignored);
  return files::replace(path, wire::encode_operators(operators));
}

std::string hand_over_mark(const model::ApiConfig& config) {
  if (config.control_socket.empty()) return "";
  return (fs::path(config.control_socket).parent_path() / "handed-over").string();
}

Result<void> leave_mark(const std::string& path) {
  if (path.empty()) return fail("there is no place for the mark (api.control_socket is empty)");
  return files::replace(path, std::to_string(uptime()) + "\n");
}

bool is_marked(const std::string& path) {
  if (path.empty()) return false;
  const auto text = files::read(path, kLargestMark);
  if (!text) return false;
  std::string_view digits(*text);
  const std::int64_t now = uptime();
  const auto at = take_number<std::int64_t>(digits);
  if (!at || *at < 0 || *at > now || digits != "\n") return false;
  return std::chrono::seconds(now - *at) <= model::kHandOverValid;
}

void remove_mark(const std::string& path) {
  std::error_code ignored;
  if (!path.empty()) fs::remove(path, ignored);
}

}  // namespace vipherd::agent
