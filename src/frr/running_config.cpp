#include "vipherd/frr/running_config.hpp"

#include <string>
#include <string_view>

#include "vipherd/frr/ask.hpp"
#include "vipherd/wire/vty/config.hpp"
#include "vipherd/wire/vty/vty.hpp"

namespace vipherd::frr {

Result<std::string> read_running_config(const model::FrrConfig& config, Duration limit) {
  // A new connection may only look, and not at the configuration.
  const std::vector<std::string> commands{std::string(wire::vty::kEnable),
                                          std::string(wire::vty::kShowConfig)};
  std::string text;
  for (const char* daemon : {"zebra", "bgpd", "ospfd", "ospf6d", "bfdd"}) {
    const bool is_zebra = std::string_view(daemon) == "zebra";
    const Answers answers =
        ask(is_zebra ? config.zebra_vty_socket : config.vty_socket(daemon), commands, limit);
    if (answers.absent && !is_zebra) continue;  // it does not run
    for (const auto& answer : answers.texts) {
      if (!answer) return answer.error();
    }
    text += *answers.texts.back();
    if (!text.empty() && text.back() != '\n') text += '\n';
  }
  return {boost::system::in_place_value, std::move(text)};
}

}  // namespace vipherd::frr
