// What a kind of check says of settings, "KEY: MESSAGE" each.
#pragma once

#include <string>
#include <vector>

#include "vipherd/probe/kinds.hpp"

namespace vipherd::probe::testing {

inline std::vector<std::string> faults_of(const std::string& type,
                                          const model::Settings& settings) {
  for (const auto& schema : check_schemas()) {
    if (schema.type != type) continue;
    std::vector<std::string> texts;
    for (const auto& fault : schema.validate(settings)) {
      texts.push_back(fault.key + ": " + fault.message);
    }
    return texts;
  }
  return {"no such kind"};
}

}  // namespace vipherd::probe::testing
