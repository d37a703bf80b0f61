// What --json prints: one object, on one line, in ASCII. Programs read it, so keys stay.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>

namespace CLI {
class App;
}

namespace vipherd::cli {

/// --json
std::shared_ptr<bool> add_json_option(CLI::App& command);

/// Text in it that is not UTF-8 is replaced.
void out_json(const nlohmann::ordered_json& object);

}  // namespace vipherd::cli
