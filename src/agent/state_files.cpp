#include "vipherd/agent/state_files.hpp"

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "vipherd/wire/operator_json.hpp"

namespace vipherd::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLargest = 16 * 1024 * 1024;

Error failed(const std::string& what, const std::string& path) {
  return {what + " " + path + ": " + std::generic_category().message(errno)};
}

/// The file is either the old one or the new one at any time.
Result<void> replace(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  errno = 0;
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) return failed("cannot write", fresh);
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return failed("cannot replace", path);
  return {};
}

/// Seconds since the machine booted: the clock on the wall may be set.
std::int64_t uptime() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec;
}

}  // namespace

Result<model::OperatorState> read_operators(const std::string& path) {
  std::error_code error;
  if (path.empty() || !fs::exists(path, error)) return model::OperatorState{};
  const auto size = fs::file_size(path, error);
  if (error || size > kLargest) return fail("cannot read " + path);
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in) return failed("cannot read", path);
  auto operators = wire::decode_operators(text);
  if (!operators) return fail(path + ": " + operators.error().what);
  return operators;
}

Result<void> write_operators(const std::string& path, const model::OperatorState& operators) {
  if (path.empty()) return {};
  std::error_code ignored;
  fs::create_directories(fs::path(path).parent_path(), ignored);
  return replace(path, wire::encode_operators(operators));
}

std::string hand_over_mark(const model::ApiConfig& config) {
  if (config.control_socket.empty()) return "";
  return (fs::path(config.control_socket).parent_path() / "handed-over").string();
}

Result<void> leave_mark(const std::string& path) {
  if (path.empty()) return fail("there is no place for the mark (api.control_socket is empty)");
  return replace(path, std::to_string(uptime()) + "\n");
}

bool is_marked(const std::string& path) {
  std::ifstream in(path);
  std::int64_t at = 0;
  if (path.empty() || !(in >> at)) return false;
  const std::int64_t age = uptime() - at;
  return age >= 0 && std::chrono::seconds(age) <= model::kHandOverValid;
}

void remove_mark(const std::string& path) {
  std::error_code ignored;
  if (!path.empty()) fs::remove(path, ignored);
}

}  // namespace vipherd::agent
