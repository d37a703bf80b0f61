#include "cli/json_output.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/output.hpp"
#include "vipherd/base/printable.hpp"

namespace vipherd::cli {

std::shared_ptr<bool> add_json_option(CLI::App& command) {
  auto json = std::make_shared<bool>(false);
  command.add_flag("--json", *json, "Print it as JSON");
  return json;
}

void out_json(const nlohmann::ordered_json& object) {
  constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
  out_text(printable_json(object.dump(-1, ' ', false, kReplace)) + "\n");
}

}  // namespace vipherd::cli
