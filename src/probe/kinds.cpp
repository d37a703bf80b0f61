#include "vipherd/probe/kinds.hpp"

#include <array>
#include <vector>

#include "probe/kind.hpp"

namespace vipherd::probe {

Kind http_kind();
Kind https_kind();
Kind grpc_kind();
Kind tls_kind();
Kind tcp_kind();
Kind dns_kind();
Kind exec_kind();
Kind systemd_kind();
Kind file_kind();

std::span<const Kind> kinds() {
  static const std::array all{http_kind(), https_kind(), grpc_kind(),    tls_kind(), tcp_kind(),
                              dns_kind(),  exec_kind(),  systemd_kind(), file_kind()};
  return all;
}

Outcome could_not_run(const std::string& cause) {
  Outcome outcome;
  outcome.reason = "the check could not run: " + cause;
  outcome.failure = model::Failure::not_run;
  return outcome;
}

std::span<const model::CheckSchema> check_schemas() {
  static const std::vector<model::CheckSchema> all = [] {
    std::vector<model::CheckSchema> schemas;
    for (const Kind& kind : kinds()) schemas.push_back(kind.schema);
    return schemas;
  }();
  return all;
}

}  // namespace vipherd::probe
