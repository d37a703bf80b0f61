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

int warn_if_not_persisted(const std::string& answer) {
  const auto reached = wire::decode_reached(answer);
  return reached ? warn_if_not_persisted(*reached) : kOk;
}

}  // namespace vipherd::cli
