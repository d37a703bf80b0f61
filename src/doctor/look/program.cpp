// What a program of the system prints on its standard output, and, if it fails, the first line of
// what it says of that. Commands are constants: nothing of a configuration gets into a shell.
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <memory>
#include <utility>

#include "doctor/look/parts.hpp"
#include "vipherd/base/lines.hpp"

namespace vipherd::doctor {
namespace {

// As timeout(1) and sh(1) say it.
constexpr int kTimedOut = 124;
constexpr int kKilled = 137;
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;

struct Close {
  void operator()(std::FILE* pipe) const { pclose(pipe); }
};

/// Its exit code (-1: a signal ended it) and what it printed; `redirect`: which of its outputs.
Result<std::pair<int, std::string>> run(const std::string& command, const char* redirect) {
  // A program outside an ordinary user's path may be asked all the same.
  const std::string line = "PATH=${PATH:+$PATH:}/usr/sbin:/sbin LC_ALL=C timeout -k 1 2 " +
                           command + " </dev/null " + redirect;
  std::unique_ptr<std::FILE, Close> pipe(popen(line.c_str(), "re"));
  if (!pipe) return fail("cannot start a shell for " + command);
  std::string text;
  std::array<char, 4096> part{};
  while (const std::size_t size = std::fread(part.data(), 1, part.size(), pipe.get())) {
    text.append(part.data(), size);
    if (text.size() > kMostOfFile) return fail(command + " prints more than can be read");
  }
  const int status = pclose(pipe.release());
  return std::pair(WIFEXITED(status) ? WEXITSTATUS(status) : -1, std::move(text));
}

}  // namespace

Output output_of(const std::string& command) {
  // Warnings of one that succeeds are not its answer.
  auto ran = run(command, "2>/dev/null");
  if (!ran) return ran.error();
  const int code = ran->first;
  if (code == 0) return std::optional(std::move(ran->second));
  if (code == kNotFound || code == kNotExecutable) return std::optional<std::string>();
  if (code == kTimedOut || code == kKilled) return fail(command + " did not end within 2 s");
  const auto again = run(command, "2>&1 >/dev/null");
  const std::string_view said = again ? std::string_view(again->second) : std::string_view();
  const std::string_view reason = trim(said.substr(0, said.find('\n')));
  if (reason.empty()) return fail(command + " failed with exit code " + std::to_string(code));
  return fail(command + ": " + std::string(reason));
}

}  // namespace vipherd::doctor
