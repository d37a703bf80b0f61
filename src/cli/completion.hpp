// What may follow on a command line that is being typed: taken from the definitions that the
// command line is parsed by, so that nothing is forgotten, and from the running agent.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace vipherd::cli {

/// Names of the running agent: those of services, of VIPs, of checks ("web/http").
struct KnownNames {
  std::vector<std::string> services{};
  std::vector<std::string> vips{};
  std::vector<std::string> checks{};
};
/// Called at most once, and only if a name may follow; `socket` is what --socket says so far, or
/// empty.
using AskForNames = std::function<KnownNames(const std::string& socket)>;

/// The file names of the shell may follow.
inline constexpr const char* kFileNames = ":files";

/// `words` follow the name of the program; the last one is being typed, and may be empty. Sorted,
/// and each begins with what is typed already; or kFileNames alone.
std::vector<std::string> completions(const CLI::App& app, std::span<const std::string> words,
                                     const AskForNames& ask);

/// `vipherd complete -- WORD...`, for the shells' completion: a line each. Not in the help. Without
/// an agent, or if it does not answer at once, it offers no names and says nothing.
int complete(const CLI::App& app, std::span<const std::string> words);

}  // namespace vipherd::cli
