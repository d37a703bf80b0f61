#include "vipherd/agent/descriptors.hpp"

#include <sys/resource.h>

#include "vipherd/config/descriptors.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd::agent {

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  rlimit raised = limit;
  raised.rlim_cur = raised.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

std::string descriptor_shortage(const model::Config& config, std::uint64_t limit) {
  const std::uint64_t needed = config::descriptors_needed(config, probe::check_schemas());
  if (limit == 0 || needed <= limit) return "";  // 0: it could not be found out
  return "the configuration may need " + std::to_string(needed) +
         " file descriptors at once and the limit is " + std::to_string(limit) +
         ": checks will fail to run; raise LimitNOFILE= of the unit";
}

}  // namespace vipherd::agent
