// A line is a request's path and query, and a target of the command line. Whatever it is, the API
// understands a page, a command about what is named, or refuses; what the command line takes for a
// target arrives as that and as nothing else. What counts as a failure is only what the query says.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "cli/operate.hpp"
#include "vipherd/api/routes.hpp"
#include "vipherd/base/assert.hpp"
#include "vipherd/base/name.hpp"
#include "vipherd/base/percent.hpp"
#include "vipherd/base/printable.hpp"

namespace {

using namespace vipherd;
using model::Command;

template <class Kind>
const Kind* meant(const std::variant<api::Call, api::Response>& understood) {
  const auto* call = std::get_if<api::Call>(&understood);
  return call == nullptr ? nullptr : std::get_if<Kind>(call);
}

void ask(const api::call::Health& health, std::string_view path, std::string_view query) {
  const bool names_service = std::count(path.begin(), path.end(), '/') == 2;
  const auto* service = std::get_if<model::scope::Service>(&health.scope);
  VIPHERD_ASSERT(names_service == (service != nullptr));
  VIPHERD_ASSERT(service == nullptr || is_name(service->name));
  const auto says = [&](std::string_view parameter) { return query.find(parameter) != query.npos; };
  VIPHERD_ASSERT(health.strictness.problems == !says("unhealthy=200"));
  VIPHERD_ASSERT(health.strictness.drained == says("drained=503"));
  VIPHERD_ASSERT(health.strictness.notices == says("notices=503"));
}

void understand(std::string_view line) {
  const std::size_t mark = std::min(line.find('?'), line.size());
  const std::string_view path = line.substr(0, mark);
  const std::string_view query = line.substr(std::min(mark + 1, line.size()));
  for (const std::string_view method : {"GET", "POST"}) {
    const auto understood = api::understand({method, path, query, ""});
    if (const auto* health = meant<api::call::Health>(understood)) ask(*health, path, query);
    const auto* command = meant<Command>(understood);
    if (command == nullptr) continue;
    VIPHERD_ASSERT(method == "POST");
    const model::Scope scope = scope_of(*command);
    const auto* service = std::get_if<model::scope::Service>(&scope);
    VIPHERD_ASSERT(service == nullptr || is_name(service->name));
    // Of three segments none is the node's.
    const auto slashes = std::count(path.begin(), path.end(), '/');
    VIPHERD_ASSERT(std::holds_alternative<model::scope::Node>(scope) == (slashes == 2));
  }
}

void aim(std::string_view text) {
  const auto target = cli::parse_target(text);
  if (!target) return;
  VIPHERD_ASSERT(!std::holds_alternative<model::scope::Node>(*target));
  const Command drain = model::command::Drain{*target};
  const std::string path = api::target_of(drain);
  const auto understood = api::understand({"POST", path, "", ""});
  const auto* command = meant<Command>(understood);
  VIPHERD_ASSERT(command != nullptr && *command == drain);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string line(data, data + size);
  understand(line);
  aim(line);
  VIPHERD_ASSERT(percent_decode(percent_encode(line)) == line);
  const std::string clean = printable(line);
  VIPHERD_ASSERT(printable(clean) == clean);
  VIPHERD_ASSERT(clean.find_first_of("\n\r\t\x1b\x7f") == std::string::npos);
  return 0;
}
