// What a program of the system prints. Commands are constants here: nothing of a configuration gets
// into a shell.
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <memory>

#include "doctor/look/parts.hpp"
#include "vipherd/base/lines.hpp"

namespace vipherd::doctor {
namespace {

// As timeout(1) and sh(1) say it.
constexpr int kTimedOut = 124;
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;

struct Close {
  void operator()(std::FILE* pipe) const { pclose(pipe); }
};

}  // namespace

Output output_of(const std::string& command) {
  // A program outside an ordinary user's path may be asked all the same.
  const std::string line =
      "PATH=$PATH:/usr/sbin:/sbin LC_ALL=C timeout -k 1 2 " + command + " 2>&1 </dev/null";
  std::unique_ptr<std::FILE, Close> pipe(popen(line.c_str(), "re"));
  if (!pipe) return fail("cannot start a shell for " + command);
  std::string text;
  std::array<char, 4096> part{};
  while (const std::size_t size = std::fread(part.data(), 1, part.size(), pipe.get())) {
    text.append(part.data(), size);
    if (text.size() > kMostOfFile) return fail(command + " prints more than can be read");
  }
  const int status = pclose(pipe.release());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (code == 0) return std::optional(std::move(text));
  if (code == kNotFound || code == kNotExecutable) return std::optional<std::string>();
  if (code == kTimedOut) return fail(command + " did not end within 2 s");
  return fail(command + ": " + std::string(trim(text.substr(0, text.find('\n')))));
}

}  // namespace vipherd::doctor
