#include "cli/persisted.hpp"

#include <cstdio>

#include "cli/commands.hpp"

namespace vipherd::cli {

int warn_if_not_persisted(const wire::Reached& reached) {
  if (reached.warning.empty()) return kOk;
  std::fflush(stdout);
  std::fprintf(stderr, "vipherd: %s\n", reached.warning.c_str());
  return kNotPersisted;
}

}  // namespace vipherd::cli
