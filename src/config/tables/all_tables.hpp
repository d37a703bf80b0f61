// Every table of the configuration with its keys, as the documentation has them.
#pragma once

#include <string>
#include <vector>

#include "config/row.hpp"

namespace vipherd::config {

struct TableText {
  std::string title;  ///< "[services.NAME.drain]"
  std::vector<KeyText> keys;
};

std::vector<TableText> all_tables();

}  // namespace vipherd::config
