#include "cli/persisted.hpp"

#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace vipherd::cli {

int warn_if_not_persisted(const wire::Reached& reached) {
  if (reached.warning.empty()) return kOk;
  complain(reached.warning);
  return kNotPersisted;
}

}  // namespace vipherd::cli
