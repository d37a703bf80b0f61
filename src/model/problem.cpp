#include "vipherd/model/problem.hpp"

namespace vipherd::model {

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::notice:
      return "notice";
    case Severity::problem:
      return "problem";
  }
  return "";
}

}  // namespace vipherd::model
