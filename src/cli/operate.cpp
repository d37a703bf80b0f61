#include "cli/operate.hpp"

#include "cli/output.hpp"
#include "vipherd/api/routes.hpp"
#include "vipherd/base/name.hpp"
#include "vipherd/base/printable.hpp"

namespace vipherd::cli {

Result<model::Scope> parse_target(std::string_view text) {
  if (const auto vip = IpAddress::parse(text)) return model::Scope(model::scope::Vip{*vip});
  if (is_name(text)) return model::Scope(model::scope::Service{std::string(text)});
  return fail("expected the address of a VIP or the name of a service (" + std::string(kNameRule) +
              "), got \"" + std::string(text) + "\"");
}

Result<wire::Reached> operate(const Endpoint& endpoint, const model::Command& command) {
  const auto answer = ask_for_200(endpoint, "POST", api::target_of(command));
  if (!answer) return answer.error();
  auto reached = wire::decode_reached(*answer);
  const std::string_view name = name_of(command);
  const model::Scope scope = scope_of(command);
  if (reached && (reached->command != name || reached->scope != scope)) {
    return fail("asked for \"" + std::string(name) + "\" of " + to_string(scope) +
                ", and the agent did \"" + reached->command + "\" of " + to_string(reached->scope));
  }
  return reached;
}

void tell_reached(const wire::Reached& reached, const std::string& sentence, bool json) {
  if (json) {
    out_text(printable_json(wire::encode_reached(reached)));
  } else {
    out_line(sentence);
  }
}

std::string vips_of(const wire::Reached& reached) {
  return std::to_string(reached.vips.size()) + (reached.vips.size() == 1 ? " VIP" : " VIPs");
}

}  // namespace vipherd::cli
