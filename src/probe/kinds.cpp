#include "vipherd/probe/kinds.hpp"

#include <array>
#include <vector>

#include "probe/kind.hpp"

namespace vipherd::probe {

namespace http {
Kind http_kind();
Kind https_kind();
}  // namespace http
namespace grpc {
Kind kind();
}
namespace tls {
Kind kind();
}
namespace tcp {
Kind kind();
}
namespace dns {
Kind kind();
}
namespace exec {
Kind kind();
}
namespace systemd {
Kind kind();
}
namespace file {
Kind kind();
}

std::span<const Kind> kinds() {
  static const std::array all{http::http_kind(), http::https_kind(), grpc::kind(),
                              tls::kind(),       tcp::kind(),        dns::kind(),
                              exec::kind(),      systemd::kind(),    file::kind()};
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
