#include "api/health_query.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace vipherd::api {
namespace {

constexpr std::string_view kExpected =
    ": expected drained=200 or drained=503, notices=200 or notices=503, each once at most";

Error fault(std::string_view what) { return fail(std::string(what) + std::string(kExpected)); }

}  // namespace

Result<model::Strictness> parse_health_query(std::string_view query) {
  std::optional<bool> drained;
  std::optional<bool> notices;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    query.remove_prefix(end);
    if (query == "&") return fault("nothing follows the last \"&\"");
    if (!query.empty()) query.remove_prefix(1);

    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    const std::string_view key = parameter.substr(0, equals);
    const std::string_view value = parameter.substr(std::min(equals + 1, parameter.size()));
    std::optional<bool>* const target = key == "drained"   ? &drained
                                        : key == "notices" ? &notices
                                                           : nullptr;
    const std::string quoted = "\"" + std::string(parameter) + "\"";
    if (target == nullptr) return fault(quoted + " is no parameter");
    if (value != "200" && value != "503") return fault(quoted + " has no such value");
    if (*target) return fault(quoted + " repeats a parameter");
    *target = value == "503";
  }
  return model::Strictness{drained.value_or(false), notices.value_or(false)};
}

}  // namespace vipherd::api
