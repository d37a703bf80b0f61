#include "cli/operate.hpp"

#include "vipherd/base/name.hpp"
#include "vipherd/base/percent.hpp"

namespace vipherd::cli {

Result<model::Scope> parse_target(std::string_view text) {
  if (const auto vip = IpAddress::parse(text)) return model::Scope(model::scope::Vip{*vip});
  if (is_name(text)) return model::Scope(model::scope::Service{std::string(text)});
  return fail("expected the address of a VIP or the name of a service (" + std::string(kNameRule) +
              "), got \"" + std::string(text) + "\"");
}

std::string path_of(const model::Scope& scope, std::string_view verb) {
  std::string path = "/v1/";
  if (const auto* service = std::get_if<model::scope::Service>(&scope)) {
    path += "services/" + percent_encode(service->name) + "/";
  } else if (const auto* vip = std::get_if<model::scope::Vip>(&scope)) {
    path += "vips/" + percent_encode(vip->address.to_string()) + "/";
  }
  return path + std::string(verb);
}

Result<wire::Reached> operate(const Door& door, const model::Scope& scope, std::string_view verb,
                              std::string_view query) {
  std::string target = path_of(scope, verb);
  if (!query.empty()) target += "?" + std::string(query);
  const auto answer = ask_for_200(door, "POST", target);
  if (!answer) return answer.error();
  auto reached = wire::decode_reached(*answer);
  if (reached && (reached->command != verb || reached->scope != scope)) {
    return fail("asked for \"" + std::string(verb) + "\" of " + to_string(scope) +
                ", and the agent did \"" + reached->command + "\" of " + to_string(reached->scope));
  }
  return reached;
}

std::string vips_of(const wire::Reached& reached) {
  return std::to_string(reached.vips.size()) + (reached.vips.size() == 1 ? " VIP" : " VIPs");
}

}  // namespace vipherd::cli
