// Where each key of the configuration stands.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "vipherd/config/load.hpp"

namespace vipherd::config {

using KeyPath = std::vector<std::string>;

/// Of every key, also those of tables: "FILE:LINE". What is not valid TOML is left out.
std::map<KeyPath, std::string> find_origins(std::span<const Source> sources);

}  // namespace vipherd::config
